#include "http/server.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstring>
#include <list>
#include <optional>
#include <stdexcept>

#include "http/await.h"

namespace http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace message = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Unix = asio::local::stream_protocol;
using Any = asio::generic::stream_protocol;
using Socket = Any::socket;
using Stream = beast::basic_stream<Any>;
using Request = message::request<message::empty_body>;
using Response = message::response<message::string_body>;

constexpr std::size_t kConnections = 32;
constexpr std::size_t kHeaderLimit = 8u << 10;  // octets
constexpr std::chrono::seconds kPatience{5};    // for a request, and for its answer to be taken
constexpr std::chrono::seconds kLinger{1};      // for the rest of what is refused

constexpr mode_t kSocketMode = 0660;

Any::endpoint endpoint_of(const Listen& listen) {
  if (listen.socket.empty()) {
    return Tcp::endpoint(asio::ip::make_address(listen.address), listen.port);
  }
  if (listen.socket.size() >= sizeof(sockaddr_un::sun_path)) {
    throw std::runtime_error("the path is too long for a socket");
  }
  return Unix::endpoint(listen.socket);
}

// REQUIRES: an endpoint of TCP.
Tcp::endpoint tcp_endpoint(const Any::endpoint& any) {
  Tcp::endpoint endpoint;
  endpoint.resize(any.size());
  std::memcpy(endpoint.data(), any.data(), any.size());
  return endpoint;
}

// A socket whose process is gone stays as a file, and keeps the next one from being made.
void remove_what_nobody_listens_at(asio::io_context& io, const std::string& path) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) return;
  error_code error;
  Unix::socket socket(io);
  socket.connect(Unix::endpoint(path), error);
  if (error == asio::error::connection_refused) unlink(path.c_str());
}

bool is_loopback(const Any::endpoint& any) {
  const int family = any.protocol().family();
  if (family != AF_INET && family != AF_INET6) return false;
  const asio::ip::address address = tcp_endpoint(any).address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.is_loopback();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
}

Response response_of(message::verb method, Page page) {
  Response response(message::int_to_status(page.status), 11);
  response.set(message::field::content_type, page.content_type);
  response.set(message::field::cache_control, "no-store");
  response.set(message::field::connection, "close");
  for (const auto& [name, value] : page.headers) response.set(name, value);
  response.content_length(page.body.size());
  if (method != message::verb::head) response.body() = std::move(page.body);
  return response;
}

// Who connects and says nothing, or not enough, gets no answer.
bool is_refused(const error_code& error) {
  return error.category() == make_error_code(message::error::bad_method).category() &&
         error != message::error::end_of_stream && error != message::error::partial_message;
}

// REQUIRES: is_refused(error)
Page refusal(const error_code& error) {
  if (error == message::error::header_limit || error == message::error::buffer_overflow) {
    return {.status = 431,
            .body = "the header is longer than " + std::to_string(kHeaderLimit) + " octets\n"};
  }
  return {.status = 400, .body = "this is no request of HTTP/1.1: " + error.message() + '\n'};
}

// Closing while octets wait unread is a reset, which may take the answer with it (RFC 9112, 9.6).
asio::awaitable<void> drain(Stream& stream) {
  error_code error;
  std::array<char, 4096> octets;
  stream.expires_after(kLinger);
  while (!error) co_await stream.async_read_some(asio::buffer(octets), into(error));
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, const Listen& listen, Handler handler)
      : io_(io), acceptor_(io), socket_(listen.socket), handler_(std::move(handler)) {
    const Any::endpoint endpoint = endpoint_of(listen);
    if (!socket_.empty()) remove_what_nobody_listens_at(io, socket_);
    try {
      acceptor_.open(endpoint.protocol());
      if (socket_.empty()) acceptor_.set_option(Tcp::acceptor::reuse_address(true));
      acceptor_.bind(endpoint);
      // Before anybody can connect.
      if (!socket_.empty()) chmod(socket_.c_str(), kSocketMode);
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
    error_code error;
    acceptor_.close(error);
    if (!socket_.empty()) unlink(socket_.c_str());
    for (Stream* stream : streams_) stream->close();
  }
  std::uint16_t port() const {
    if (!socket_.empty()) return 0;
    return tcp_endpoint(acceptor_.local_endpoint()).port();
  }

 private:
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(Socket socket);
  asio::awaitable<void> converse(Stream& stream);
  static std::optional<Page> refused(const Request& request, const Target& target, bool loopback);
  asio::awaitable<Response> answer(Stream& stream, const Request& request) const;
  // The handler's answer, whichever thread gives it.
  asio::awaitable<Page> page(const Target& target) const;

  asio::io_context& io_;
  asio::basic_socket_acceptor<Any> acceptor_;
  const std::string socket_;  // its path, or ""
  const Handler handler_;
  std::list<Stream*> streams_;  // the oldest first; each is its coroutine's
  bool stopped_ = false;
};

