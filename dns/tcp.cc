#include "dns/tcp.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstring>

namespace dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 1024;      // octets; most clients send one query of 50
constexpr std::size_t kWriteAtOnce = 64 << 10;  // answers are sent when so many octets wait
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

ClientAddress client_of(const tcp::socket& socket) {
  ClientAddress client{};
  error_code ignored;
  const auto address = socket.remote_endpoint(ignored).address();
  if (address.is_v6()) return address.to_v6().to_bytes();
  client[10] = client[11] = 0xff;
  const auto bytes = address.to_v4().to_bytes();
  std::ranges::copy(bytes, client.begin() + 12);
  return client;
}

}  // namespace

TcpLimits::Admission TcpLimits::enter(const ClientAddress& client) {
  const std::lock_guard lock(mutex_);
  unsigned& mine = clients_[client];
  // Twice the limit is only reached while idle connections of other workers are being closed, or
  // when none is idle.
  if (mine >= per_client_ || count_ >= 2 * std::size_t{all_}) {
    if (mine == 0) clients_.erase(client);
    return Admission::Refused;
  }
  ++mine;
  return ++count_ > all_ ? Admission::Crowded : Admission::Welcome;
}

void TcpLimits::leave(const ClientAddress& client) {
  const std::lock_guard lock(mutex_);
  --count_;
  const auto found = clients_.find(client);
  if (--found->second == 0) clients_.erase(found);
}

// One connection. Lives as long as its coroutine.
class TcpSession {
 public:
  TcpSession(TcpListener& listener, tcp::socket socket, const ClientAddress& client)
      : listener_(listener),
        socket_(std::move(socket)),
        timer_(listener.io_),
        client_(client),
        in_(kFirstBuffer),
        place_(listener.sessions_.insert(listener.sessions_.end(), this)) {}
  ~TcpSession() {
    listener_.sessions_.erase(place_);
    listener_.limits_.leave(client_);
  }
  TcpSession(const TcpSession&) = delete;
  TcpSession& operator=(const TcpSession&) = delete;

  // Reads, answers all that is complete, writes, and reads again only then: a client that doesn't
  // take its answers is not heard.
  asio::awaitable<void> run();

  bool is_idle() const { return waiting_ && size_ == 0; }
  void close() {
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }
  // Wakes it up to look whether something came; if not, it ends.
  void drain() {
    error_code ignored;
    if (waiting_) socket_.cancel(ignored);
  }

 private:
  asio::awaitable<bool> read();
  asio::awaitable<bool> write();
  bool read_rest();
  std::size_t answer_next(std::size_t at);
  void make_room();
  void restart_timer();

  TcpListener& listener_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  const ClientAddress client_;
  std::vector<std::uint8_t> in_;
  std::size_t size_ = 0;  // of what was read and not answered
  std::vector<std::uint8_t> out_;
  bool waiting_ = false;  // for the client to send something
  std::list<TcpSession*>::iterator place_;
};

void TcpSession::restart_timer() {
  timer_.expires_after(std::chrono::milliseconds(listener_.idle_timeout_));
  timer_.async_wait([socket = &socket_](const error_code& error) {
    // Cancelled when the session ends, and before the socket is gone.
    error_code ignored;
    if (!error) socket->close(ignored);
  });
}

// The largest message and its length must fit, behind what is there.
void TcpSession::make_room() {
  constexpr std::size_t kMost = 2 + kMaxMessage;
  if (size_ < in_.size()) return;
  in_.resize(std::min(2 * in_.size(), kMost));
}

// While draining: what the kernel has received and we have not.
bool TcpSession::read_rest() {
  error_code error;
  socket_.non_blocking(true, error);
  const std::size_t count =
      socket_.read_some(asio::buffer(in_.data() + size_, in_.size() - size_), error);
  size_ += count;
  return !error && count > 0;
}

