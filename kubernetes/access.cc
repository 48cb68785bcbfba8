#include "kubernetes/access.h"

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "config/decode.h"
#include "config/node.h"

namespace kubernetes {
namespace {

using config::Decoder;
using config::Node;
using config::Path;

constexpr Path kRoot;

std::optional<std::string> from_base64(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // It counts the padding as bytes.
  const auto padding = static_cast<std::size_t>(std::ranges::count(text, '='));
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

class Kubeconfig {
 public:
  Kubeconfig(const std::string& file, const std::string& context)
      : file_(file),
        context_(context),
        source_{std::make_shared<const std::string>(file), 1},
        decoder_(source_, config::UnknownFields::Warn, result_.diagnostics) {}

  AccessResult run(std::string_view text) {
    Node root;
    if (parse(text, source_, {}, root, result_.diagnostics) && decoder_.map(root, kRoot)) {
      top(root);
    }
    if (!mesh::has_errors(result_.diagnostics)) result_.access = std::move(access_);
    return std::move(result_);
  }

 private:
  void top(const Node& root) {
    if (context_.empty()) context_ = string(root, "current-context", kRoot);
    if (context_.empty()) {
      decoder_.error(root, kRoot / "current-context",
                     "is missing, and no context is given: set kubernetes.context");
      return;
    }
    const Node* context = named(root, "contexts", "context", context_);
    if (context == nullptr) return;
    const Path path = kRoot / "contexts";
    access_.name_space = string(*context, "namespace", path);
    if (access_.name_space.empty()) access_.name_space = "default";
    const Node* cluster = named(root, "clusters", "cluster", string(*context, "cluster", path));
    if (cluster != nullptr) read_cluster(*cluster);
    // A user isn't needed where the server asks for none.
    const std::string name = string(*context, "user", path);
    const Node* user = name.empty() ? nullptr : named(root, "users", "user", name);
    if (user != nullptr) read_user(*user);
  }

  // The map under `inner` of the one of `list` whose name is `name`.
  const Node* named(const Node& root, std::string_view list, std::string_view inner,
                    const std::string& name) {
    const Path path = kRoot / list;
    const Node* items = decoder_.require(root, list, kRoot);
    if (items == nullptr || !decoder_.sequence(*items, path)) return nullptr;
    for (std::size_t i = 0; i < items->items.size(); ++i) {
      const Node& item = items->items[i];
      const Path at = path[i];
      if (!decoder_.map(item, at) || string(item, "name", at) != name) continue;
      const Node* found = decoder_.require(item, inner, at);
      return found != nullptr && decoder_.map(*found, at / inner) ? found : nullptr;
    }
    decoder_.error(*items, path, "there is none named \"" + name + '"');
    return nullptr;
  }

  std::string string(const Node& map, std::string_view key, const Path& path) {
    const Node* node = Decoder::find(map, key);
    return node == nullptr ? "" : decoder_.string(*node, path / key).value_or("");
  }

  // What is there and isn't empty: kubectl takes an empty field as missing.
  static const Node* given(const Node& map, std::string_view key) {
    const Node* node = Decoder::find(map, key);
    const bool empty = node != nullptr && node->kind == Node::Kind::Scalar && node->text.empty();
    return empty ? nullptr : node;
  }

  // A file or, encoded, its text.
  Secret secret(const Node& map, const std::string& key, const Path& path) {
    Secret secret;
    secret.file = in_folder(string(map, key, path));
    const Node* data = given(map, key + "-data");
    if (data == nullptr) return secret;
    const auto decoded = from_base64(data->text);
    if (!decoded) {
      decoder_.error(*data, path, key + "-data is no base64");
      return secret;
    }
    return {*decoded, ""};  // wins over the file, as in kubectl
  }

  std::string in_folder(const std::string& path) const {
    if (path.empty()) return path;
    return std::filesystem::path(file_).parent_path() / path;
  }

  void refuse(const Node& map, const Path& path, std::string_view key, const std::string& remedy) {
    if (const Node* node = given(map, key)) {
      decoder_.error(*node, path / key, "isn't supported: " + remedy);
    }
  }

  void read_cluster(const Node& cluster) {
    const Path path = kRoot / "clusters";
    if (const Node* server = decoder_.require(cluster, "server", path)) {
      const auto url = http::parse_url(server->text);
      if (url) {
        access_.server = *url;
      } else {
        decoder_.error(*server, path / "server",
                       "expected a URL, as https://10.0.0.1:6443, found " + described(*server));
      }
    }
    access_.server_name = string(cluster, "tls-server-name", path);
    access_.ca = secret(cluster, "certificate-authority", path);
    if (const Node* insecure = Decoder::find(cluster, "insecure-skip-tls-verify")) {
      access_.verify =
          !decoder_.boolean(*insecure, path / "insecure-skip-tls-verify").value_or(false);
      if (!access_.verify) {
        decoder_.warn(*insecure, path / "insecure-skip-tls-verify",
                      "the API server isn't verified: anybody on the network path can forge names");
      }
    }
    refuse(cluster, path, "proxy-url", "connect to the API server directly");
  }

  void read_user(const Node& user) {
    const Path path = kRoot / "users";
    const std::string token = "use a token, a tokenFile or a client certificate";
    refuse(user, path, "exec", "a plugin would run a program of this file's choice here; " + token);
    refuse(user, path, "auth-provider", "Kubernetes has removed it; " + token);
    refuse(user, path, "username", "Kubernetes has removed passwords; " + token);
    refuse(user, path, "as", "give the identity itself");
    access_.certificate = secret(user, "client-certificate", path);
    access_.key = secret(user, "client-key", path);
    if (access_.certificate.given() != access_.key.given()) {
      decoder_.error(user, path, "a client certificate needs its key, and a key its certificate");
    }
    access_.token.file = in_folder(string(user, "tokenFile", path));
    // The file wins, as in kubectl.
    if (access_.token.file.empty()) access_.token.text = string(user, "token", path);
  }

  const std::string& file_;
  std::string context_;
  const config::Source source_;
  AccessResult result_;
  Decoder decoder_;
  Access access_;
};

}  // namespace

AccessResult in_cluster(std::string_view host, std::string_view port, const std::string& directory,
                        std::string_view name_space) {
  AccessResult result;
  const bool v6 = host.find(':') != host.npos;
  const auto url =
      http::parse_url("https://" + (v6 ? '[' + std::string(host) + ']' : std::string(host)) +
                      (port.empty() ? "" : ':' + std::string(port)));
  if (!url) {
    result.diagnostics.push_back(
        {mesh::Severity::Error,
         {std::make_shared<const std::string>("environment"), 0, 0},
         "KUBERNETES_SERVICE_HOST",
         host.empty() ? "is not set: this is no pod; set kubernetes.kubeconfig, or KUBECONFIG"
                      : "\"" + std::string(host) + "\" and KUBERNETES_SERVICE_PORT \"" +
                            std::string(port) + "\" are no host and port"});
    return result;
  }
  Access access;
  access.server = *url;
  access.ca.file = directory + "/ca.crt";
  access.token.file = directory + "/token";
  while (name_space.ends_with('\n')) name_space.remove_suffix(1);
  access.name_space = name_space.empty() ? "default" : name_space;
  result.access = std::move(access);
  return result;
}

AccessResult parse_kubeconfig(std::string_view text, const std::string& file,
                              const std::string& context) {
  return Kubeconfig(file, context).run(text);
}

}  // namespace kubernetes
