// The parts of the page, each a section with a heading. Internal to page.
#pragma once

#include <string>
#include <string_view>

#include "admin/html.h"
#include "admin/service_list.h"
#include "admin/status.h"
#include "pipeline/build.h"

namespace admin {

void write_state(Html& html, const Status& status);
void write_concerns(Html& html, const Status& status, const pipeline::Build& build);
void write_numbers(Html& html, const Status& status);
void write_services(Html& html, const Status& status, const pipeline::Build& build,
                    std::string_view words, const ServicePage& list);

// A link to the story of `what`.
void link_story(Html& html, std::string_view what, std::string_view text);
// The outcomes of a service that aren't a name: what it wanted, and why it hasn't got it.
void write_lost_names(Html& html, const pipeline::Build& build, std::size_t service);
// "error" and the like, as a word and by colour.
void write_severity(Html& html, mesh::Severity severity);

// A number that the script keeps up to date: `path` leads to it in /status, words separated by
// blanks; `format` is that of page.js.
void write_live(Html& html, std::string_view path, std::string_view format, std::string_view text);

}  // namespace admin
