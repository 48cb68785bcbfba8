#include "app/cluster.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <random>
#include <set>
#include <stdexcept>

#include "app/log.h"
#include "app/resource_json.h"
#include "config/files.h"

namespace app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

constexpr std::uint64_t kMaxFile = 16u << 20;  // octets

kubernetes::AccessResult find_access(const config::Settings& settings) {
  const std::string& path = settings.kubernetes.kubeconfig;
  if (path.empty()) {
    const std::string directory = kubernetes::kServiceAccount;
    return kubernetes::in_cluster(variable("KUBERNETES_SERVICE_HOST"),
                                  variable("KUBERNETES_SERVICE_PORT"), directory,
                                  config::read_file(directory + "/namespace", kMaxFile).text);
  }
  const config::Content content = config::read_file(path, kMaxFile);
  if (!content.error.empty()) {
    // kubectl takes such a list. Whoever follows a cluster for months names the file that counts.
    const char* remedy = path.find(':') == path.npos
                             ? ""
                             : ": a list of several files, as kubectl takes, is to be merged: "
                               "kubectl config view --flatten --minify";
    throw std::runtime_error("kubernetes.kubeconfig: " + path + ": " + content.error + remedy);
  }
  return kubernetes::parse_kubeconfig(content.text, path, settings.kubernetes.context);
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
  if (files.empty()) return;
  std::set<decltype(key(*files.front()))> known;
  for (const auto& resource : cluster) known.insert(key(*resource));
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
          settings.generate_from_services,
          {settings.locality(), settings.limits, config::UnknownFields::Warn},
          settings.kubernetes.write_status,
          identity()};
}

std::vector<kubernetes::ResourceStatus> statuses(const Build& build) {
  std::vector<kubernetes::ResourceStatus> statuses;
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
