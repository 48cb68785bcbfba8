#include "logging/query_observer.h"

#include <stdexcept>
#include <string>

#include "host/host.h"
#include "host/version.h"
#include "logging/log.h"

namespace logging {

QueryObserver::QueryObserver(const config::Settings& settings, unsigned workers)
    : sampler_(settings.log.queries, workers), logs_(settings.log.queries != config::QueryLog{}) {
  if (logs_) logging::start_queries();
  if (!settings.dnstap.socket.empty()) open_tap(settings.dnstap, workers);
}

QueryObserver::~QueryObserver() {
  if (logs_) logging::stop_queries();
}

void QueryObserver::open_tap(const config::Settings::Dnstap& settings, unsigned workers) {
  const std::string identity = settings.identity.empty() ? host::host_name() : settings.identity;
  try {
    tap_.emplace(settings.socket, TapOrigin{identity, "mesh-dns " + std::string(host::version())},
                 workers);
    logging::info("queries and replies are sent to dnstap",
                  {{"socket", settings.socket}, {"identity", identity}});
  } catch (const std::runtime_error& error) {
    logging::error("nothing is sent to dnstap: set another path with dnstap.socket",
                   {{"socket", settings.socket}, {"reason", error.what()}});
  }
}

std::function<void(unsigned, const dns::Exchange&)> QueryObserver::function() {
  if (!logs_ && !tap_) return nullptr;
  return [this](unsigned worker, const dns::Exchange& exchange) {
    if (logs_ && sampler_.takes(worker, exchange)) logging::write_query(query_line(exchange));
    if (tap_) tap_->tell(worker, exchange);
  };
}

std::uint64_t QueryObserver::unlogged() const {
  return logs_ ? logging::queries_lost() : 0;
}

std::uint64_t QueryObserver::dropped() const {
  return tap_ ? tap_->dropped() : 0;
}

}  // namespace logging
