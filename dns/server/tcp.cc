#include "dns/server/tcp.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstring>
#include <span>

#include "dns/server/bind.h"

namespace dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 1024;      // bytes; most clients send one query of 50
constexpr std::size_t kWriteAtOnce = 64 << 10;  // bytes of answers that trigger a write
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
// While draining: the time that a client has to send a first query, or the rest of one. It may have
// connected just before.
constexpr std::uint32_t kLastQuery = 1000;  // ms

Client client_of(const tcp::socket& socket) {
  error_code ignored;
  const tcp::endpoint remote = socket.remote_endpoint(ignored);
  Client client{{}, remote.port()};
  if (remote.address().is_v6()) {
    client.address = remote.address().to_v6().to_bytes();
    return client;
  }
  client.address[10] = client.address[11] = 0xff;
  std::ranges::copy(remote.address().to_v4().to_bytes(), client.address.begin() + 12);
  return client;
}

}  // namespace

// One connection. Lives as long as its coroutine, or what is being written.
class TcpSession : public std::enable_shared_from_this<TcpSession> {
 public:
  TcpSession(TcpListener& listener, tcp::socket socket, const Client& client)
      : listener_(listener),
        socket_(std::move(socket)),
        timer_(listener.io_),
        client_(client),
        in_(kFirstBuffer),
        progress_(listener.io_),
        place_(listener.sessions_.insert(listener.sessions_.end(), this)) {}
  ~TcpSession() {
    listener_.sessions_.erase(place_);
    listener_.shared_.tcp_limits.release(client_.address);
  }
  TcpSession(const TcpSession&) = delete;
  TcpSession& operator=(const TcpSession&) = delete;

  // Reads, answers every complete message, writes, and reads again only then: a client that does
  // not read its answers cannot send more queries. Answers of the resolver are written when they
  // arrive. After the client's half-close it ends when every query is answered.
  asio::awaitable<void> run();

  bool is_idle() const { return waiting_ && size_ == 0 && in_flight_ == 0 && !writing_; }
  void close() {
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    progress_.cancel();
  }
  // Stops waiting for the client: reads what has arrived, and ends if that is nothing, unless a
  // query is due.
  void drain() {
    if (!waiting_) return;
    query_is_due() ? restart_timer() : stop_reading_.emit(asio::cancellation_type::total);
  }

 private:
  // A query that would be lost if the connection ended now; a client that was answered can connect
  // again.
  bool query_is_due() const { return !answered_ || size_ != 0; }
  asio::awaitable<bool> read();
  asio::awaitable<void> wait_for_progress();
  void write();
  void queue(std::span<const std::uint8_t> answer);
  void resolve(std::span<const std::uint8_t> query);
  bool read_available();
  std::size_t answer_next(std::size_t at);
  void make_room();
  void restart_timer();

  TcpListener& listener_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  const Client client_;
  std::vector<std::uint8_t> in_;
  std::size_t size_ = 0;            // bytes that were read and not answered yet
  std::vector<std::uint8_t> out_;   // answers that wait to be written
  std::vector<std::uint8_t> sent_;  // those that are being written
  std::size_t in_flight_ = 0;       // queries that the resolver answers
  bool answered_ = false;           // a query, or more
  bool waiting_ = false;            // for the client to send something
  bool writing_ = false;
  asio::cancellation_signal stop_reading_;
  asio::steady_timer progress_;  // never expires: cancelled when answers were written or queued
  std::list<TcpSession*>::iterator place_;
};

void TcpSession::restart_timer() {
  const std::uint32_t patience =
      listener_.draining_ ? std::min(kLastQuery, listener_.idle_timeout_) : listener_.idle_timeout_;
  timer_.expires_after(std::chrono::milliseconds(patience));
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->close();
  });
}

// The largest message and its length must fit, behind what is there.
void TcpSession::make_room() {
  constexpr std::size_t kMost = 2 + kMaxMessage;
  if (size_ < in_.size()) return;
  in_.resize(std::min(2 * in_.size(), kMost));
}

// While draining: reads what the kernel has received, without waiting for more.
bool TcpSession::read_available() {
  error_code error;
  socket_.non_blocking(true, error);
  const std::size_t count =
      socket_.read_some(asio::buffer(in_.data() + size_, in_.size() - size_), error);
  size_ += count;
  return !error && count > 0;
}

