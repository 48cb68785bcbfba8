// Writes the status of custom resources by server-side apply. Of all instances the holder of a
// Lease writes.
//
// Owned by one thread, the one that runs the executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "kubernetes/api.h"
#include "kubernetes/election.h"
#include "kubernetes/status_queue.h"
#include "kubernetes/wanted_statuses.h"

namespace kubernetes {

class StatusWriter {
 public:
  static constexpr const char* kLease = "mesh-dns";

  // `identity` is ours among the instances. `report` is called with each failure, and with "" after
  // a success; `leading` when this instance becomes the one that writes, or no longer is.
  StatusWriter(const boost::asio::any_io_executor& executor, Api& api, std::string identity,
               std::function<void(const std::string&)> report, std::function<void(bool)> leading);

  void apply(const StatusEdits& edits);

  // Each runs until stop().
  boost::asio::awaitable<void> elect();
  boost::asio::awaitable<void> write();
  void stop();

 private:
  using Outcome = StatusQueue::Outcome;

  boost::asio::awaitable<void> renew();
  boost::asio::awaitable<void> write_one(StatusWrite write);
  boost::asio::awaitable<http::Result<http::Response>> send(http::Request request);
  boost::asio::awaitable<void> wait();
  bool leads() const { return election_.is_leader(Election::Clock::now()); }
  void report_leading();

  Api& api_;
  const std::string lease_path_;
  const std::function<void(const std::string&)> report_;
  const std::function<void(bool)> leading_;
  Election election_;
  StatusQueue queue_;
  boost::asio::steady_timer wake_;
  bool led_ = false;
  bool stopped_ = false;
};

}  // namespace kubernetes
