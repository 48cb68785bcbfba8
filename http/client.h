// A client of one HTTP/1.1 server, with TLS or without: answers as a whole, or line by line.
//
// Each request has a connection of its own: callers have a few long streams and now and then a
// short request, and a connection that is used once can't be found dead at its next use. All that a
// server can do wrong is an Error; nothing throws.
//
// Owned by one thread, the one that runs the executor. A Client must outlive the coroutines that it
// returns.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/url.h"
#include "tls/context.h"

namespace http {

struct Request {
  std::string method = "GET";
  std::string target;  // path and query, behind the URL's path
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct Response {
  unsigned status = 0;
  std::string body;          // of lines(): only where the status isn't 200
  unsigned retry_after = 0;  // s; 0: without Retry-After
};

struct Error {
  enum class What : std::uint8_t {
    Identity,  // a certificate or a key of ours can't be read
    Connect,   // no connection: unknown name, refused, unreachable, timeout
    Tls,       // the handshake failed
    Timeout,   // no byte for too long
    TooLarge,  // an answer or a line exceeds its limit
    Closed,    // ended in the middle, or invalid HTTP
  };
  What what = What::Closed;
  std::string text;  // for people
};

template <typename T>
using Result = boost::system::result<T, Error>;

struct Limits {
  std::chrono::milliseconds start{15'000};    // for each step up to the answer's header
  std::chrono::milliseconds silence{15'000};  // longest time without a byte of the body
  std::size_t body = 64u << 20;               // bytes, of an answer as a whole
  std::size_t line = 16u << 20;               // bytes, of one line
};

class Client {
 public:
  Client(Url url, const tls::Identity& identity);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The answer as a whole.
  boost::asio::awaitable<Result<Response>> fetch(Request request, Limits limits) const;
  // Calls `line` with each line of a 200 answer as it comes, without its line break, until it
  // returns false or the answer ends.
  boost::asio::awaitable<Result<Response>> lines(Request request, Limits limits,
                                                 std::function<bool(std::string_view)> line) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The same, blocking until the answer is here.
Result<Response> fetch(const Url& url, Request request, Limits limits);

}  // namespace http
