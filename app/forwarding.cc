#include "app/forwarding.h"

#include <chrono>
#include <utility>

#include "app/change_log.h"
#include "host/host.h"
#include "host/upstreams.h"
#include "logging/log.h"

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kPeriod = 2s;  // until the file is looked at again

}  // namespace

void log_upstream(const dns::UpstreamAddress& upstream, dns::UpstreamChange change) {
  const std::string server = dns::to_string(upstream);
  switch (change) {
    case dns::UpstreamChange::Failed:
      return logging::warn("upstream doesn't answer: others, if there are any, are asked first",
                           {{"upstream", server}});
    case dns::UpstreamChange::Back:
      return logging::info("upstream answers again", {{"upstream", server}});
    case dns::UpstreamChange::Loops:
      return logging::error(
          "upstream leads back to this server, and isn't asked: have it forward elsewhere, or set "
          "upstream.servers",
          {{"upstream", server}});
    case dns::UpstreamChange::LoopsNoMore:
      return logging::info("upstream no longer leads back to this server", {{"upstream", server}});
    case dns::UpstreamChange::LosesCase:
      return logging::info(
          "upstream changes the case of names, which no longer protects its answers",
          {{"upstream", server}});
  }
}

Forwarding::Forwarding(boost::asio::io_context& io, const config::Settings& settings,
                       dns::Server& server)
    : settings_(settings), server_(server), timer_(io) {}

void Forwarding::start() {
  const bool by_file = settings_.upstream.servers.empty();
  if (by_file) resolv_conf_ = host::read_resolv_conf(settings_);
  tell();
  if (by_file) follow();
}

void Forwarding::tell() {
  const host::Upstreams upstreams =
      host::make_upstreams(settings_, resolv_conf_, server_.bound(), host::host_addresses());
  for (const mesh::Diagnostic& diagnostic : upstreams.diagnostics) log_diagnostic(diagnostic);
  for (const dns::Route& route : upstreams.routes) {
    std::string servers;
    for (const dns::UpstreamAddress& server : route.servers) {
      servers.append(servers.empty() ? "" : ", ").append(dns::to_string(server));
    }
    logging::info("forwarding", {{"names", route.zone.to_string()},
                                 {"upstreams", servers},
                                 {"from", host::source_of(route, settings_)}});
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
    std::string text = host::read_resolv_conf(settings_);
    // Whoever writes it may have emptied it first; without a server nothing would be better.
    if (!text.empty() && text != resolv_conf_) {
      resolv_conf_ = std::move(text);
      logging::info("the upstreams are read again", {{"file", settings_.upstream.resolv_conf}});
      tell();
    }
    follow();
  });
}

}  // namespace app
