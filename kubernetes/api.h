// An API server and our credentials, which are read again while they are in use: a pod's token is
// replaced every hour, certificates every few months.
//
// Owned by one thread, the one that runs the executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"
#include "kubernetes/access.h"
#include "tls/context.h"

namespace kubernetes {

class Api {
 public:
  // How long credentials are used before their files are read again. Those that the server rejects,
  // and a CA that doesn't verify the server, are read again before the next request.
  static constexpr std::chrono::seconds kFresh{60};

  // `report` is called when files can't be read, with the reason; the last contents stay in use.
  Api(Access access, std::function<void(const std::string&)> report);

  // As http::Client's. The Api must outlive the coroutines.
  boost::asio::awaitable<http::Result<http::Response>> fetch(http::Request request,
                                                             http::Limits limits);
  boost::asio::awaitable<http::Result<http::Response>> lines(
      http::Request request, http::Limits limits, std::function<bool(std::string_view)> line);

  const Access& access() const { return access_; }

 private:
  using Clock = std::chrono::steady_clock;

  void authorize(http::Request& request);
  void refresh(Clock::time_point now);
  void learn(const http::Result<http::Response>& response);

  const Access access_;
  const std::function<void(const std::string&)> report_;
  tls::Identity identity_;
  std::string token_;
  std::string problem_;                         // with the files, as last reported
  std::shared_ptr<const http::Client> client_;  // requests in flight keep an older one
  Clock::time_point fresh_until_{};
};

// Describes a request that failed: what it was for, the answer, and the remedy if one is known.
std::string problem(const std::string& doing, const http::Result<http::Response>& response);

boost::asio::awaitable<void> sleep(std::chrono::milliseconds time);

// Where Kuma's resources are.
inline constexpr std::string_view kKumaGroup = "/apis/kuma.io/v1alpha1/";

}  // namespace kubernetes
