#include "kubernetes/source.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <list>
#include <map>
#include <random>
#include <utility>

#include "kubernetes/api.h"
#include "kubernetes/decode.h"
#include "kubernetes/receiver.h"
#include "kubernetes/reflector.h"
#include "kubernetes/status_writer.h"

namespace kubernetes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using config::FromServices;

// One collection on its way to where it is kept. Its coroutine may outlive the Source's use of it.
struct Feed {
  std::string name;  // among all feeds
  std::unique_ptr<Receiver> receiver;
  std::unique_ptr<Reflector> reflector;
};

// A kind of Kuma's, which may be installed or not.
struct InstalledKind {
  std::map<Key, Definition> definitions;  // its own, or none
  bool unserved = false;                  // v1alpha1 isn't served, which was reported
  std::shared_ptr<Feed> feed;             // of its resources; null unless they are followed
};

// Decodes by `decode`; what `counts` rejects is treated as if it weren't there.
template <typename T>
auto decoded(T (*decode)(const json::object&), bool (*counts)(const T&) = nullptr) {
  return [decode, counts](const Key&, json::object& object) -> std::optional<T> {
    T value = decode(object);
    if (counts != nullptr && !counts(value)) return std::nullopt;
    return value;
  };
}

bool has_endpoints(const EndpointSlice& slice) {
  return !slice.service.empty() && !slice.endpoints.empty();
}

}  // namespace

class Source::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, SourceSettings settings, std::function<void()> changed,
       std::function<void(const Event&)> report)
      : io_(io),
        settings_(std::move(settings)),
        changed_(std::move(changed)),
        report_(std::move(report)),
        api_(settings_.access, [this](const std::string& problem) { warn(problem); }),
        resources_(settings_.from, settings_.resources.locality) {}

  void start();
  void stop();
  bool synced();
  const Outage& outage() const { return outage_; }
  std::uint64_t received() const;
  ResourceChanges take_changes() { return resources_.take_changes(); }
  Snapshot snapshot() const { return resources_.snapshot(); }
  void write(std::span<const ResourceStatus> changed) { apply(statuses_.set(changed)); }
  void write_all(std::span<const ResourceStatus> all) { apply(statuses_.set_all(all)); }

 private:
  template <typename T>
  std::shared_ptr<Feed> follow(Collection collection, const std::map<Key, T>& known,
                               typename ObjectReceiver<T>::Target target);
  // Follows objects that ClusterResources keep.
  template <typename T>
  void follow_objects(Collection collection, const std::map<Key, T>& known,
                      std::function<std::optional<T>(const Key&, json::object&)> decode);
  void forget(const std::shared_ptr<Feed>& feed);

  void follow_definition(CustomKind kind);
  void definition_changed(CustomKind kind);
  void follow_kind(CustomKind kind);
  void follow_meshes();
  void forget_kind(CustomKind kind);
  const Definition* definition_of(CustomKind kind) const;
  InstalledKind& installed(CustomKind kind) { return kinds_[static_cast<std::size_t>(kind)]; }
  const std::map<Key, CustomResource>& known(CustomKind kind) const {
    return resources_.custom_resources()[static_cast<std::size_t>(kind)];
  }

  bool set_custom(const CustomId& id, std::optional<CustomResource> resource);
  std::optional<ActualStatus> actual_status(const CustomId& id) const;

  void start_writer();
  void spawn(asio::awaitable<void> (StatusWriter::*run)());
  void apply(const StatusEdits& edits) {
    if (writer_ != nullptr) writer_->apply(edits);
  }
  void report_writing(const std::string& problem);

  void notify() {
    if (!stopped_) changed_();
  }
  void report(const Event& event) {
    if (!stopped_) report_(event);
  }
  void warn(const std::string& problem) { report({true, problem}); }
  void report_following(const std::string& collection, const std::string& problem);

  asio::io_context& io_;
  const SourceSettings settings_;
  const std::function<void()> changed_;
  const std::function<void(const Event&)> report_;
  Api api_;
  ClusterResources resources_;
  std::list<std::shared_ptr<Feed>> feeds_;
  std::array<InstalledKind, kCustomKinds> kinds_;  // by CustomKind
  std::uint64_t received_ = 0;                     // by feeds that are gone
  Outage outage_;
  WantedStatuses statuses_{[this](const CustomId& id) { return actual_status(id); }};
  std::unique_ptr<StatusWriter> writer_;  // null unless the settings want it
  std::string writing_problem_;
  std::minstd_rand random_{std::random_device{}()};
  bool synced_ = false;
  bool stopped_ = false;
};

