// Random services and Dataplanes out of few names, labels, tags and ports, so that they meet often,
// and random changes of them.
#pragma once

#include <map>
#include <random>
#include <string>

#include "mesh/change.h"
#include "mesh/resources.h"

namespace mesh {

class RandomResources {
 public:
  explicit RandomResources(std::uint32_t seed) : random_(seed) {}

  // The state, sorted by identity.
  const Resources& resources() const { return resources_; }

  // Changes a few resources: added, removed, replaced by another value or by an equal one.
  Changes step() {
    Changes changes;
    const unsigned services = below(4);
    const unsigned dataplanes = below(4);
    for (unsigned i = 0; i < services; ++i)
      change(changes.services, resources_.services, service());
    for (unsigned i = 0; i < dataplanes; ++i) {
      change(changes.dataplanes, resources_.dataplanes, dataplane());
    }
    resources_ = applied(std::move(resources_), changes);
    return changes;
  }

  unsigned below(unsigned end) {
    return std::uniform_int_distribution<unsigned>(0, end - 1)(random_);
  }
  bool once_in(unsigned times) { return below(times) == 0; }
  std::string one_of(std::initializer_list<const char*> texts) {
    return texts.begin()[below(static_cast<unsigned>(texts.size()))];
  }

 private:
  template <typename T>
  void change(std::vector<Changed<T>>& changes, const std::vector<std::shared_ptr<const T>>& all,
              std::shared_ptr<T> made) {
    const auto same = [&](const T& other) {
      if constexpr (std::is_same_v<T, Service>) {
        return other.id() == made->id();
      } else {
        return other.meta.mesh == made->meta.mesh &&
               other.meta.core_name() == made->meta.core_name();
      }
    };
    for (const auto& changed : changes) {
      if (same(changed.either())) return;
    }
    std::shared_ptr<const T> before;
    for (const auto& each : all) {
      if (same(*each)) before = each;
    }
    if (before && once_in(3)) return changes.push_back({before, nullptr});
    if (before && once_in(4)) *made = *before;
    if (before && once_in(4)) made->meta.labels = before->meta.labels;
    changes.push_back({before, made});
  }

  Position position() {
    static const auto kFile = std::make_shared<const std::string>("mesh.yaml");
    return {kFile, 1 + below(40), 1};
  }

  Meta meta(std::string name) {
    Meta meta;
    meta.mesh = once_in(5) ? "shop" : "default";
    meta.name = std::move(name);
    if (once_in(6)) meta.name_space = "ns";
    meta.position = position();
    return meta;
  }

  Labels pairs(unsigned most) {
    Labels labels;
    for (unsigned i = below(most + 1); i > 0; --i) {
      labels.set(one_of({"app", "kuma.io/zone", "team"}), one_of({"x", "y", ""}));
    }
    return labels;
  }

  std::string port_name() { return one_of({"http", "admin", "80", "81"}); }
  std::uint16_t port_number() { return static_cast<std::uint16_t>(80 + below(3)); }

  std::shared_ptr<Service> service() {
    using By = Selector::By;
    auto made = std::make_shared<Service>();
    made->meta = meta(one_of({"orders", "billing", "web", "db", "1st"}));
    made->meta.labels = pairs(3);
    if (once_in(4)) made->meta.labels.set("kuma.io/display-name", one_of({"a", "b"}));
    made->kind = once_in(4)   ? Kind::MeshMultiZoneService
                 : once_in(8) ? Kind::MeshExternalService
                              : Kind::MeshService;
    Selector& selector = made->selector;
    if (made->kind == Kind::MeshMultiZoneService) {
      selector = {By::MeshServiceLabels, "", pairs(2)};
      if (selector.match.empty()) selector.match.set("app", "x");
    } else if (made->kind == Kind::MeshService) {
      selector.by = static_cast<By>(below(4));
      if (selector.by == By::DataplaneRef) selector.name = one_of({"dp-0", "dp-1", "dp-1.ns"});
      if (selector.by == By::DataplaneLabels) selector.match = pairs(2);
      if (selector.by == By::DataplaneTags) selector.match = tags(2);
    }
    for (unsigned i = below(3); i > 0; --i) {
      Port port{port_number(), port_name(), port_number(), "tcp"};
      if (once_in(2)) port.target = one_of({"http", "admin", "81"});
      made->ports.push_back(port);
    }
    if (made->kind == Kind::MeshExternalService) {
      made->external = std::make_shared<const External>(
          External{{{Ip::v4(below(3)), port_number(), 0}}, false, ""});
    }
    return made;
  }

  Labels tags(unsigned most) {
    Labels labels = pairs(most);
    if (once_in(2)) {
      labels.set("kuma.io/service", one_of({"orders", "billing", "1st", "Bad_Name"}));
    }
    if (once_in(4)) labels.set("kuma.io/protocol", one_of({"http", "grpc"}));
    return labels;
  }

  std::shared_ptr<Dataplane> dataplane() {
    auto made = std::make_shared<Dataplane>();
    made->meta = meta("dp-" + std::to_string(below(7)));
    made->meta.labels = pairs(3);
    if (once_in(4)) {
      made->meta.labels.set("kuma.io/workload", one_of({"orders", "billing", "", "Bad_Name"}));
    }
    if (once_in(8)) made->meta.labels.set("kuma.io/origin", "global");
    if (once_in(2)) made->meta.creation_time = below(3);
    made->address = Ip::v4(below(3));
    if (once_in(4)) made->advertised_address = std::string("a.example");
    for (unsigned i = below(4); i > 0; --i) {
      Inbound inbound;
      inbound.port = port_number();
      inbound.name = port_name();
      inbound.state = once_in(3) ? static_cast<Inbound::State>(below(3)) : Inbound::State::Ready;
      inbound.tags = tags(2);
      if (once_in(5)) inbound.protocol = "http";
      if (once_in(5)) inbound.address = Ip::v4(below(3));
      made->inbounds.push_back(std::move(inbound));
    }
    return made;
  }

  std::mt19937 random_;
  Resources resources_;
};

// All diagnostics, a line each.
inline std::string text(const Diagnostics& diagnostics) {
  std::string lines;
  for (const Diagnostic& diagnostic : diagnostics) lines += to_string(diagnostic) + '\n';
  return lines;
}

}  // namespace mesh
