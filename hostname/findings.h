// What is wrong with generators and with the names that they make, in words: what generate() and
// Names have in common. Internal to the folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hostname/naming.h"
#include "mesh/diagnostic.h"

namespace hostname {

// A problem that several services have with a generator: reported once, of the first service in
// the order of claims, with the number of the others.
struct Problem {
  std::string first;  // the first service, and its problem
  std::size_t services = 0;

  void add(const mesh::Service& service, std::string_view text);
};

// What became of the services that a generator selects.
struct Findings {
  std::size_t selected = 0;
  Problem evaluation;   // Naming::Kind::Fails
  Problem validity;     // NotValid and OfCluster
  Problem public_name;  // of those that own their name
};

mesh::Diagnostics report(const Rule& rule, const Findings& findings);

// Who owns a hostname that another service wanted as well.
struct Winner {
  const mesh::Service& service;
  std::string_view generator;  // core name
};

Outcome collision(std::uint32_t generator, std::string_view hostname, const Winner& winner);

// Every collision is in an outcome, so many as this are diagnostics as well.
inline constexpr std::size_t kMaxCollisionDiagnostics = 20;

mesh::Diagnostic report_collision(const mesh::Service& loser, std::string_view generator,
                                  std::string_view hostname, const Winner& winner);
mesh::Diagnostic report_more_collisions(std::size_t more);

}  // namespace hostname
