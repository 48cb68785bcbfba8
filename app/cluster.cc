#include "app/cluster.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return std::nullopt;
  return text;
}

kubernetes::AccessResult find_access(const config::Settings& settings) {
  const std::string& path = settings.kubernetes.kubeconfig;
  if (path.empty()) {
    const std::string directory = kubernetes::kServiceAccount;
    return kubernetes::in_cluster(variable("KUBERNETES_SERVICE_HOST"),
                                  variable("KUBERNETES_SERVICE_PORT"), directory,
                                  read(directory + "/namespace").value_or(""));
  }
  const auto text = read(path);
  if (!text) {
    throw std::runtime_error("kubernetes.kubeconfig: " + path + ": " + std::strerror(errno));
  }
  return kubernetes::parse_kubeconfig(*text, path, settings.kubernetes.context);
}

kubernetes::From from(config::FromServices services) {
  switch (services) {
    case config::FromServices::Off:
      return kubernetes::From::Nothing;
    case config::FromServices::Injected:
      return kubernetes::From::Injected;
    case config::FromServices::Labelled:
      break;
  }
  return kubernetes::From::Labelled;
}

// Adds those of `files` that `cluster` doesn't have. `key` tells which are the same.
template <typename T>
void add(std::vector<std::shared_ptr<const T>>& cluster,
         const std::vector<std::shared_ptr<const T>>& files, auto key, std::string_view what,
         mesh::Diagnostics& diagnostics) {
  std::map<decltype(key(*files.front())), const T*> known;
  for (const auto& resource : cluster) known.emplace(key(*resource), resource.get());
  for (const auto& resource : files) {
    if (!known.contains(key(*resource))) {
      cluster.push_back(resource);
      continue;
    }
    diagnostics.push_back({mesh::Severity::Warning, resource->meta.position, "",
                           std::string(what) + ' ' + resource->meta.core_name() +
                               " is in the cluster too, and that one counts"});
  }
}

}  // namespace

kubernetes::SourceSettings source_settings(const config::Settings& settings) {
  auto [access, diagnostics] = find_access(settings);
  std::string problems;
  for (const mesh::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == mesh::Severity::Error) {
      problems.append(problems.empty() ? "" : "\n").append(mesh::to_string(diagnostic));
    }
  }
  if (!access) throw std::runtime_error(problems);
  return {std::move(*access),
          from(settings.generate_from_services),
          {settings.locality(), settings.limits, config::UnknownFields::Warn}};
}

mesh::Resources join(mesh::Resources files, mesh::Resources cluster,
                     mesh::Diagnostics& diagnostics) {
  const auto id = [](const mesh::Service& service) { return service.id(); };
  const auto name = [](const mesh::HostnameGenerator& generator) {
    return generator.meta.core_name();
  };
  add(cluster.services, files.services, id, "the service", diagnostics);
  add(cluster.generators, files.generators, name, "HostnameGenerator", diagnostics);
  cluster.dataplanes = std::move(files.dataplanes);
  std::ranges::sort(cluster.services,
                    [&](const auto& a, const auto& b) { return id(*a) < id(*b); });
  return cluster;
}

}  // namespace app
