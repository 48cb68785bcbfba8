#include "kubernetes/source.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <vector>

#include "kubernetes/api.h"
#include "kubernetes/store.h"
#include "kubernetes/writer.h"

namespace kubernetes {
namespace {

namespace asio = boost::asio;
using config::FromServices;

// The definition of Kuma's kind of meshes, which are wanted only by name.
constexpr std::string_view kMeshes = "meshes.kuma.io";

struct CustomKind {
  std::string_view definition;  // name of the CustomResourceDefinition
  std::string_view kind;
};
constexpr CustomKind kCustomKinds[] = {
    {"hostnamegenerators.kuma.io", "HostnameGenerator"},
    {"meshservices.kuma.io", "MeshService"},
    {"meshexternalservices.kuma.io", "MeshExternalService"},
    {"meshmultizoneservices.kuma.io", "MeshMultiZoneService"},
    {kMeshes, "Mesh"},
};

std::string name_of(const boost::json::object& object) {
  return decode_key(object).name;
}

bool any(const auto&) {
  return true;
}

// "meshservices.kuma.io" → "meshservices"
std::string resource_of(std::string_view definition) {
  return std::string(definition.substr(0, definition.find('.')));
}

// One collection on its way to where it is kept.
struct Feed {
  std::unique_ptr<Receiver> receiver;
  std::unique_ptr<Reflector> reflector;
  std::string problem;  // "" while all is well
};

}  // namespace

class Source::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, SourceSettings settings, std::function<void()> changed,
       std::function<void(const Event&)> tell)
      : io_(io),
        settings_(std::move(settings)),
        changed_(std::move(changed)),
        tell_(std::move(tell)),
        api_(settings_.access, [this](const std::string& problem) { warn(problem); }) {}

  void start();
  void stop();
  bool synced();
  std::string problem() const;
  std::optional<std::chrono::steady_clock::time_point> behind_since() const {
    return behind_since_;
  }
  std::uint64_t received() const;
  Snapshot snapshot();
  void write(const std::vector<Status>& statuses);

 private:
  template <typename T>
  std::unique_ptr<Receiver> store(std::map<Key, T>& objects, typename ObjectStore<T>::Decode decode,
                                  typename ObjectStore<T>::Wanted wanted = any<T>) {
    return std::make_unique<ObjectStore<T>>(objects, decode, wanted, [this] { change(); });
  }

  std::shared_ptr<Feed> follow(Collection collection, std::unique_ptr<Receiver> receiver);
  void follow_definition(const CustomKind& kind);
  void definition_changed(const CustomKind& kind);
  void follow_kind(const CustomKind& kind);
  void forget_kind(std::string_view definition);
  bool has_status(std::string_view definition) const;
  void change() {
    if (!stopped_) changed_();
  }
  void start_writer();
  void spawn(asio::awaitable<void> (Writer::*run)());
  void report(Feed& feed, const std::string& problem);
  void report_writing(const std::string& problem);
  void warn(const std::string& problem) {
    if (!stopped_) tell_({true, problem});
  }
  void add_given(Snapshot& snapshot) const;
  void add_generated(Snapshot& snapshot) const;

  asio::io_context& io_;
  const SourceSettings settings_;
  const std::function<void()> changed_;
  const std::function<void(const Event&)> tell_;
  Api api_;
  Cluster cluster_;
  // Those of Kuma that are installed, each as its feed has it.
  std::map<std::string_view, std::map<Key, Definition>> definitions_;
  std::set<std::string_view> unserved_;  // of which we have told
  std::map<Key, std::string> meshes_;
  std::vector<std::shared_ptr<Feed>> feeds_;
  std::map<std::string_view, std::shared_ptr<Feed>> kinds_;  // of feeds_, by definition
  std::map<std::string_view, const DocumentStore*> documents_;
  std::set<std::string> told_;      // problems
  std::uint64_t received_ = 0;      // by feeds that are gone
  std::unique_ptr<Writer> writer_;  // none unless the settings want it
  std::string writing_problem_;
  std::optional<std::chrono::steady_clock::time_point> behind_since_;
  bool synced_ = false;
  bool stopped_ = false;
};

std::shared_ptr<Feed> Source::Impl::follow(Collection collection,
                                           std::unique_ptr<Receiver> receiver) {
  auto feed = std::make_shared<Feed>();
  feed->receiver = std::move(receiver);
  feed->reflector = std::make_unique<Reflector>(
      std::move(collection), api_, *feed->receiver,
      [this, feed = feed.get()](const std::string& problem) { report(*feed, problem); });
  feeds_.push_back(feed);
  asio::co_spawn(
      io_,
      [feed, self = shared_from_this()]() -> asio::awaitable<void> {
        co_await feed->reflector->run();
      },
      asio::detached);
  return feed;
}