template <typename T>
std::shared_ptr<Feed> Source::Impl::follow(Collection collection, const std::map<Key, T>& known,
                                           typename ObjectReceiver<T>::Target target) {
  auto feed = std::make_shared<Feed>();
  feed->receiver = std::make_unique<ObjectReceiver<T>>(known, std::move(target));
  feed->name = collection.path + '?' + collection.field_selector;
  feed->reflector = std::make_unique<Reflector>(
      std::move(collection), api_, *feed->receiver,
      [this, name = feed->name](const std::string& problem) { report_following(name, problem); },
      [this] { return std::uniform_real_distribution<double>(0, 1)(random_); });
  feeds_.push_back(feed);
  asio::co_spawn(
      io_,
      [feed, self = shared_from_this()]() -> asio::awaitable<void> {
        co_await feed->reflector->run();
      },
      asio::detached);
  return feed;
}

template <typename T>
void Source::Impl::follow_objects(
    Collection collection, const std::map<Key, T>& known,
    std::function<std::optional<T>(const Key&, json::object&)> decode) {
  follow<T>(std::move(collection), known,
            {std::move(decode),
             [this](const Key& key, std::optional<T> value) {
               return resources_.set(key, std::move(value));
             },
             [this] { notify(); }});
}

void Source::Impl::start() {
  const Cluster& cluster = resources_.cluster();
  // With the label on Services alone, the slices have it too: their controller copies it.
  const std::string labelled =
      settings_.from == FromServices::Labelled ? std::string(mesh::label::kMesh) : "";
  if (settings_.from != FromServices::Off) {
    follow_objects<Service>({"/api/v1/services", labelled, "", false}, cluster.services,
                            decoded(decode_service));
    follow_objects<EndpointSlice>({"/apis/discovery.k8s.io/v1/endpointslices", labelled, "", false},
                                  cluster.slices, decoded(decode_slice, has_endpoints));
    follow_objects<Pod>({"/api/v1/pods", "", "status.phase!=Succeeded,status.phase!=Failed", true},
                        cluster.pods, decoded(decode_pod, counts));
    follow_objects<Namespace>({"/api/v1/namespaces", "", "", true}, cluster.namespaces,
                              decoded(decode_namespace));
  }
  for (std::size_t kind = 0; kind < kCustomKinds; ++kind) {
    follow_definition(static_cast<CustomKind>(kind));
  }
  if (settings_.write_status) start_writer();
}

void Source::Impl::stop() {
  stopped_ = true;
  if (writer_ != nullptr) writer_->stop();
  for (const auto& feed : feeds_) feed->reflector->stop();
}

void Source::Impl::forget(const std::shared_ptr<Feed>& feed) {
  feed->reflector->stop();
  received_ += feed->reflector->received();
  feeds_.remove(feed);
  report_following(feed->name, "");
}

// Each by name: metadata alone lack the versions that are served, and all definitions of a cluster
// in full are many MB.
void Source::Impl::follow_definition(CustomKind kind) {
  auto& definitions = installed(kind).definitions;
  const ObjectReceiver<Definition>::Target target{
      decoded(decode_definition),
      [&definitions](const Key& key, std::optional<Definition> definition) {
        if (!definition) return definitions.erase(key) != 0;
        definitions.insert_or_assign(key, *definition);
        return true;
      },
      [this, kind] { definition_changed(kind); }};
  follow<Definition>({"/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "",
                      "metadata.name=" + std::string(names_of(kind).definition), false},
                     definitions, target);
}

const Definition* Source::Impl::definition_of(CustomKind kind) const {
  const auto& definitions = kinds_[static_cast<std::size_t>(kind)].definitions;
  const auto found = definitions.find({"", std::string(names_of(kind).definition)});
  return found == definitions.end() ? nullptr : &found->second;
}

void Source::Impl::definition_changed(CustomKind kind) {
  if (stopped_) return;
  InstalledKind& of_kind = installed(kind);
  const std::string name(names_of(kind).definition);
  const Definition* definition = definition_of(kind);
  const bool served = definition != nullptr && definition->served;
  const bool followed = of_kind.feed != nullptr;
  if (served && !followed) follow_kind(kind);
  if (!served && followed) forget_kind(kind);
  if (definition == nullptr && followed) {
    warn(name + " is no longer defined: its resources are removed");
  }
  const bool unserved = definition != nullptr && !served;
  if (unserved && !of_kind.unserved) {
    warn("version v1alpha1 of " + name + " isn't served: treated as not installed");
  }
  of_kind.unserved = unserved;
  apply(statuses_.kind_changed(kind));
  notify();
}

void Source::Impl::follow_kind(CustomKind kind) {
  if (kind == CustomKind::Mesh) return follow_meshes();
  const auto decode = [this, kind](const Key& key, json::object& object) {
    const auto before = known(kind).find(key);
    return decode_custom_resource({kind, key}, object,
                                  before == known(kind).end() ? nullptr : &before->second,
                                  settings_.resources);
  };
  const auto set = [this, kind](const Key& key, std::optional<CustomResource> resource) {
    return set_custom({kind, key}, std::move(resource));
  };
  installed(kind).feed = follow<CustomResource>(
      {std::string(kKumaGroup) + std::string(names_of(kind).plural), "", "", false}, known(kind),
      {decode, set, [this] { notify(); }});
}

