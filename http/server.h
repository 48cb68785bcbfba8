// A small HTTP/1.1 server for people and probes: GET and HEAD, one answer a connection.
//
// Everything is limited: the size of a request, the time that it may take, the connections at once;
// the oldest is closed for a new one, so that whoever holds connections open keeps nobody out.
//
// Owned by one thread, the one that runs `io`, and gone before `io` is. The handler is called
// there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace boost::asio {
class io_context;
}

namespace http {

struct Page {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// The page at `path`, which has no query.
using Handler = std::function<Page(std::string_view path)>;

class Server {
 public:
  // Listens at the address, an IP address; port 0 for any. Throws std::runtime_error with the
  // reason if it can't.
  Server(boost::asio::io_context& io, const std::string& address, std::uint16_t port,
         Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace http
