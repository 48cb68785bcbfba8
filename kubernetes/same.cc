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

bool same(const mesh::Service& a, const mesh::Service& b) {
  const auto& [kind, meta, selector, ports, vips, external, generated, cluster_ips] = a;
  return std::tie(kind, vips, external, generated, cluster_ips) ==
             std::tie(b.kind, b.vips, b.external, b.generated, b.cluster_ips) &&
         parts(meta) == parts(b.meta) && parts(selector) == parts(b.selector) &&
         same_ports(ports, b.ports);
}

bool same(const mesh::HostnameGenerator& a, const mesh::HostnameGenerator& b) {
  return parts(a) == parts(b);
}

}  // namespace kubernetes