void Source::Impl::follow_meshes() {
  const auto set = [this](const Key& key, std::optional<Mesh> mesh) {
    return resources_.set(key, mesh);
  };
  const auto changed = [this] {
    resources_.set_meshes_known(true);
    notify();
  };
  installed(CustomKind::Mesh).feed =
      follow<Mesh>({std::string(kKumaGroup) + "meshes", "", "", true}, resources_.cluster().meshes,
                   {[](const Key&, json::object&) { return Mesh(); }, set, changed});
}

// Its resources were deleted with the definition, or can't be read any more.
void Source::Impl::forget_kind(CustomKind kind) {
  forget(std::exchange(installed(kind).feed, nullptr));
  if (kind == CustomKind::Mesh) {
    resources_.set_meshes_known(false);
    while (!resources_.cluster().meshes.empty()) {
      const Key key = resources_.cluster().meshes.begin()->first;
      resources_.set(key, std::optional<Mesh>());
    }
    return;
  }
  while (!known(kind).empty()) {
    const Key key = known(kind).begin()->first;
    set_custom({kind, key}, std::nullopt);
  }
}

bool Source::Impl::set_custom(const CustomId& id, std::optional<CustomResource> resource) {
  const auto& of_kind = known(id.kind);
  const auto before = of_kind.find(id.key);
  const bool status_only = before != of_kind.end() && resource &&
                           before->second.same_resource(*resource) &&
                           before->second.uid == resource->uid;
  if (!resources_.set(id, std::move(resource))) return false;
  if (status_only) {
    apply(statuses_.status_changed(id));
  } else {
    statuses_.resource_changed(id);
  }
  return true;
}

std::optional<ActualStatus> Source::Impl::actual_status(const CustomId& id) const {
  const auto found = known(id.kind).find(id.key);
  if (found == known(id.kind).end()) return std::nullopt;
  const Definition* definition = definition_of(id.kind);
  const bool subresource = definition != nullptr && definition->status;
  return ActualStatus{found->second.uid, subresource, found->second.status};
}

void Source::Impl::spawn(asio::awaitable<void> (StatusWriter::*run)()) {
  asio::co_spawn(
      io_,
      [run, self = shared_from_this()]() -> asio::awaitable<void> {
        co_await ((*self->writer_).*run)();
      },
      asio::detached);
}

void Source::Impl::start_writer() {
  writer_ = std::make_unique<StatusWriter>(
      io_.get_executor(), api_, settings_.identity,
      [this](const std::string& problem) { report_writing(problem); },
      [this](bool leading) {
        report({false, leading ? "this instance writes the status of custom resources"
                               : "this instance no longer writes the status of custom resources"});
      });
  spawn(&StatusWriter::elect);
  spawn(&StatusWriter::write);
}

void Source::Impl::report_writing(const std::string& problem) {
  if (problem != writing_problem_ && !problem.empty()) warn(problem);
  writing_problem_ = problem;
}

void Source::Impl::report_following(const std::string& collection, const std::string& problem) {
  if (stopped_) return;
  const auto event = outage_.set(collection, problem, std::chrono::steady_clock::now());
  if (event) report(*event);
}

bool Source::Impl::synced() {
  // A kind that is installed later doesn't delay the first table, which was made without it.
  synced_ = synced_ ||
            std::ranges::all_of(feeds_, [](const auto& feed) { return feed->reflector->listed(); });
  return synced_;
}

std::uint64_t Source::Impl::received() const {
  std::uint64_t received = received_;
  for (const auto& feed : feeds_) received += feed->reflector->received();
  return received;
}

Source::Source(asio::io_context& io, SourceSettings settings, std::function<void()> changed,
               std::function<void(const Event&)> report)
    : impl_(
          std::make_shared<Impl>(io, std::move(settings), std::move(changed), std::move(report))) {
  impl_->start();
}
Source::~Source() {
  impl_->stop();
}

bool Source::synced() const {
  return impl_->synced();
}
std::string Source::problem() const {
  return impl_->outage().problem();
}
std::optional<std::chrono::steady_clock::time_point> Source::behind_since() const {
  return impl_->outage().since();
}
std::uint64_t Source::received() const {
  return impl_->received();
}
ResourceChanges Source::take_changes() {
  return impl_->take_changes();
}
Snapshot Source::snapshot() const {
  return impl_->snapshot();
}
void Source::write(std::span<const ResourceStatus> changed) {
  impl_->write(changed);
}
void Source::write_all(std::span<const ResourceStatus> statuses) {
  impl_->write_all(statuses);
}

}  // namespace kubernetes