asio::awaitable<bool> TcpSession::read() {
  make_room();
  if (listener_.draining_ && !query_is_due()) co_return read_available();
  error_code error;
  waiting_ = true;
  const std::size_t count = co_await socket_.async_read_some(
      asio::buffer(in_.data() + size_, in_.size() - size_),
      asio::bind_cancellation_slot(stop_reading_.slot(),
                                   asio::redirect_error(asio::use_awaitable, error)));
  waiting_ = false;
  size_ += count;
  // drain() has ended the wait.
  if (error == asio::error::operation_aborted && socket_.is_open()) co_return read_available();
  listener_.sessions_.splice(listener_.sessions_.end(), listener_.sessions_, place_);
  co_return !error;
}

// Until answers were written, or the resolver has delivered one.
asio::awaitable<void> TcpSession::wait_for_progress() {
  error_code ignored;
  progress_.expires_at(asio::steady_timer::time_point::max());
  co_await progress_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// One write at a time: answers that are queued meanwhile are written by the next.
void TcpSession::write() {
  if (writing_ || out_.empty()) return;
  writing_ = true;
  sent_.swap(out_);
  asio::async_write(socket_, asio::buffer(sent_),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->writing_ = false;
                      self->sent_.clear();
                      if (error) return self->close();
                      self->restart_timer();
                      self->write();
                      self->progress_.cancel();
                    });
}

void TcpSession::queue(std::span<const std::uint8_t> answer) {
  out_.push_back(static_cast<std::uint8_t>(answer.size() >> 8));
  out_.push_back(static_cast<std::uint8_t>(answer.size()));
  out_.insert(out_.end(), answer.begin(), answer.end());
}

void TcpSession::resolve(std::span<const std::uint8_t> query) {
  ++in_flight_;
  listener_.responder_.resolve(query, client_, Transport::Tcp,
                               [weak = weak_from_this()](std::span<const std::uint8_t> answer) {
                                 const auto self = weak.lock();
                                 if (!self) return;
                                 --self->in_flight_;
                                 self->queue(answer);
                                 self->write();
                                 self->progress_.cancel();
                               });
}

// Answers the message that begins at `at`; returns its size, 0 if it is incomplete.
std::size_t TcpSession::answer_next(std::size_t at) {
  if (size_ - at < 2) return 0;
  const std::size_t length = std::size_t{in_[at]} << 8 | in_[at + 1];
  if (size_ - at - 2 < length) return 0;
  answered_ = true;
  const std::span<const std::uint8_t> query(in_.data() + at + 2, length);
  std::vector<std::uint8_t>& answer = listener_.answer_;
  const auto outcome = listener_.responder_.respond(query, client_, Transport::Tcp, answer);
  if (outcome.next == Responder::Next::Resolve) resolve(query);
  if (outcome.next == Responder::Next::Send) queue({answer.data(), outcome.size});
  return 2 + length;
}

asio::awaitable<void> TcpSession::run() {
  restart_timer();
  while (co_await read()) {
    restart_timer();
    std::size_t at = 0;
    listener_.responder_.begin();
    while (const std::size_t taken = answer_next(at)) {
      at += taken;
      if (out_.size() < kWriteAtOnce) continue;
      listener_.responder_.end();
      write();
      while (writing_ && socket_.is_open()) co_await wait_for_progress();
      listener_.responder_.begin();
    }
    listener_.responder_.end();
    std::memmove(in_.data(), in_.data() + at, size_ - at);
    size_ -= at;
    write();
    while (writing_ && socket_.is_open()) co_await wait_for_progress();
    restart_timer();
  }
  while ((in_flight_ != 0 || writing_) && socket_.is_open()) co_await wait_for_progress();
}

TcpListener::TcpListener(asio::io_context& io, int fd, std::uint32_t idle_timeout,
                         Responder& responder, const WorkerContext& shared)
    : io_(io),
      acceptor_(io, bound_address(fd).family() == AF_INET6 ? tcp::v6() : tcp::v4(), fd),
      idle_timeout_(idle_timeout),
      responder_(responder),
      shared_(shared),
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
      // Out of descriptors or memory: retrying at once would only use up the processor.
      asio::steady_timer pause(io_, kAcceptPause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void TcpListener::open(tcp::socket socket) {
  const Client client = client_of(socket);
  const TcpLimits::Admission admission = shared_.tcp_limits.admit(client.address);
  if (admission == TcpLimits::Admission::Rejected) {
    responder_.counts().tcp_closed_at_limit.add(1);
    return;
  }
  responder_.counts().tcp_connections.add(1);
  if (admission == TcpLimits::Admission::OverLimit && !close_oldest_idle()) {
    shared_.close_idle_connection();
  }
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto session = std::make_shared<TcpSession>(*this, std::move(socket), client);
  asio::co_spawn(
      io_,
      [](std::shared_ptr<TcpSession> owned) -> asio::awaitable<void> {
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
