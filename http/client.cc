#include "http/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <optional>

#include "http/await.h"

namespace http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace message = boost::beast::http;
using boost::system::error_code;
using What = Error::What;
using Tcp = asio::ip::tcp;
using Any = asio::generic::stream_protocol;  // TCP, or a Unix socket
using Plain = beast::basic_stream<Any>;
using Secure = beast::ssl_stream<Plain>;

// How soon a dead connection is noticed: a watch may receive nothing for minutes, and only the
// kernel's probes distinguish that from a broken path.
constexpr int kKeepIdle = 20;     // s
constexpr int kKeepInterval = 5;  // s
constexpr int kKeepCount = 4;
constexpr unsigned kUserTimeout = 20'000;  // ms, for what was sent to be acknowledged

constexpr std::size_t kHeaderLimit = 64u << 10;  // bytes
constexpr std::size_t kPiece = 64u << 10;        // bytes read at once

Error failure(What what, const std::string& doing, const error_code& error) {
  if (error == beast::error::timeout) {
    return {what == What::Connect ? what : What::Timeout, doing + ": no answer in time"};
  }
  if (error == message::error::body_limit || error == message::error::header_limit) {
    return {What::TooLarge, doing + ": the answer is too large"};
  }
  return {what, doing + ": " + error.message()};
}

void keep_alive(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepIdle, sizeof kKeepIdle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepInterval, sizeof kKeepInterval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kKeepCount, sizeof kKeepCount);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeout, sizeof kUserTimeout);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Where the answer goes: as a whole into `body`, or line by line to `line`.
struct Sink {
  Limits limits;
  const std::function<bool(std::string_view)>* line = nullptr;
};

// Collects bytes and hands out lines.
class Lines {
 public:
  Lines(const Sink& sink) : sink_(sink) {}

  // False: the receiver wants no more.
  bool add(std::string_view bytes) {
    for (;;) {
      const std::size_t end = bytes.find('\n');
      if (end == bytes.npos) break;
      pending_.append(bytes.substr(0, end));
      bytes.remove_prefix(end + 1);
      const bool more = pending_.empty() || (*sink_.line)(pending_);
      pending_.clear();
      if (!more) return false;
    }
    pending_.append(bytes);
    return true;
  }
  bool too_long() const { return pending_.size() > sink_.limits.line; }

 private:
  const Sink& sink_;
  std::string pending_;
};

// Reads the body of `parser`'s message, whose header has been read.
template <typename Stream>
asio::awaitable<Result<Response>> read_body(Stream& stream, beast::flat_buffer& buffer,
                                            message::response_parser<message::buffer_body>& parser,
                                            Response response, const Sink& sink) {
  const bool by_line = sink.line != nullptr && response.status == 200;
  Lines lines(sink);
  std::string piece(kPiece, '\0');
  error_code error;
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    beast::get_lowest_layer(stream).expires_after(sink.limits.silence);
    co_await message::async_read_some(stream, buffer, parser, into(error));
    if (error == message::error::need_buffer) error = {};
    if (error) co_return failure(What::Closed, "reading the answer", error);
    const std::string_view bytes(piece.data(), piece.size() - parser.get().body().size);
    if (!by_line) {
      response.body.append(bytes);
      if (response.body.size() > sink.limits.body) {
        co_return Error{What::TooLarge,
                        "the answer is larger than " + std::to_string(sink.limits.body) + " bytes"};
      }
      continue;
    }
    if (!lines.add(bytes)) co_return response;
    if (lines.too_long()) {
      co_return Error{What::TooLarge, "a line of the answer is longer than " +
                                          std::to_string(sink.limits.line) + " bytes"};
    }
  }
  co_return response;
}

template <typename Stream>
asio::awaitable<Result<Response>> converse(Stream& stream,
                                           const message::request<message::string_body>& request,
                                           const Sink& sink) {
  error_code error;
  beast::get_lowest_layer(stream).expires_after(sink.limits.start);
  co_await message::async_write(stream, request, into(error));
  if (error) co_return failure(What::Closed, "sending the request", error);

  beast::flat_buffer buffer;
  message::response_parser<message::buffer_body> parser;
  parser.header_limit(kHeaderLimit);
  parser.body_limit(boost::none);  // counted where it is kept
  beast::get_lowest_layer(stream).expires_after(sink.limits.start);
  co_await message::async_read_header(stream, buffer, parser, into(error));
  if (error) co_return failure(What::Closed, "reading the answer", error);

  Response response;
  response.status = parser.get().result_int();
  const std::string_view after = parser.get()[message::field::retry_after];
  std::from_chars(after.data(), after.data() + after.size(), response.retry_after);
  co_return co_await read_body(stream, buffer, parser, std::move(response), sink);
}

}  // namespace