asio::awaitable<bool> TcpSession::read() {
  make_room();
  if (listener_.draining_) co_return read_rest();
  error_code error;
  waiting_ = true;
  const std::size_t count =
      co_await socket_.async_read_some(asio::buffer(in_.data() + size_, in_.size() - size_),
                                       asio::redirect_error(asio::use_awaitable, error));
  waiting_ = false;
  size_ += count;
  if (error == asio::error::operation_aborted && listener_.draining_ && socket_.is_open()) {
    co_return read_rest();
  }
  listener_.sessions_.splice(listener_.sessions_.end(), listener_.sessions_, place_);
  co_return !error;
}

asio::awaitable<bool> TcpSession::write() {
  error_code error;
  co_await asio::async_write(socket_, asio::buffer(out_),
                             asio::redirect_error(asio::use_awaitable, error));
  out_.clear();
  co_return !error;
}

// Answers the message that begins at `at`; gives the octets that it took, 0 if it isn't complete.
std::size_t TcpSession::answer_next(std::size_t at) {
  if (size_ - at < 2) return 0;
  const std::size_t length = std::size_t{in_[at]} << 8 | in_[at + 1];
  if (size_ - at - 2 < length) return 0;
  const std::size_t answer = listener_.responder_.respond({in_.data() + at + 2, length}, client_,
                                                          Transport::Tcp, listener_.answer_);
  if (answer > 0) {
    out_.push_back(static_cast<std::uint8_t>(answer >> 8));
    out_.push_back(static_cast<std::uint8_t>(answer));
    out_.insert(out_.end(), listener_.answer_.begin(),
                listener_.answer_.begin() + static_cast<std::ptrdiff_t>(answer));
  }
  return 2 + length;
}

asio::awaitable<void> TcpSession::run() {
  restart_timer();
  while (co_await read()) {
    restart_timer();
    std::size_t at = 0;
    while (const std::size_t taken = answer_next(at)) {
      at += taken;
      if (out_.size() >= kWriteAtOnce && !co_await write()) co_return;
    }
    std::memmove(in_.data(), in_.data() + at, size_ - at);
    size_ -= at;
    if (!out_.empty() && !co_await write()) co_return;
    restart_timer();
  }
}

TcpListener::TcpListener(asio::io_context& io, int fd, int family, std::uint32_t idle_timeout,
                         Responder& responder, TcpLimits& limits, std::function<void()> crowded)
    : io_(io),
      acceptor_(io, family == AF_INET6 ? tcp::v6() : tcp::v4(), fd),
      idle_timeout_(idle_timeout),
      responder_(responder),
      limits_(limits),
      crowded_(std::move(crowded)),
      answer_(kMaxMessage) {}

TcpListener::~TcpListener() = default;

void TcpListener::start() {
  asio::co_spawn(io_, accept(), asio::detached);
}

asio::awaitable<void> TcpListener::accept() {
  while (acceptor_.is_open()) {
    error_code error;
    tcp::socket socket =
        co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      open(std::move(socket));
    } else if (acceptor_.is_open() && error != asio::error::connection_aborted) {
      // Out of descriptors or memory: trying at once would only burn the processor.
      asio::steady_timer pause(io_, kAcceptPause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void TcpListener::open(tcp::socket socket) {
  const ClientAddress client = client_of(socket);
  const TcpLimits::Admission admission = limits_.enter(client);
  if (admission == TcpLimits::Admission::Refused) {
    responder_.counts().tcp_closed_at_limit.add(1);
    return;
  }
  responder_.counts().tcp_connections.add(1);
  if (admission == TcpLimits::Admission::Crowded && !close_oldest_idle()) crowded_();
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto session = std::make_unique<TcpSession>(*this, std::move(socket), client);
  asio::co_spawn(
      io_,
      [](std::unique_ptr<TcpSession> owned) -> asio::awaitable<void> {
        co_await owned->run();
      }(std::move(session)),
      asio::detached);
}

bool TcpListener::close_oldest_idle() {
  for (TcpSession* session : sessions_) {
    if (!session->is_idle()) continue;
    session->close();
    responder_.counts().tcp_closed_at_limit.add(1);
    return true;
  }
  return false;
}

void TcpListener::close_all() {
  for (TcpSession* session : sessions_) session->close();
}

void TcpListener::drain() {
  error_code ignored;
  acceptor_.close(ignored);
  draining_ = true;
  for (TcpSession* session : sessions_) session->drain();
}

}  // namespace dns
