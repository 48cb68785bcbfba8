#include "kubernetes/same.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace kubernetes {
namespace {

// Each function takes the struct apart by its number of fields: a field that is added doesn't
// compile until it is compared here.

auto parts(const mesh::Position& position) {
  const auto& [file, line, column] = position;
  return std::tuple(file ? std::string_view(*file) : std::string_view(), line, column);
}

auto parts(const mesh::Diagnostic& diagnostic) {
  const auto& [severity, position, path, message] = diagnostic;
  return std::tuple_cat(std::tie(severity, path, message), parts(position));
}

auto parts(const mesh::Meta& meta) {
  const auto& [mesh, name, name_space, labels, creation_time, position] = meta;
  return std::tuple_cat(std::tie(mesh, name, name_space, labels, creation_time), parts(position));
}

auto parts(const mesh::Selector& selector) {
  const auto& [by, name, match] = selector;
  return std::tie(by, name, match);
}

auto parts(const mesh::Port& port) {
  const auto& [number, name, target, app_protocol] = port;
  return std::tie(number, name, target, app_protocol);
}

bool same_ports(const std::vector<mesh::Port>& a, const std::vector<mesh::Port>& b) {
  return std::ranges::equal(a, b,
                            [](const auto& x, const auto& y) { return parts(x) == parts(y); });
}

auto parts(const mesh::HostnameGenerator& generator) {
  const auto& [meta, selects, match, text, position, built_in] = generator;
  return std::tuple_cat(std::tie(selects, match, text, built_in), parts(position), parts(meta));
}

}  // namespace

bool same(const mesh::Diagnostics& a, const mesh::Diagnostics& b) {
  return std::ranges::equal(a, b,
                            [](const auto& x, const auto& y) { return parts(x) == parts(y); });
}

// A MeshExternalService's spec has all that is decoded of it.
bool same_external(const mesh::Service& a, const mesh::Service& b) {
  if (a.external == nullptr || b.external == nullptr) return a.external == b.external;
  return a.external == b.external || mesh::external_spec(a) == mesh::external_spec(b);
}

bool same(const mesh::Service& a, const mesh::Service& b) {
  const auto& [kind, origin, meta, selector, ports, vips, external] = a;
  return std::tie(kind, origin, vips) == std::tie(b.kind, b.origin, b.vips) &&
         same_external(a, b) && parts(meta) == parts(b.meta) &&
         parts(selector) == parts(b.selector) && same_ports(ports, b.ports);
}

bool same(const mesh::HostnameGenerator& a, const mesh::HostnameGenerator& b) {
  return parts(a) == parts(b);
}

}  // namespace kubernetes
