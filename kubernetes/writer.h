// Writes the status of custom resources: by server-side apply, where it differs from what the API
// server has, and by one instance of all, the holder of a Lease.
//
// A resource whose status somebody else changes back is written again no sooner than after kRest;
// one that couldn't be written, after kRetry, and the others have their turn first.
//
// Owned by one thread, the one that runs the executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kubernetes/api.h"
#include "kubernetes/lease.h"
#include "kubernetes/objects.h"

namespace kubernetes {

// Of one custom resource.
struct StatusWrite {
  std::string kind;      // "MeshService"
  std::string resource;  // "meshservices"
  Key key;
  std::string uid;
  bool subresource = false;  // the status is one
  std::string status;        // as status_text() gives it

  friend bool operator==(const StatusWrite&, const StatusWrite&) = default;
};

class Writer {
 public:
  static constexpr const char* kLease = "mesh-dns";
  static constexpr std::chrono::seconds kRest{30};
  static constexpr std::chrono::seconds kRetry{10};

  // `identity` is ours among the instances. `report` is told of each failure.
  Writer(boost::asio::any_io_executor executor, Api& api, std::string identity,
         std::function<void(const std::string&)> report, std::function<void(bool)> leading);

  // What differs now; takes the place of what was there.
  void want(std::vector<StatusWrite> writes);

  // Each runs until stop().
  boost::asio::awaitable<void> elect();
  boost::asio::awaitable<void> write();
  void stop();

 private:
  boost::asio::awaitable<void> look();
  enum class Outcome : std::uint8_t { Written, Later, Failed };
  boost::asio::awaitable<Outcome> apply(StatusWrite write);
  boost::asio::awaitable<http::Result<http::Response>> send(http::Request request);
  struct Resting {
    std::chrono::steady_clock::time_point until;
    std::string status;
  };
  const StatusWrite* due(std::chrono::steady_clock::time_point now) const;
  bool leads() const { return election_.is_leader(Election::Clock::now()); }
  void tell_leading();

  Api& api_;
  const std::string lease_path_;
  const std::function<void(const std::string&)> report_;
  const std::function<void(bool)> leading_;
  Election election_;
  std::map<std::pair<std::string, Key>, StatusWrite> wanted_;
  std::map<std::pair<std::string, Key>, Resting> resting_;
  boost::asio::steady_timer wake_;
  bool led_ = false;
  bool stopped_ = false;
};

}  // namespace kubernetes
