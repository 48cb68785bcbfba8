#include "app/cluster.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>

#include "app/log.h"
#include "app/resource_json.h"

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

// Two processes of one host are two instances.
std::string identity() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return std::string(host) + '_' + std::to_string(std::random_device{}());
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
    const std::string text = mesh::to_string(diagnostic);
    if (diagnostic.severity != mesh::Severity::Error) {
      log::warn(text);
    } else {
      problems.append(problems.empty() ? "" : "\n").append(text);
    }
  }
  if (!access) throw std::runtime_error(problems);
  return {std::move(*access),
          from(settings.generate_from_services),
          {settings.locality(), settings.limits, config::UnknownFields::Warn},
          settings.kubernetes.write_status,
          identity()};
}

std::vector<kubernetes::Status> statuses(const Build& build) {
  std::vector<kubernetes::Status> statuses;
  for (std::size_t i = 0; i < build.resources.services.size(); ++i) {
    const mesh::Service& service = *build.resources.services[i];
    if (service.generated || service.meta.name_space.empty()) continue;
    statuses.push_back({service.kind, service.meta.name_space, service.meta.name,
                        boost::json::serialize(kuma_status_json(build, i))});
  }
  return statuses;
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
