#include "app/forwarding.h"

#include <chrono>
#include <utility>

#include "app/change_log.h"
#include "app/host.h"
#include "app/log.h"
#include "app/upstreams.h"

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kPeriod = 2s;  // until the file is looked at again

}  // namespace

Forwarding::Forwarding(boost::asio::io_context& io, const config::Settings& settings,
                       dns::Server& server)
    : settings_(settings), server_(server), timer_(io) {}

void Forwarding::start() {
  const bool by_file = settings_.upstream.servers.empty();
  if (by_file) resolv_conf_ = read_resolv_conf(settings_);
  tell();
  if (by_file) follow();
}

void Forwarding::tell() {
  const Upstreams upstreams =
      make_upstreams(settings_, resolv_conf_, server_.bound(), host_addresses());
  for (const mesh::Diagnostic& diagnostic : upstreams.diagnostics) log_diagnostic(diagnostic);
  for (const dns::Route& route : upstreams.routes) {
    std::string servers;
    for (const dns::Endpoint& server : route.servers) {
      servers.append(servers.empty() ? "" : ", ").append(dns::to_string(server));
    }
    log::info("forwarding", {{"names", route.zone.to_string()},
                             {"upstreams", servers},
                             {"from", source_of(route, settings_)}});
  }
  routes_ = upstreams.routes;
  server_.forward(routes_);
}

// The file may be a link to a link, or mounted alone: reading 100 bytes now and then sees every way
// in which it changes, as watching doesn't.
void Forwarding::follow() {
  timer_.expires_after(kPeriod);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    std::string text = read_resolv_conf(settings_);
    // Whoever writes it may have emptied it first; without a server nothing would be better.
    if (!text.empty() && text != resolv_conf_) {
      resolv_conf_ = std::move(text);
      log::info("the upstreams are read again", {{"file", settings_.upstream.resolv_conf}});
      tell();
    }
    follow();
  });
}

}  // namespace app