class Client::Impl {
 public:
  Impl(Url url, const tls::Identity& identity)
      : url_(std::move(url)),
        name_(identity.server_name.empty() ? url_.host : identity.server_name) {
    if (!url_.tls) return;
    auto context = tls::client_context(identity);
    if (context) {
      tls_ = std::move(*context);
    } else {
      unusable_ = Error{What::Identity, context.error().text};
    }
  }

  asio::awaitable<Result<Response>> send(Request request, Limits limits,
                                         std::function<bool(std::string_view)> line);

 private:
  message::request<message::string_body> make(Request request) const;
  asio::awaitable<std::optional<Error>> connect(Plain& stream, const Limits& limits) const;
  asio::awaitable<Result<Response>> send_secure(
      Plain plain, const message::request<message::string_body>& request, const Sink& sink);

  const Url url_;
  const std::string name_;  // what the server's certificate must name
  std::shared_ptr<asio::ssl::context> tls_;
  std::optional<Error> unusable_;  // why no connection can be made
};

message::request<message::string_body> Client::Impl::make(Request from) const {
  const auto verb = message::string_to_verb(from.method);
  message::request<message::string_body> request(verb, url_.path + from.target, 11);
  const bool v6 = url_.host.find(':') != url_.host.npos;
  request.set(message::field::host,
              (v6 ? '[' + url_.host + ']' : url_.host) + ':' + std::to_string(url_.port));
  request.set(message::field::user_agent, "mesh-dns");
  request.set(message::field::connection, "close");
  for (const auto& [name, value] : from.headers) request.set(name, value);
  request.body() = std::move(from.body);
  request.prepare_payload();
  return request;
}

asio::awaitable<std::optional<Error>> Client::Impl::connect(Plain& stream,
                                                            const Limits& limits) const {
  error_code error;
  const std::string doing = "connecting to " + to_string(url_);

  std::vector<Any::endpoint> endpoints;
  if (!url_.socket.empty()) {
    if (url_.socket.size() >= sizeof(sockaddr_un::sun_path)) {
      co_return Error{What::Connect, doing + ": the path is too long for a socket"};
    }
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(url_.socket));
  } else if (const auto address = asio::ip::make_address(url_.host, error); !error) {
    endpoints.emplace_back(Tcp::endpoint(address, url_.port));
  } else {
    Tcp::resolver resolver(stream.get_executor());
    const std::string port = std::to_string(url_.port);
    const auto found = co_await resolver.async_resolve(url_.host, port, into(error));
    if (error) co_return failure(What::Connect, doing, error);
    for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
  }
  stream.expires_after(limits.start);
  co_await stream.async_connect(endpoints, into(error));
  if (error) co_return failure(What::Connect, doing, error);
  if (url_.socket.empty()) keep_alive(stream.socket().native_handle());
  co_return std::nullopt;
}

asio::awaitable<Result<Response>> Client::Impl::send_secure(
    Plain plain, const message::request<message::string_body>& request, const Sink& sink) {
  Secure stream(std::move(plain), *tls_);
  if (!tls::require_name(*stream.native_handle(), name_)) {
    co_return Error{What::Tls, "no certificate can be for \"" + name_ + '"'};
  }
  error_code error;
  beast::get_lowest_layer(stream).expires_after(sink.limits.start);
  co_await stream.async_handshake(asio::ssl::stream_base::client, into(error));
  if (error) {
    const std::string refusal = tls::refusal(*stream.native_handle());
    Error wrong = failure(What::Tls, "TLS with " + to_string(url_), error);
    if (!refusal.empty()) wrong.text += ": " + refusal;
    co_return wrong;
  }
  co_return co_await converse(stream, request, sink);
}

asio::awaitable<Result<Response>> Client::Impl::send(Request from, Limits limits,
                                                     std::function<bool(std::string_view)> line) {
  if (unusable_) co_return *unusable_;
  const auto request = make(std::move(from));
  const Sink sink{limits, line ? &line : nullptr};
  Plain stream(co_await asio::this_coro::executor);
  if (auto wrong = co_await connect(stream, limits)) co_return std::move(*wrong);
  if (url_.tls) co_return co_await send_secure(std::move(stream), request, sink);
  co_return co_await converse(stream, request, sink);
}

Client::Client(Url url, const tls::Identity& identity)
    : impl_(std::make_unique<Impl>(std::move(url), identity)) {}
Client::~Client() = default;

asio::awaitable<Result<Response>> Client::fetch(Request request, Limits limits) const {
  return impl_->send(std::move(request), limits, nullptr);
}

Result<Response> fetch(const Url& url, Request request, Limits limits) {
  asio::io_context io(1);
  const Client client(url, {});
  std::optional<Result<Response>> result;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        result = co_await client.fetch(std::move(request), limits);
      },
      asio::detached);
  io.run();
  return std::move(*result);
}

asio::awaitable<Result<Response>> Client::lines(Request request, Limits limits,
                                                std::function<bool(std::string_view)> line) const {
  return impl_->send(std::move(request), limits, std::move(line));
}

}  // namespace http