asio::awaitable<void> Server::Impl::accept() {
  while (!stopped_) {
    error_code error;
    Socket socket(io_);
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

asio::awaitable<void> Server::Impl::serve(Socket socket) {
  Stream stream(std::move(socket));
  const auto place = streams_.insert(streams_.end(), &stream);
  co_await converse(stream);
  streams_.erase(place);
}

asio::awaitable<void> Server::Impl::converse(Stream& stream) {
  error_code error;
  beast::flat_buffer buffer(2 * kHeaderLimit);
  message::request_parser<message::empty_body> parser;
  parser.header_limit(kHeaderLimit);
  stream.expires_after(kPatience);
  co_await message::async_read_header(stream, buffer, parser, into(error));
  const bool refused = is_refused(error);
  if ((error && !refused) || stopped_) co_return;
  // A page may take longer to make than a request may take to arrive.
  stream.expires_never();
  Response response;
  if (refused) {
    response = response_of(message::verb::get, refusal(error));
  } else {
    response = co_await answer(stream, parser.get());
  }
  stream.expires_after(kPatience);
  co_await message::async_write(stream, response, into(error));
  stream.socket().shutdown(Socket::shutdown_send, error);
  if (refused) co_await drain(stream);
}

// What the handler isn't asked; nothing if it is.
std::optional<Page> Server::Impl::refused(const Request& request, const Target& target,
                                          bool loopback) {
  const message::verb method = request.method();
  if (method != message::verb::get && method != message::verb::head) {
    return Page{405, "text/plain; charset=utf-8", "only GET and HEAD\n", {{"Allow", "GET, HEAD"}}};
  }
  // RFC 9112, 3.2.2: the authority of the absolute form stands in the place of Host.
  const std::string host =
      target.authority.empty() ? std::string(request[message::field::host]) : target.authority;
  if (!loopback || is_local_host(host)) return std::nullopt;
  return Page{421, "text/plain; charset=utf-8",
              "this is the loopback interface: ask for localhost or for an address, as "
              "http://127.0.0.1/, not for a name that leads here\n"};
}

asio::awaitable<Response> Server::Impl::answer(Stream& stream, const Request& request) const {
  error_code error;
  const bool loopback = is_loopback(stream.socket().local_endpoint(error));
  const message::verb method = request.method();
  const Target target = parse_target(request.target());
  std::optional<Page> page = refused(request, target, loopback);
  // g++ 12 destroys what stands beside a co_await in one expression twice.
  if (!page) page = co_await this->page(target);
  co_return response_of(method, std::move(*page));
}

asio::awaitable<Page> Server::Impl::page(const Target& target) const {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Page)>(
      [this, &target](auto handler) {
        // A std::function is copied, a completion handler is not.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        const Reply reply = [this, shared](Page page) {
          asio::post(io_, [shared, page = std::move(page)]() mutable {
            std::move (*shared)(std::move(page));
          });
        };
        try {
          handler_(target, reply);
        } catch (const std::exception& error) {
          reply({.status = 500, .body = std::string(error.what()) + '\n'});
        }
      },
      asio::use_awaitable);
}

Server::Server(asio::io_context& io, const Listen& listen, Handler handler)
    : impl_(std::make_shared<Impl>(io, listen, std::move(handler))) {
  impl_->start();
}
Server::~Server() {
  impl_->stop();
}

std::uint16_t Server::port() const {
  return impl_->port();
}

}  // namespace http
