// Whom the server asks about what isn't ours: the servers of the settings, or those of a
// resolv.conf, which is followed.
//
// Owned by one thread, the one that runs `io`, and gone before `io` is. Internal to the folder: it
// includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "config/settings.h"
#include "dns/resolver/routes.h"
#include "dns/server/server.h"

namespace app {

// Says in the log what has become of an upstream.
void log_upstream(const dns::UpstreamAddress& upstream, dns::UpstreamChange change);

class Forwarding {
 public:
  // `settings` and `server` outlive it.
  Forwarding(boost::asio::io_context& io, const config::Settings& settings, dns::Server& server);

  // Tells the server, now and whenever the file says something else.
  void start();
  const dns::Routes& routes() const { return routes_; }

 private:
  void tell();
  void follow();

  const config::Settings& settings_;
  dns::Server& server_;
  boost::asio::steady_timer timer_;
  std::string resolv_conf_;  // its text, as last read
  dns::Routes routes_;
};

}  // namespace app
