#include "config/document.h"

#include <algorithm>
#include <array>

#include "config/decode.h"
#include "config/decode_dataplane.h"
#include "config/decode_generator.h"
#include "config/decode_meta.h"
#include "config/decode_service.h"
#include "config/text.h"

namespace config {
namespace {

constexpr Path kRoot;

constexpr std::string_view kOurs[] = {
    "MeshService",       "MeshExternalService", "MeshMultiZoneService",
    "HostnameGenerator", "Dataplane",           "Mesh"};

// What else Kuma has and may stand in the same files.
constexpr std::string_view kSkipped[] = {"CircuitBreaker",
                                         "ContainerPatch",
                                         "DataplaneInsight",
                                         "DataplaneOverview",
                                         "ExternalService",
                                         "FaultInjection",
                                         "GlobalSecret",
                                         "HealthCheck",
                                         "MeshAccessLog",
                                         "MeshCircuitBreaker",
                                         "MeshFaultInjection",
                                         "MeshGateway",
                                         "MeshGatewayConfig",
                                         "MeshGatewayInstance",
                                         "MeshGatewayRoute",
                                         "MeshHTTPRoute",
                                         "MeshHealthCheck",
                                         "MeshIdentity",
                                         "MeshInsight",
                                         "MeshLoadBalancingStrategy",
                                         "MeshMetric",
                                         "MeshOPA",
                                         "MeshPassthrough",
                                         "MeshProxyPatch",
                                         "MeshRateLimit",
                                         "MeshRetry",
                                         "MeshTCPRoute",
                                         "MeshTLS",
                                         "MeshTimeout",
                                         "MeshTrace",
                                         "MeshTrafficPermission",
                                         "MeshTrust",
                                         "OPAPolicy",
                                         "ProxyTemplate",
                                         "RateLimit",
                                         "Retry",
                                         "Secret",
                                         "ServiceInsight",
                                         "Timeout",
                                         "TrafficLog",
                                         "TrafficPermission",
                                         "TrafficRoute",
                                         "TrafficTrace",
                                         "VirtualOutbound",
                                         "Workload",
                                         "Zone",
                                         "ZoneEgress",
                                         "ZoneEgressInsight",
                                         "ZoneIngress",
                                         "ZoneIngressInsight",
                                         "ZoneInsight",
                                         "ZoneOverview"};

bool is_one_of(std::string_view word, auto& words) {
  return std::ranges::find(words, word) != std::end(words);
}

class Reading {
 public:
  Reading(const Source& source, const LoaderSettings& settings)
      : source_(source), settings_(settings) {}

  Document run(std::string_view text) {
    Node root;
    const NodeLimits limits{settings_.limits.document_size};
    const bool good =
        parse(text, source_, limits, root, document_.diagnostics, [this](const Node& item) {
          items_ = true;
          if (item.kind != Node::Kind::Null) resource(item);
        });
    // What is wrong with the syntax of a document makes the rest of it untrustworthy.
    if (good) top(root);
    return std::move(document_);
  }

 private:
  void add(const Node& node, mesh::Severity severity, const Path& path, std::string message) {
    document_.diagnostics.push_back(
        {severity, source_.at(node), to_string(path), std::move(message)});
  }
  void error(const Node& node, const Path& path, std::string message) {
    add(node, mesh::Severity::Error, path, std::move(message));
  }

  void top(const Node& root) {
    if (root.kind == Node::Kind::Null) return;
    if (root.kind == Node::Kind::Sequence) {
      error(root, kRoot,
            "expected a resource, found a list: separate resources by --- lines, or put them "
            "under `items` of a `kind: List`");
      return;
    }
    if (!root.is_map()) {
      return error(root, kRoot, "expected a resource, found " + described(root));
    }
    if (const Node* kind = root.find("kind"); kind != nullptr && kind->text.ends_with("List")) {
      return check_items(root);
    }
    if (items_)
      return error(root, kRoot / "kind", "a document with `items` must be a `kind: List`");
    resource(root);
  }

  // They have been read, if they are a list.
  void check_items(const Node& list) {
    const Node* items = list.find("items");
    if (items == nullptr) {
      error(list, kRoot / "items", "is missing: the resources of the list");
    } else if (items->kind != Node::Kind::Sequence && items->kind != Node::Kind::Null) {
      error(*items, kRoot / "items", "expected a list, found " + described(*items));
    }
  }

