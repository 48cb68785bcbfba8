#include "tests/http/fake_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "http/await.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace message = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;
using Then = FakeServer::Answer::Then;

std::string header_of(const FakeServer::Answer& answer) {
  std::string header = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\n";
  for (const auto& [name, value] : answer.headers) header += name + ": " + value + "\r\n";
  if (answer.then != Then::Open) {
    const std::size_t more = answer.then == Then::Cut ? 10 : 0;
    header += "Content-Length: " + std::to_string(answer.body.size() + more) + "\r\n";
  }
  return header + "\r\n";
}

}  // namespace

struct FakeServer::Connection {
  explicit Connection(Tcp::socket s) : socket(std::move(s)) {}
  Tcp::socket socket;
  std::string target;  // of an open answer
};

FakeServer::FakeServer(asio::io_context& io, Handler handler, asio::ssl::context* tls)
    : io_(io),
      handler_(std::move(handler)),
      tls_(tls),
      acceptor_(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  asio::co_spawn(io_, accept(), asio::detached);
}

FakeServer::~FakeServer() {
  // What waits goes with the io_context; nothing of it may run again.
  io_.stop();
}

http::Url FakeServer::url() const {
  return {.tls = tls_ != nullptr, .host = "127.0.0.1", .port = acceptor_.local_endpoint().port()};
}

std::size_t FakeServer::open(const std::string& part) const {
  return static_cast<std::size_t>(std::ranges::count_if(connections_, [&](const auto& connection) {
    return connection->target.find(part) != std::string::npos;
  }));
}

void FakeServer::send(const std::string& part, const std::string& text) {
  for (const auto& connection : connections_) {
    if (connection->target.find(part) == std::string::npos) continue;
    error_code error;
    asio::write(connection->socket, asio::buffer(text), error);
  }
}

void FakeServer::close(const std::string& part) {
  connections_.remove_if([&](const auto& connection) {
    if (connection->target.find(part) == std::string::npos) return false;
    error_code error;
    connection->socket.close(error);
    return true;
  });
}

template <typename Stream>
asio::awaitable<void> FakeServer::serve(Stream& stream, std::shared_ptr<Connection> connection) {
  error_code error;
  beast::flat_buffer buffer;
  message::request<message::string_body> got;
  co_await message::async_read(stream, buffer, got, http::into(error));
  if (error) co_return;
  Request request{std::string(got.method_string()), std::string(got.target()), {}, got.body()};
  for (const auto& field : got) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[name] = field.value();
  }
  requests_.push_back(request.method + ' ' + request.target);
  const Answer answer = handler_(request);
  if (answer.then == Then::Silent) {
    connection->target = "silent " + request.target;
    connections_.push_back(std::move(connection));
    co_return;
  }
  const std::string text = header_of(answer) + answer.body;
  co_await asio::async_write(stream, asio::buffer(text), http::into(error));
  if (answer.then != Then::Open) co_return;
  connection->target = request.target;
  connections_.push_back(std::move(connection));
}

asio::awaitable<void> FakeServer::accept() {
  for (;;) {
    error_code error;
    Tcp::socket socket(io_);
    co_await acceptor_.async_accept(socket, http::into(error));
    if (error) co_return;
    auto connection = std::make_shared<Connection>(std::move(socket));
    asio::co_spawn(
        io_,
        [this, connection]() -> asio::awaitable<void> {
          if (tls_ == nullptr) {
            co_await serve(connection->socket, connection);
            co_return;
          }
          asio::ssl::stream<Tcp::socket&> stream(connection->socket, *tls_);
          error_code failed;
          co_await stream.async_handshake(asio::ssl::stream_base::server, http::into(failed));
          if (!failed) co_await serve(stream, connection);
          co_await stream.async_shutdown(http::into(failed));
        },
        asio::detached);
  }
}

bool run_until(asio::io_context& io, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done()) {
    if (io.stopped()) io.restart();
    io.run_one_until(deadline);
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
  return true;
}
