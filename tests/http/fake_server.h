// A server for tests of clients: answers each request as a function says, on a port of its own, and
// keeps answers open to be continued.
//
// Owned by one thread, the one that runs `io`; see run_until().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/url.h"

namespace boost::asio::ssl {
class context;
}

class FakeServer {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
  };
  struct Answer {
    unsigned status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};
    enum class Then {
      End,     // the answer is complete
      Open,    // its end is that of the connection, by send() and close()
      Cut,     // the connection ends in the middle of the body
      Silent,  // nothing is answered at all
    };
    Then then = Then::End;
  };
  using Handler = std::function<Answer(const Request&)>;

  // With `tls` if that isn't null.
  FakeServer(boost::asio::io_context& io, Handler handler,
             boost::asio::ssl::context* tls = nullptr);
  ~FakeServer();

  http::Url url() const;
  // All requests so far, "GET /a?b".
  const std::vector<std::string>& requests() const { return requests_; }
  // Open answers to requests whose target contains `part`.
  std::size_t open(const std::string& part) const;
  // Continues and ends them.
  void send(const std::string& part, const std::string& text);
  void close(const std::string& part);

 private:
  struct Connection;

  boost::asio::awaitable<void> accept();
  template <typename Stream>
  boost::asio::awaitable<void> serve(Stream& stream, std::shared_ptr<Connection> connection);

  boost::asio::io_context& io_;
  const Handler handler_;
  boost::asio::ssl::context* const tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::list<std::shared_ptr<Connection>> connections_;
  std::vector<std::string> requests_;
};

// Runs `io` until `done` is true; false if that takes longer than any of it could.
bool run_until(boost::asio::io_context& io, const std::function<bool()>& done);
