#include "kubernetes/cluster.h"

#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/files.h"
#include "http/url.h"
#include "logging/log.h"
#include "pipeline/pipeline.h"
#include "pipeline/resource_json.h"

namespace kubernetes {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

constexpr std::uint64_t kMaxFile = 16u << 20;  // octets

AccessResult find_access(const config::Settings& settings) {
  const std::string& path = settings.kubernetes.kubeconfig;
  if (path.empty()) {
    const std::string directory = kServiceAccount;
    return in_cluster(variable("KUBERNETES_SERVICE_HOST"), variable("KUBERNETES_SERVICE_PORT"),
                      directory, config::read_file(directory + "/namespace", kMaxFile).text);
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
  return parse_kubeconfig(content.text, path, settings.kubernetes.context);
}

// Two processes of one host are two instances.
std::string identity() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return std::string(host) + '_' + std::to_string(std::random_device{}());
}

class ClusterSource : public pipeline::Source {
 public:
  ClusterSource(boost::asio::io_context& io, std::shared_ptr<ClusterLink> cluster,
                pipeline::Deliver deliver)
      : io_(io), cluster_(std::move(cluster)), deliver_(std::move(deliver)) {}
  ~ClusterSource() override { cluster_->source = nullptr; }

  void start() override {
    server_ = http::to_string(cluster_->settings.access.server);
    logging::info("following the cluster", {{"server", server_}});
    source_.emplace(
        io_, std::move(cluster_->settings), [this] { deliver(); },
        [this](const Event& event) {
          deliver();  // so that whoever reads the line finds the state that it tells of
          event.bad ? logging::warn(event.text) : logging::info(event.text);
        });
    cluster_->source = &*source_;
    deliver();
  }

 private:
  void deliver() {
    if (!source_) return;  // it is being made
    // What was received of half a cluster is kept back until it is whole.
    ResourceChanges changes;
    if (source_->synced()) changes = source_->take_changes();
    deliver_({std::move(changes.resources), std::move(changes.diagnostics), state()});
  }

  pipeline::SourceState state() const {
    return {.name = "kubernetes",
            .from = {server_},
            .complete = source_->synced(),
            .problem = source_->problem(),
            .behind_since = source_->behind_since(),
            .figures = {{"received_bytes", "Bytes received.", source_->received(), true}}};
  }

  boost::asio::io_context& io_;
  const std::shared_ptr<ClusterLink> cluster_;
  const pipeline::Deliver deliver_;
  std::string server_;
  std::optional<kubernetes::Source> source_;
};

class StatusOutput : public pipeline::Output {
 public:
  explicit StatusOutput(std::shared_ptr<ClusterLink> cluster)
      : cluster_(std::move(cluster)), writes_(cluster_->settings.write_status) {}

  void publish(const pipeline::Update& update, const pipeline::Pipeline& now) override {
    if (!writes_ || cluster_->source == nullptr) return;
    std::vector<ResourceStatus> statuses;
    for (const pipeline::ServicePointer& service : update.services) {
      if (!is_ours(*service)) continue;
      statuses.push_back({service->kind, service->meta.name_space, service->meta.name,
                          boost::json::serialize(pipeline::kuma_status_json(now.view(*service)))});
    }
    for (const pipeline::ServicePointer& service : update.gone) {
      if (!is_ours(*service)) continue;
      statuses.push_back({service->kind, service->meta.name_space, service->meta.name, ""});
    }
    written_ += statuses.size();
    cluster_->source->write(statuses);
  }

  pipeline::OutputState state() const override {
    return {.name = "status",
            .figures = {{"statuses", "Statuses of custom resources that builds have changed.",
                         written_, true}}};
  }

 private:
  // A custom resource that somebody wrote.
  static bool is_ours(const mesh::Service& service) {
    return service.origin == mesh::Origin::Given && !service.meta.name_space.empty();
  }

  const std::shared_ptr<ClusterLink> cluster_;
  const bool writes_;
  std::uint64_t written_ = 0;
};

}  // namespace

SourceSettings source_settings(const config::Settings& settings) {
  auto [access, diagnostics] = find_access(settings);
  std::string problems;
  for (const mesh::Diagnostic& diagnostic : diagnostics) {
    const std::string text = mesh::to_string(diagnostic);
    if (diagnostic.severity != mesh::Severity::Error) {
      logging::warn(text);
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

std::function<std::unique_ptr<pipeline::Source>(boost::asio::io_context&, pipeline::Deliver)>
source(std::shared_ptr<ClusterLink> cluster) {
  return [cluster = std::move(cluster)](boost::asio::io_context& io, pipeline::Deliver deliver) {
    return std::make_unique<ClusterSource>(io, cluster, std::move(deliver));
  };
}

std::unique_ptr<pipeline::Output> status_output(std::shared_ptr<ClusterLink> cluster) {
  return std::make_unique<StatusOutput>(std::move(cluster));
}

}  // namespace kubernetes
