#include "http/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "http/client.h"

namespace http {
namespace {

// Pages that are made on a thread of their own.
boost::asio::thread_pool slow_pages{1};

void answer(const Target& target, Reply reply) {
  if (target.path == "/throw") throw std::runtime_error("no such thing");
  Page page{.body = target.path + ' ' + std::string(target.value("q"))};
  if (target.path != "/slow") return reply(std::move(page));
  boost::asio::post(slow_pages, [page = std::move(page), reply = std::move(reply)]() mutable {
    reply(std::move(page));
  });
}

// A server with a thread of its own.
class ServerTest : public testing::Test {
 protected:
  Url serve(const Listen& listen) {
    server_ = std::make_unique<Server>(io_, listen, answer);
    thread_ = std::thread([this] { io_.run(); });
    if (!listen.socket.empty()) return unix_url(listen.socket);
    return {.tls = false, .host = listen.address, .port = server_->port()};
  }
  void TearDown() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(ServerTest, WhatIsAnswered) {
  const Url url = serve({.address = "127.0.0.1"});
  const struct {
    const char* why;
    Request request;
    unsigned status;
    const char* body;
  } kCases[] = {
      {"a page", {.target = "/a"}, 200, "/a "},
      {"with a query", {.target = "/a?q=x+y"}, 200, "/a x y"},
      {"answered later, by another thread", {.target = "/slow?q=x"}, 200, "/slow x"},
      {"nothing is changed here", {.method = "POST", .target = "/a"}, 405, "only GET and HEAD\n"},
      {"a handler that fails", {.target = "/throw"}, 500, "no such thing\n"},
      {"and the next is answered", {.target = "/a"}, 200, "/a "},
      {"a name of the web that leads here",
       {.target = "/a", .headers = {{"Host", "evil.example"}}},
       421,
       "this is the loopback interface"},
      {"localhost", {.target = "/a", .headers = {{"Host", "localhost:1"}}}, 200, "/a "},
  };
  for (const auto& row : kCases) {
    const auto response = fetch(url, row.request, {});
    ASSERT_TRUE(response) << row.why << ": " << response.error().text;
    EXPECT_EQ(response->status, row.status) << row.why;
    EXPECT_TRUE(response->body.starts_with(row.body)) << row.why << ": " << response->body;
  }
}

// What the server says to octets that no client of ours would send, until it ends the connection in
// an orderly way.
std::string raw(const Url& url, const std::string& octets) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io;
  tcp::socket socket(io);
  socket.connect({boost::asio::ip::make_address(url.host), url.port});
  boost::system::error_code error;
  boost::asio::write(socket, boost::asio::buffer(octets), error);
  socket.shutdown(tcp::socket::shutdown_send, error);
  std::string answer;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), error);
  EXPECT_EQ(error, boost::asio::error::eof) << octets.substr(0, 80);
  return answer;
}

TEST_F(ServerTest, WhatIsNoRequestIsToldSo) {
  const Url url = serve({.address = "127.0.0.1"});
  const std::string header = "GET /a HTTP/1.1\r\nX: ";
  const struct {
    const char* why;
    std::string octets;
    const char* answer;
  } kCases[] = {
      {"garbage", "\x16\x03\x01 TLS, say\r\n\r\n", "HTTP/1.1 400 "},
      {"another version", "GET /a HTTP/9.9\r\n\r\n", "HTTP/1.1 400 "},
      {"no header line", "GET /a HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400 "},
      {"a header over the limit", header + std::string(9000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"a header without an end", header + std::string(1 << 20, 'x'), "HTTP/1.1 431 "},
  };
  for (const auto& row : kCases) {
    const std::string answer = raw(url, row.octets);
    EXPECT_TRUE(answer.starts_with(row.answer)) << row.why << ": " << answer;
  }
  EXPECT_EQ(raw(url, ""), "");
  EXPECT_EQ(raw(url, "GET /a HTTP/1.1\r\nHost"), "");
}

// RFC 9112, 3.2.2
TEST_F(ServerTest, TheAuthorityOfTheAbsoluteFormCountsAndNotHost) {
  const Url url = serve({.address = "127.0.0.1"});
  const auto answer = [&](const char* target, const char* host) {
    return raw(url, std::string("GET ") + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  const std::string local = answer("http://localhost/a?q=1", "localhost");
  EXPECT_TRUE(local.starts_with("HTTP/1.1 200 ") && local.ends_with("\r\n\r\n/a 1")) << local;
  for (const char* rebound :
       {"http://rebind.example.org/a", "http://localhost@rebind.example.org/a",
        "http://localhost:1@rebind.example.org/a"}) {
    EXPECT_TRUE(answer(rebound, "localhost").starts_with("HTTP/1.1 421 ")) << rebound;
  }
}

TEST_F(ServerTest, AtAUnixSocket) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("http-" + std::to_string(getpid()) + ".sock");
  const auto response = fetch(serve({.socket = path}), {.target = "/a"}, {});
  ASSERT_TRUE(response) << response.error().text;
  EXPECT_EQ(response->body, "/a ");
  TearDown();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, WhereNobodyCanListen) {
  serve({.address = "127.0.0.1"});
  EXPECT_THROW(Server(io_, {.address = "127.0.0.1", .port = server_->port()}, answer),
               std::runtime_error);
  EXPECT_THROW(Server(io_, {.socket = "/nonexistent/a.sock"}, answer), std::runtime_error);
  EXPECT_THROW(Server(io_, {.socket = std::string(200, 'x')}, answer), std::runtime_error);
}

}  // namespace
}  // namespace http