void Source::Impl::start() {
  // With the label on Services alone, the slices have it too: their controller copies it.
  const std::string labelled =
      settings_.from == FromServices::Labelled ? std::string(mesh::label::kMesh) : "";
  if (settings_.from != FromServices::Off) {
    follow({"/api/v1/services", labelled, "", false}, store(cluster_.services, decode_service));
    follow({"/apis/discovery.k8s.io/v1/endpointslices", labelled, "", false},
           store<EndpointSlice>(cluster_.slices, decode_slice,
                                [](const auto& slice) { return !slice.endpoints.empty(); }));
    follow({"/api/v1/pods", "", "status.phase!=Succeeded,status.phase!=Failed", true},
           store<Pod>(cluster_.pods, decode_pod, counts));
    follow({"/api/v1/namespaces", "", "", true}, store(cluster_.namespaces, decode_namespace));
  }
  for (const CustomKind& kind : kCustomKinds) follow_definition(kind);
  if (settings_.write_status) start_writer();
}

void Source::Impl::spawn(asio::awaitable<void> (Writer::*run)()) {
  asio::co_spawn(
      io_,
      [run, self = shared_from_this()]() -> asio::awaitable<void> {
        co_await ((*self->writer_).*run)();
      },
      asio::detached);
}

void Source::Impl::start_writer() {
  writer_ = std::make_unique<Writer>(
      io_.get_executor(), api_, settings_.identity,
      [this](const std::string& problem) { report_writing(problem); },
      [this](bool leading) {
        if (stopped_) return;
        tell_({false, leading ? "this instance writes the status of custom resources"
                              : "this instance no longer writes the status of custom resources"});
      });
  spawn(&Writer::elect);
  spawn(&Writer::write);
}

void Source::Impl::report_writing(const std::string& problem) {
  if (problem != writing_problem_ && !problem.empty()) warn(problem);
  writing_problem_ = problem;
}

void Source::Impl::write(const std::vector<Status>& statuses) {
  if (writer_ == nullptr) return;
  std::vector<StatusWrite> writes;
  for (const Status& status : statuses) {
    const std::string kind(to_string(status.kind));
    const auto* custom = std::ranges::find(kCustomKinds, kind, &CustomKind::kind);
    const auto store = documents_.find(custom->definition);
    if (store == documents_.end()) continue;
    const Key key{status.name_space, status.name};
    const auto resource = store->second->resources().find(key);
    if (resource == store->second->resources().end()) continue;
    const boost::json::value value = boost::json::parse(status.json);
    std::string text = status_text(&value);
    if (text == resource->second.status) continue;
    writes.push_back({kind, resource_of(custom->definition), key, resource->second.uid,
                      has_status(custom->definition), std::move(text)});
  }
  writer_->want(std::move(writes));
}

void Source::Impl::stop() {
  stopped_ = true;
  if (writer_ != nullptr) writer_->stop();
  for (const auto& feed : feeds_) feed->reflector->stop();
}

bool Source::Impl::has_status(std::string_view definition) const {
  const auto& definitions = definitions_.at(definition);
  const auto found = definitions.find({"", std::string(definition)});
  return found != definitions.end() && found->second.status;
}

// Each on its own: the metadata don't say which versions are served, and all definitions of a
// cluster in full are many MB.
void Source::Impl::follow_definition(const CustomKind& kind) {
  follow({"/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "",
          "metadata.name=" + std::string(kind.definition), false},
         std::make_unique<ObjectStore<Definition>>(definitions_[kind.definition], decode_definition,
                                                   any<Definition>,
                                                   [this, &kind] { definition_changed(kind); }));
}

void Source::Impl::definition_changed(const CustomKind& kind) {
  if (stopped_) return;
  const std::string name(kind.definition);
  const auto& definitions = definitions_[kind.definition];
  const auto found = definitions.find({"", name});
  const bool defined = found != definitions.end();
  const bool served = defined && found->second.served;
  const bool followed = kinds_.contains(kind.definition);
  if (served && !followed) follow_kind(kind);
  if (!served && followed) forget_kind(kind.definition);
  if (!defined && followed) warn(name + " is no longer defined: its resources are gone");
  if (!defined || served) {
    unserved_.erase(kind.definition);
  } else if (unserved_.insert(kind.definition).second) {
    warn("version v1alpha1 of " + name + " isn't served: it counts as not installed");
  }
  change();
}

void Source::Impl::follow_kind(const CustomKind& kind) {
  Collection collection{std::string(kKumaGroup) + resource_of(kind.definition), "", "",
                        kind.definition == kMeshes};
  if (kind.definition == kMeshes) {
    kinds_[kind.definition] = follow(std::move(collection), store<std::string>(meshes_, name_of));
    return;
  }
  auto documents = std::make_unique<DocumentStore>(std::string(kind.kind), settings_.resources,
                                                   [this] { change(); });
  documents_[kind.definition] = documents.get();
  kinds_[kind.definition] = follow(std::move(collection), std::move(documents));
}

