// Executes a parsed template for one service, as Go's text/template does. Internal to the folder.
#pragma once

#include <string>
#include <vector>

#include "hostname/syntax.h"
#include "hostname/template.h"

namespace hostname {

// Appends to `out`, which is empty. Throws TemplateError. May run in several threads at once.
void evaluate(const std::vector<Node>& nodes, const Fields& fields, std::string& out);

}  // namespace hostname
