// Where an API server is and which credentials it gets: from a kubeconfig, or from a pod's service
// account.
//
// Pure functions of text; api.h reads the files that they name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/url.h"
#include "mesh/diagnostic.h"

namespace kubernetes {

// A PEM or a token: the text itself, or the file that it is read from again and again.
struct Secret {
  std::string text;
  std::string file;

  bool given() const { return !text.empty() || !file.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;
};

struct Access {
  http::Url server;
  std::string server_name;  // what the server's certificate must name; empty: its host
  bool verify = true;       // the server's certificate
  Secret ca;
  Secret certificate;
  Secret key;
  Secret token;
  std::string name_space;  // ours; "default" if none is given

  friend bool operator==(const Access&, const Access&) = default;
};

struct AccessResult {
  std::optional<Access> access;  // none where there is an error
  mesh::Diagnostics diagnostics;
};

// Where a pod finds its service account.
inline constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

// From KUBERNETES_SERVICE_HOST and _PORT, and the files in `directory`. The namespace is the text
// of the file `namespace` there, which the caller has read.
AccessResult in_cluster(std::string_view host, std::string_view port, const std::string& directory,
                        std::string_view name_space);

// From the text of a kubeconfig, v1 of Config. `file` names it, and paths in it are relative to its
// folder. `context` is the one to take; empty: current-context. What we can't do is refused by
// name: plugins (exec, auth-provider), passwords, proxies, impersonation.
AccessResult parse_kubeconfig(std::string_view text, const std::string& file,
                              const std::string& context);

}  // namespace kubernetes
