// A small HTTP/1.1 server for people and probes: GET and HEAD, one answer a connection, over TCP or
// a Unix socket.
//
// Everything is limited: the size of a request, the time that it may take, the connections at once;
// the oldest is closed for a new one, so that a client that holds connections open locks nobody
// out.
//
// Invalid HTTP is answered with 400, a header over the limit with 431.
//
// What arrives at a loopback address must ask for an address or for localhost (is_local_host()):
// other names are answered with 421, and the handler isn't called.
//
// Owned by one thread, the one that runs `io`, and gone before `io` is. The handler is called
// there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/url.h"

namespace boost::asio {
class io_context;
}

namespace http {

struct Page {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

// Takes the answer to one request. Called once, on any thread, as long as the Server's io_context
// lives.
using Reply = std::function<void(Page)>;
// Answers a request, at once or later. What it throws is answered with 500.
using Handler = std::function<void(const Target&, Reply)>;

// Where a server listens: at an IP address and port, 0 for any, or at a Unix socket.
struct Listen {
  std::string address;
  std::uint16_t port = 0;
  std::string socket;  // its path; "" for TCP
};

class Server {
 public:
  // Throws std::runtime_error with the reason if it can't listen. A Unix socket that nobody listens
  // at any more is taken over; it is made for its user and group alone, and removed at the end.
  Server(boost::asio::io_context& io, const Listen& listen, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;  // 0 of a Unix socket

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace http
