#include "config/decode_external.h"

#include <algorithm>
#include <array>

#include "config/json_text.h"

namespace config {
namespace {

constexpr Path kRoot;
const Path kSpec = kRoot / "spec";
const Path kTls = kSpec / "tls";
const Path kVerification = kTls / "verification";

void decode_match(Decoder& decoder, const Node& spec, mesh::Service& service) {
  const Path path = kSpec / "match";
  const Node* match = decoder.require(spec, "match", kSpec);
  if (match == nullptr || !decoder.map(*match, path)) return;
  decoder.only(*match, path, {"type", "port", "protocol"});
  if (const Node* type = Decoder::find(*match, "type")) {
    decoder.word(*type, path / "type", {"HostnameGenerator"});
  }
  mesh::Port port;
  if (const Node* number = decoder.require(*match, "port", path)) {
    port.port = decoder.port(*number, path / "port").value_or(0);
  }
  if (const Node* protocol = Decoder::find(*match, "protocol")) {
    port.app_protocol =
        decoder.word(*protocol, path / "protocol", {"tcp", "tls", "grpc", "http", "http2"})
            .value_or("tcp");
  }
  port.name = std::to_string(port.port);
  port.target = port.port;
  service.ports = {std::move(port)};
}

mesh::External::Endpoint decode_endpoint(Decoder& decoder, const Node& node, const Path& path,
                                         std::uint16_t port) {
  mesh::External::Endpoint endpoint{mesh::Ip(), port, 0};
  if (!decoder.map(node, path)) return endpoint;
  decoder.only(node, path, {"address", "port", "priority"});
  if (const Node* address = decoder.require(node, "address", path)) {
    const auto text = decoder.string(*address, path / "address");
    const bool fits =
        text && (mesh::Ip::parse(*text) || is_subdomain(*text) || text->starts_with("unix://"));
    if (text && !fits) {
      decoder.error(*address, path / "address",
                    "expected an IP address or a DNS name, found " + described(*address));
    }
    if (fits) endpoint.address = mesh::to_address(*text);
  }
  if (const Node* given = Decoder::find(node, "port")) {
    endpoint.port = decoder.port(*given, path / "port").value_or(0);
  }
  if (const Node* priority = Decoder::find(node, "priority")) {
    const auto number = decoder.integer(*priority, path / "priority", 0, 128);
    endpoint.priority = static_cast<std::uint8_t>(number.value_or(0));
  }
  return endpoint;
}

void check_version(Decoder& decoder, const Node& node) {
  constexpr std::array<std::string_view, 5> kVersions = {"TLSAuto", "TLS10", "TLS11", "TLS12",
                                                         "TLS13"};
  const Path path = kTls / "version";
  if (!decoder.map(node, path)) return;
  decoder.only(node, path, {"min", "max"});
  std::ptrdiff_t bound[2] = {0, 0};
  for (int i = 0; i < 2; ++i) {
    const std::string_view key = i == 0 ? "min" : "max";
    const Node* version = Decoder::find(node, key);
    if (version == nullptr) continue;
    const auto word =
        decoder.word(*version, path / key, {"TLSAuto", "TLS10", "TLS11", "TLS12", "TLS13"});
    bound[i] = std::ranges::find(kVersions, word.value_or("TLSAuto")) - kVersions.begin();
  }
  if (bound[0] > 0 && bound[1] > 0 && bound[0] > bound[1]) {
    decoder.error(node, path / "min", "is above max");
  }
}

void check_alt_names(Decoder& decoder, const Node& node) {
  const Path path = kVerification / "subjectAltNames";
  if (!decoder.sequence(node, path)) return;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (!decoder.map(node.items[i], path[i])) continue;
    decoder.only(node.items[i], path[i], {"type", "value"});
    if (const Node* type = Decoder::find(node.items[i], "type")) {
      decoder.word(*type, path[i] / "type", {"Exact", "Prefix"});
    }
    if (const Node* value = decoder.require(node.items[i], "value", path[i])) {
      decoder.string(*value, path[i] / "value");
    }
  }
}

// A secret by name or given inline; Kuma reads no files and no environment here.
void check_data_source(Decoder& decoder, const Node& node, const Path& path) {
  if (!decoder.map(node, path)) return;
  decoder.only(node, path,
               {"type", "secret", "secretRef", "inline", "inlineString", "insecureInline"});
  if (const Node* type = Decoder::find(node, "type")) {
    decoder.word(*type, path / "type", {"Secret", "SecretRef", "InsecureInline"});
  }
}

void check_verification(Decoder& decoder, const Node& node) {
  if (!decoder.map(node, kVerification)) return;
  decoder.only(node, kVerification,
               {"mode", "serverName", "subjectAltNames", "caCert", "clientCert", "clientKey"});
  if (const Node* mode = Decoder::find(node, "mode")) {
    decoder.word(*mode, kVerification / "mode", {"Secured", "SkipSAN", "SkipCA", "SkipAll"});
  }
  if (const Node* name = Decoder::find(node, "serverName")) {
    const auto text = decoder.string(*name, kVerification / "serverName");
    if (text && !is_subdomain(*text)) {
      decoder.error(*name, kVerification / "serverName",
                    "expected a DNS name, found " + described(*name));
    }
  }
  if (const Node* names = Decoder::find(node, "subjectAltNames")) check_alt_names(decoder, *names);
  for (const std::string_view key : {"caCert", "clientCert", "clientKey"}) {
    if (const Node* source = Decoder::find(node, key)) {
      check_data_source(decoder, *source, kVerification / key);
    }
  }
  const bool has_cert = Decoder::find(node, "clientCert") != nullptr;
  if (has_cert != (Decoder::find(node, "clientKey") != nullptr)) {
    decoder.error(node, kVerification / (has_cert ? "clientKey" : "clientCert"),
                  "is missing: clientCert and clientKey are given together or not at all");
  }
}

// Whether TLS is on.
bool decode_tls(Decoder& decoder, const Node& tls) {
  if (!decoder.map(tls, kTls)) return false;
  decoder.only(tls, kTls, {"enabled", "version", "allowRenegotiation", "verification"});
  const Node* enabled = Decoder::find(tls, "enabled");
  const bool on = enabled != nullptr && decoder.boolean(*enabled, kTls / "enabled").value_or(false);
  if (const Node* flag = Decoder::find(tls, "allowRenegotiation")) {
    decoder.boolean(*flag, kTls / "allowRenegotiation");
  }
  if (const Node* version = Decoder::find(tls, "version")) check_version(decoder, *version);
  if (const Node* verification = Decoder::find(tls, "verification")) {
    check_verification(decoder, *verification);
  }
  return on;
}

void check_extension(Decoder& decoder, const Node& extension) {
  const Path path = kSpec / "extension";
  if (!decoder.map(extension, path)) return;
  decoder.only(extension, path, {"type", "config"});
  const Node* type = decoder.require(extension, "type", path);
  if (type == nullptr) return;
  const auto text = decoder.string(*type, path / "type");
  if (text && text->empty()) decoder.error(*type, path / "type", "is empty");
}

// The spec's text only where it says more, or in another way, than the fields do.
void keep(mesh::External external, std::string spec, mesh::Service& service) {
  service.external = std::make_shared<const mesh::External>(external);
  if (mesh::external_spec(service) == spec) return;
  spec.shrink_to_fit();
  external.spec = std::move(spec);
  service.external = std::make_shared<const mesh::External>(std::move(external));
}

}  // namespace

void decode_external(Decoder& decoder, const Node& spec, mesh::Service& service) {
  decoder.only(spec, kSpec, {"match", "extension", "endpoints", "tls"});
  decode_match(decoder, spec, service);
  const std::uint16_t port = service.ports.empty() ? 0 : service.ports.front().port;
  mesh::External external;
  if (const Node* extension = Decoder::find(spec, "extension")) {
    check_extension(decoder, *extension);
  }
  const Path path = kSpec / "endpoints";
  if (const Node* endpoints = Decoder::find(spec, "endpoints");
      endpoints != nullptr && decoder.sequence(*endpoints, path)) {
    external.endpoints.reserve(endpoints->items.size());
    for (std::size_t i = 0; i < endpoints->items.size(); ++i) {
      external.endpoints.push_back(decode_endpoint(decoder, endpoints->items[i], path[i], port));
    }
  }
  if (const Node* tls = Decoder::find(spec, "tls")) external.tls = decode_tls(decoder, *tls);
  keep(std::move(external), to_json(spec), service);
}

}  // namespace config