// Its resources went with the definition, or nobody can read them.
void Source::Impl::forget_kind(std::string_view definition) {
  const auto feed = kinds_.extract(definition).mapped();
  feed->reflector->stop();
  received_ += feed->reflector->received();
  report(*feed, "");
  std::erase(feeds_, feed);
  documents_.erase(definition);
  if (definition == kMeshes) meshes_.clear();
}

// Several collections fail for one reason, and one after the other: it is told once.
void Source::Impl::report(Feed& feed, const std::string& problem) {
  if (stopped_ || feed.problem == problem) return;
  feed.problem = problem;
  if (!problem.empty()) {
    if (!behind_since_) behind_since_ = std::chrono::steady_clock::now();
    if (told_.insert(problem).second) tell_({true, problem});
    return;
  }
  const bool well = std::ranges::all_of(feeds_, [](const auto& f) { return f->problem.empty(); });
  if (!well || told_.empty()) return;
  behind_since_.reset();
  told_.clear();
  tell_({false, "the API server is followed again"});
}

bool Source::Impl::synced() {
  // A kind that is defined later is none of those that a first table must wait for.
  synced_ = synced_ ||
            std::ranges::all_of(feeds_, [](const auto& feed) { return feed->reflector->listed(); });
  return synced_;
}

std::string Source::Impl::problem() const {
  for (const auto& feed : feeds_) {
    if (!feed->problem.empty()) return feed->problem;
  }
  return "";
}

std::uint64_t Source::Impl::received() const {
  std::uint64_t received = received_;
  for (const auto& feed : feeds_) received += feed->reflector->received();
  return received;
}

void Source::Impl::add_given(Snapshot& snapshot) const {
  mesh::Resources& resources = snapshot.resources;
  for (const auto& [definition, store] : documents_) {
    for (const auto& [key, resource] : store->resources()) {
      const config::Document& document = resource.document;
      std::ranges::copy(document.services, std::back_inserter(resources.services));
      std::ranges::copy(document.generators, std::back_inserter(resources.generators));
      std::ranges::copy(document.diagnostics, std::back_inserter(snapshot.diagnostics));
    }
  }
}

// A MeshService that Kuma's control plane made of the same Service gives way; one that a person
// wrote stays. Of a Service that we follow, and with injection of each, what Kuma made is left over
// from what the Service was, if we make none of it.
void Source::Impl::add_generated(Snapshot& snapshot) const {
  Generated generated = generate(cluster_, settings_.from, settings_.resources.locality);
  auto& given = snapshot.resources.services;
  const auto ours_to_make = [this](const mesh::Meta& meta) {
    if (settings_.from == FromServices::Injected) return true;
    const std::string name(meta.labels.get_or_empty(label::kServiceName));
    return cluster_.services.contains({meta.name_space, name});
  };
  std::erase_if(given, [&](const auto& service) {
    return service->meta.labels.get(mesh::label::kManagedBy) == label::kController &&
           service->meta.labels.get(mesh::label::kOrigin) == "zone" && ours_to_make(service->meta);
  });
  std::map<mesh::ServiceId, std::size_t> places;
  for (std::size_t i = 0; i < given.size(); ++i) places.emplace(given[i]->id(), i);
  for (auto& service : generated.services) {
    const auto place = places.find(service->id());
    if (place == places.end()) {
      given.push_back(std::move(service));
      continue;
    }
    auto& other = given[place->second];
    if (other->meta.labels.get(mesh::label::kManagedBy) == label::kController) {
      other = std::move(service);
    } else {
      generated.diagnostics.push_back(
          {mesh::Severity::Warning, service->meta.position, "",
           "no MeshService is made of it: " + to_string(other->id()) + " was written by hand"});
    }
  }
  std::ranges::move(generated.diagnostics, std::back_inserter(snapshot.diagnostics));
}

Snapshot Source::Impl::snapshot() {
  Snapshot snapshot;
  const auto meshes = kinds_.find(kMeshes);
  const bool known = meshes != kinds_.end() && meshes->second->reflector->listed();
  cluster_.meshes = known ? &meshes_ : nullptr;
  add_given(snapshot);
  add_generated(snapshot);
  return snapshot;
}

Source::Source(asio::io_context& io, SourceSettings settings, std::function<void()> changed,
               std::function<void(const Event&)> tell)
    : impl_(std::make_shared<Impl>(io, std::move(settings), std::move(changed), std::move(tell))) {
  impl_->start();
}
Source::~Source() {
  impl_->stop();
}

bool Source::synced() const {
  return impl_->synced();
}
std::string Source::problem() const {
  return impl_->problem();
}
std::optional<std::chrono::steady_clock::time_point> Source::behind_since() const {
  return impl_->behind_since();
}
std::uint64_t Source::received() const {
  return impl_->received();
}
void Source::write(const std::vector<Status>& statuses) {
  impl_->write(statuses);
}
Snapshot Source::snapshot() const {
  return impl_->snapshot();
}

}  // namespace kubernetes
