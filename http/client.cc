#include "http/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <optional>

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

// How soon a connection that nothing comes through is known to be dead: a watch may be silent for
// minutes, and only the kernel's probes tell silence from a cut wire.
constexpr int kKeepIdle = 20;     // s
constexpr int kKeepInterval = 5;  // s
constexpr int kKeepCount = 4;
constexpr unsigned kUserTimeout = 20'000;  // ms, for what was sent to be acknowledged

constexpr std::size_t kHeaderLimit = 64u << 10;  // octets
constexpr std::size_t kPiece = 64u << 10;        // octets read at once

Error failure(What what, const std::string& doing, const error_code& error) {
  if (error == beast::error::timeout) {
    return {what == What::Connect ? what : What::Timeout, doing + ": no answer in time"};
  }
  if (error == message::error::body_limit || error == message::error::header_limit) {
    return {What::TooLarge, doing + ": the answer is too large"};
  }
  return {what, doing + ": " + error.message()};
}

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

bool is_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
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

// Collects octets and hands out lines.
class Lines {
 public:
  Lines(const Sink& sink) : sink_(sink) {}

  // False: the receiver wants no more.
  bool add(std::string_view octets) {
    for (;;) {
      const std::size_t end = octets.find('\n');
      if (end == octets.npos) break;
      pending_.append(octets.substr(0, end));
      octets.remove_prefix(end + 1);
      const bool more = pending_.empty() || (*sink_.line)(pending_);
      pending_.clear();
      if (!more) return false;
    }
    pending_.append(octets);
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
    const std::string_view octets(piece.data(), piece.size() - parser.get().body().size);
    if (!by_line) {
      response.body.append(octets);
      if (response.body.size() > sink.limits.body) {
        co_return Error{What::TooLarge, "the answer is larger than " +
                                            std::to_string(sink.limits.body) + " octets"};
      }
      continue;
    }
    if (!lines.add(octets)) co_return response;
    if (lines.too_long()) {
      co_return Error{What::TooLarge, "a line of the answer is longer than " +
                                          std::to_string(sink.limits.line) + " octets"};
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
  Impl(Url url, Identity identity)
      : url_(std::move(url)),
        name_(identity.server_name.empty() ? url_.host : identity.server_name) {
    if (url_.tls) set_up(identity);
  }

  asio::awaitable<Result<Response>> send(Request request, Limits limits,
                                         std::function<bool(std::string_view)> line);

 private:
  void set_up(const Identity& identity);
  std::optional<Error> prepare(Secure& stream) const;
  message::request<message::string_body> make(Request request) const;
  asio::awaitable<std::optional<Error>> connect(Plain& stream, const Limits& limits) const;
  asio::awaitable<Result<Response>> send_secure(
      Plain plain, const message::request<message::string_body>& request, const Sink& sink);

  const Url url_;
  const std::string name_;  // what the server's certificate must name
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  std::optional<Error> unusable_;  // why no connection can be made
};

void Client::Impl::set_up(const Identity& identity) {
  const char* doing = "";
  try {
    SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
    doing = "the CA's certificate";
    if (identity.ca.empty()) {
      tls_.set_default_verify_paths();
    } else {
      tls_.add_certificate_authority(asio::buffer(identity.ca));
    }
    // Whom we were told to trust need be no root, as elsewhere (Go, curl).
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls_.native_handle()),
                                X509_V_FLAG_PARTIAL_CHAIN);
    doing = "the client's certificate";
    if (!identity.certificate.empty()) {
      tls_.use_certificate_chain(asio::buffer(identity.certificate));
    }
    doing = "the client's key";
    if (!identity.key.empty()) {
      tls_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    }
    tls_.set_verify_mode(identity.verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
  } catch (const boost::system::system_error& error) {
    unusable_ = Error{What::Identity, std::string(doing) + ": " + error.code().message()};
  }
}

// An address is looked for among the certificate's addresses and not told to the server (RFC 6066,
// 3); a name is looked for among its names, and told.
std::optional<Error> Client::Impl::prepare(Secure& stream) const {
  SSL* ssl = stream.native_handle();
  std::string name = name_;  // SSL_set_tlsext_host_name is a macro with a cast of its own
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  const bool set = is_address(name_)
                       ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name_.c_str()) == 1
                       : SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                  name.data()) == 1 &&
                             X509_VERIFY_PARAM_set1_host(parameters, name_.c_str(), 0) == 1;
  if (set) return std::nullopt;
  return Error{What::Tls, "no certificate can be for \"" + name_ + '"'};
}

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
  Secure stream(std::move(plain), tls_);
  if (auto wrong = prepare(stream)) co_return std::move(*wrong);
  error_code error;
  beast::get_lowest_layer(stream).expires_after(sink.limits.start);
  co_await stream.async_handshake(asio::ssl::stream_base::client, into(error));
  if (error) {
    const long verified = SSL_get_verify_result(stream.native_handle());
    Error wrong = failure(What::Tls, "TLS with " + to_string(url_), error);
    if (verified != X509_V_OK) {
      wrong.text += std::string(": ") + X509_verify_cert_error_string(verified);
    }
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

Client::Client(Url url, Identity identity)
    : impl_(std::make_unique<Impl>(std::move(url), std::move(identity))) {}
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
