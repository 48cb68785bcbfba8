#include "http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <list>
#include <stdexcept>

namespace http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace message = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr std::size_t kConnections = 32;
constexpr std::size_t kHeaderLimit = 8u << 10;  // octets
constexpr std::chrono::seconds kPatience{5};    // for a request, and for its answer to be taken

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, const std::string& address, std::uint16_t port, Handler handler)
      : io_(io), acceptor_(io), handler_(std::move(handler)) {
    const Tcp::endpoint endpoint(asio::ip::make_address(address), port);
    try {
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(Tcp::acceptor::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error(error.code().message());
    }
  }

  void start() {
    asio::co_spawn(
        io_, [self = shared_from_this()]() -> asio::awaitable<void> { co_await self->accept(); },
        asio::detached);
  }
  void stop() {
    stopped_ = true;
    acceptor_.close();
    for (beast::tcp_stream* stream : streams_) stream->close();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(Tcp::socket socket);
  asio::awaitable<void> converse(beast::tcp_stream& stream);
  message::response<message::string_body> answer(message::verb method, std::string_view target);

  asio::io_context& io_;
  Tcp::acceptor acceptor_;
  const Handler handler_;
  std::list<beast::tcp_stream*> streams_;  // the oldest first; each is its coroutine's
  bool stopped_ = false;
};

asio::awaitable<void> Server::Impl::accept() {
  while (!stopped_) {
    error_code error;
    Tcp::socket socket(io_);
    co_await acceptor_.async_accept(socket, into(error));
    if (stopped_) co_return;
    if (error) {
      // Descriptors have run out, say: not again at once.
      asio::steady_timer timer(io_, std::chrono::milliseconds(100));
      co_await timer.async_wait(into(error));
      continue;
    }
    if (streams_.size() >= kConnections) streams_.front()->close();
    asio::co_spawn(
        io_,
        [self = shared_from_this(), s = std::move(socket)]() mutable -> asio::awaitable<void> {
          co_await self->serve(std::move(s));
        },
        asio::detached);
  }
}

asio::awaitable<void> Server::Impl::serve(Tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  const auto place = streams_.insert(streams_.end(), &stream);
  co_await converse(stream);
  streams_.erase(place);
}

asio::awaitable<void> Server::Impl::converse(beast::tcp_stream& stream) {
  error_code error;
  beast::flat_buffer buffer(2 * kHeaderLimit);
  message::request_parser<message::empty_body> parser;
  parser.header_limit(kHeaderLimit);
  stream.expires_after(kPatience);
  co_await message::async_read_header(stream, buffer, parser, into(error));
  if (error || stopped_) co_return;
  const std::string target(parser.get().target());
  auto response = answer(parser.get().method(), target);
  stream.expires_after(kPatience);
  co_await message::async_write(stream, response, into(error));
  stream.socket().shutdown(Tcp::socket::shutdown_send, error);
}

message::response<message::string_body> Server::Impl::answer(message::verb method,
                                                             std::string_view target) {
  const bool known = method == message::verb::get || method == message::verb::head;
  Page page{405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
  if (known) page = handler_(target.substr(0, target.find('?')));
  message::response<message::string_body> response(message::int_to_status(page.status), 11);
  response.set(message::field::content_type, page.content_type);
  response.set(message::field::cache_control, "no-store");
  response.set(message::field::connection, "close");
  if (!known) response.set(message::field::allow, "GET, HEAD");
  response.content_length(page.body.size());
  if (method != message::verb::head) response.body() = std::move(page.body);
  return response;
}

Server::Server(asio::io_context& io, const std::string& address, std::uint16_t port,
               Handler handler)
    : impl_(std::make_shared<Impl>(io, address, port, std::move(handler))) {
  impl_->start();
}
Server::~Server() {
  impl_->stop();
}

std::uint16_t Server::port() const {
  return impl_->port();
}

}  // namespace http
