// What stands in the page as it is in the source tree: page.css and page.js, put into the program
// when it is built, with the hashes by which the page's policy allows them.
#pragma once

#include "admin/html.h"

namespace admin {

extern const Markup kPageStyle;
extern const Markup kPageScript;
extern const char* const kPageStyleSha256;  // in hexadecimal
extern const char* const kPageScriptSha256;

}  // namespace admin
