// What a person who looks at an instance should know first: whether it is ready, and what is wrong
// with it as a whole.
//
// Pure functions of a status.
#pragma once

#include <string>
#include <vector>

#include "admin/status.h"

namespace admin {

// "ready", and how far it can be trusted.
struct Readiness {
  mesh::Severity severity = mesh::Severity::Notice;  // Notice: all is well
  std::string state;                                 // "Ready"
  std::string detail;                                // a sentence
};
Readiness readiness(const Status& status);

// One line each, the errors first. What is wrong with single files and services isn't among them.
std::vector<pipeline::Concern> concerns(const Status& status);

// "2 errors, 1 warning" of the concerns and of the resources together, "" if there are none.
std::string concerns_text(const Status& status);

// Of the addresses in use and those in quarantine. A pool is nearly full at 90 %.
bool nearly_full(const vip::PoolUse& pool);
unsigned percent_used(const vip::PoolUse& pool);  // rounded down

}  // namespace admin
