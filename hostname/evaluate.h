// Executes a parsed template for one service, as Go's text/template does. Internal to the folder.
#pragma once

#include <string>
#include <vector>

#include "hostname/syntax.h"
#include "hostname/template.h"

namespace hostname {

// Throws TemplateError. May run in several threads at once.
std::string evaluate(const std::vector<Node>& nodes, const Fields& fields);

}  // namespace hostname