  // The shape by its first field: `type` is universal, `kind` Kubernetes.
  void resource(const Node& node) {
    if (!node.is_map()) return error(node, kRoot, "expected a resource, found " + described(node));
    const Node* type = node.find("type");
    const Node* kind = node.find("kind");
    if ((type == nullptr) == (kind == nullptr) && !is_foreign(node)) {
      error(node, kRoot,
            type == nullptr
                ? "has neither `type` (universal) nor `kind` (Kubernetes): is this a resource?"
                : "has both `type` and `kind`: remove one of them");
      return;
    }
    // One of them is there, or it is foreign, which has a kind.
    if (kind == nullptr && type == nullptr) return;
    const Node& name = kind != nullptr ? *kind : *type;
    Shape shape{kind != nullptr, name.text, Decoder::find(node, "spec"),
                Decoder::find(node, "status")};
    if (is_foreign(node)) {
      add(node, mesh::Severity::Notice, kRoot / "kind",
          node.find("apiVersion")->text + " " + name.text + " is no resource of Kuma; skipped");
      return;
    }
    if (shape.kubernetes && !check_version(node)) return;
    known(node, name, shape);
  }

  // Other kinds of other API groups may stand in a Kubernetes dump; they are not ours to judge, nor
  // is a `type` that they have.
  static bool is_foreign(const Node& node) {
    const Node* kind = node.find("kind");
    const Node* version = node.find("apiVersion");
    return kind != nullptr && version != nullptr && is_string(*kind) && is_string(*version) &&
           !version->text.empty() && !version->text.starts_with("kuma.io/") &&
           !is_one_of(kind->text, kOurs);
  }
  static bool is_string(const Node& node) {
    return node.kind == Node::Kind::Scalar && !is_typed(node);
  }

  bool check_version(const Node& node) {
    const Node* version = node.find("apiVersion");
    if (version != nullptr && version->text == "kuma.io/v1alpha1") return true;
    error(version != nullptr ? *version : node, kRoot / "apiVersion",
          version != nullptr ? "expected kuma.io/v1alpha1, found " + described(*version)
                             : "is missing: kuma.io/v1alpha1");
    return false;
  }

  void known(const Node& node, const Node& name, const Shape& shape) {
    const Path path = kRoot / (shape.kubernetes ? "kind" : "type");
    if (is_one_of(shape.kind, kOurs)) return decode(node, shape);
    if (shape.kind == "VirtualOutbound") {
      add(name, mesh::Severity::Warning, path,
          "VirtualOutbound is skipped: HostnameGenerators take its place");
    } else if (is_one_of(shape.kind, kSkipped)) {
      add(name, mesh::Severity::Notice, path,
          std::string(shape.kind) + " does not concern names; skipped");
    } else {
      const std::string_view meant = nearest(shape.kind, kOurs);
      error(name, path,
            "there is no kind " + described(name) +
                (meant.empty() ? "; there are MeshService, MeshExternalService, "
                                 "MeshMultiZoneService, HostnameGenerator, Dataplane, Mesh"
                               : "; did you mean " + std::string(meant) + "?"));
    }
  }

  void decode(const Node& node, const Shape& shape) {
    Decoder decoder(source_, settings_.unknown_fields, document_.diagnostics);
    const mesh::Locality& locality = settings_.locality;
    if (const auto kind = mesh::parse_kind(shape.kind)) {
      put(decoder, decode_service(decoder, node, shape, *kind, locality), document_.services);
    } else if (shape.kind == "HostnameGenerator") {
      put(decoder, decode_generator(decoder, node, shape, locality), document_.generators);
    } else if (shape.kind == "Dataplane") {
      put(decoder, decode_dataplane(decoder, node, shape, locality), document_.dataplanes);
    }
  }

  // A copy has no room to spare in its strings and lists: 64 bytes less, of a service with labels.
  template <typename T>
  static void put(const Decoder& decoder, const T& resource,
                  std::vector<std::shared_ptr<const T>>& resources) {
    if (!decoder.failed()) resources.push_back(std::make_shared<const T>(resource));
  }

  const Source& source_;
  const LoaderSettings& settings_;
  Document document_;
  bool items_ = false;  // it had a list of them
};

void move(mesh::Position& position, std::int64_t lines) {
  if (position.line != 0) position.line = static_cast<std::uint32_t>(position.line + lines);
}

template <typename T>
std::shared_ptr<const T> moved_resource(const T& resource, std::int64_t lines) {
  auto copy = std::make_shared<T>(resource);
  move(copy->meta.position, lines);
  if constexpr (requires { copy->template_position; }) move(copy->template_position, lines);
  return copy;
}

}  // namespace

std::vector<std::string_view> kinds() {
  std::vector<std::string_view> all(std::begin(kOurs), std::end(kOurs));
  all.insert(all.end(), std::begin(kSkipped), std::end(kSkipped));
  return all;
}

Document parse_document(std::string_view text, const Source& source,
                        const LoaderSettings& settings) {
  return Reading(source, settings).run(text);
}

Document moved(const Document& document, std::int64_t lines) {
  Document at = document;
  for (auto& service : at.services) service = moved_resource(*service, lines);
  for (auto& generator : at.generators) generator = moved_resource(*generator, lines);
  for (auto& dataplane : at.dataplanes) dataplane = moved_resource(*dataplane, lines);
  for (mesh::Diagnostic& diagnostic : at.diagnostics) move(diagnostic.position, lines);
  return at;
}

}  // namespace config
