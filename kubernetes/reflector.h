// Keeps a copy of one collection of an API server: lists it in pages, then watches it.
//
// It copes with a version that has expired (410) or that is of the future (an etcd restored from a
// backup), with events that arrive in pieces or many at once, with a server that is unreachable,
// slow, overloaded or hangs, and with an expired token. What was received stays until a whole new
// list has been received.
//
// Owned by one thread, the one that runs the executor. Source: Kubernetes API concepts, "Efficient
// detection of changes".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "kubernetes/api.h"
#include "kubernetes/backoff.h"
#include "kubernetes/receiver.h"

namespace kubernetes {

// What is listed and watched.
struct Collection {
  std::string path;            // "/api/v1/services"
  std::string label_selector;  // "" for all
  std::string field_selector;
  bool metadata_only = false;  // without spec and status
};

class Reflector {
 public:
  // Called at each failure with what failed, and with "" when the collection is followed again.
  using Report = std::function<void(const std::string& problem)>;
  // A random number from 0 to 1.
  using Chance = std::function<double()>;

  // All must outlive the coroutine of run().
  Reflector(Collection collection, Api& api, Receiver& receiver, Report report, Chance chance);

  // Runs until stop(). Throws nothing.
  boost::asio::awaitable<void> run();
  // Ends run() at its next step.
  void stop() { stopped_ = true; }

  // The whole collection was received at least once.
  bool listed() const { return listed_; }
  // Bytes of answers so far.
  std::uint64_t received() const { return received_; }

 private:
  enum class Next : std::uint8_t { Watch, List, Wait };

  boost::asio::awaitable<Next> step();
  boost::asio::awaitable<Next> list();
  boost::asio::awaitable<Next> check_version();
  boost::asio::awaitable<Next> watch();
  boost::asio::awaitable<http::Result<http::Response>> get(std::string query);

  bool take_page(std::string& body, std::string& token, std::string& version);
  bool take_event(std::string_view line);
  bool take_event(std::string_view type, boost::json::object& object);
  Next failed(const std::string& problem, unsigned retry_after = 0);
  Next expired(const std::string& problem);
  Next refused(const char* doing, const http::Result<http::Response>& response);
  http::Request request(std::string_view query) const;
  std::string target(std::string_view query) const;

  const Collection collection_;
  Api& api_;
  Receiver& receiver_;
  const Report report_;
  const Chance chance_;
  int page_ = 500;         // objects of a page, at first as client-go asks for
  std::string version_;    // to watch from; "" to list first
  bool in_doubt_ = false;  // the version may be of the future
  // When the version was listed; none once a watch from there has received an event.
  std::optional<std::chrono::steady_clock::time_point> fresh_since_;
  bool listed_ = false;
  bool failing_ = false;
  bool stopped_ = false;
  bool event_received_ = false;     // by this watch
  Next after_watch_ = Next::Watch;  // as an event decided
  std::string event_problem_;
  std::chrono::milliseconds least_wait_{};
  std::uint64_t received_ = 0;
  Backoff backoff_;
};

}  // namespace kubernetes
