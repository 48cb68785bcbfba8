#include "dns/resolver/ares_channel.h"

#include <ares.h>
#include <netinet/in.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "dns/edns.h"
#include "dns/response.h"

namespace dns {

namespace asio = boost::asio;
using boost::system::error_code;
using Outcome = TransportResult::Outcome;

struct AresChannel::Socket {
  explicit Socket(asio::io_context& io) : descriptor(io) {}

  asio::posix::stream_descriptor descriptor;
  bool writing = false;          // c-ares waits to write
  AresChannel* owner = nullptr;  // null once it is closed
};

// c-ares reports through C functions with a pointer of ours.
struct AresChannel::Calls {
  static AresChannel& self(void* data) { return *static_cast<AresChannel*>(data); }

  static ares_socket_t open(int, int type, int, void* data) { return self(data).open_socket(type); }
  static int close(ares_socket_t fd, void* data) {
    self(data).close_socket(fd);
    return 0;
  }
  // The address that c-ares has in mind has no interface for link-local ones; ours has.
  static int connect(ares_socket_t fd, const sockaddr*, ares_socklen_t, void* data) {
    const SocketAddress& to = self(data).address_;
    return ::connect(fd, to.get(), to.size);
  }
  static ares_ssize_t receive(ares_socket_t fd, void* buffer, size_t size, int, sockaddr* from,
                              ares_socklen_t* from_size, void* data) {
    return self(data).receive(fd, buffer, size, from, from_size);
  }
  static ares_ssize_t send(ares_socket_t fd, const iovec* parts, int count, void*) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = static_cast<std::size_t>(count);
    return sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  static void interest(void* data, ares_socket_t fd, int, int writable) {
    for (const auto& socket : self(data).sockets_) {
      if (socket->descriptor.native_handle() != fd) continue;
      const bool was = std::exchange(socket->writing, writable != 0);
      if (!was && socket->writing) self(data).wait_writable(socket);
      return;
    }
  }
  static void done(void* data, int status, int, unsigned char* reply, int size) {
    if (status == ARES_ECANCELLED || status == ARES_EDESTRUCTION) return;
    AresChannel& channel = self(data);
    if (status != ARES_SUCCESS) return channel.finish(Outcome::Unreachable, {});
    channel.finish(Outcome::Reply, {reply, reply + size});
  }
};

void AresChannel::Free::operator()(ares_channeldata* channel) const noexcept {
  ares_destroy(channel);
}

namespace {

ares_addr_port_node node_of(const SocketAddress& address) {
  ares_addr_port_node node{};
  node.family = address.family();
  node.udp_port = node.tcp_port = address.port();
  if (address.family() == AF_INET6) {
    std::memcpy(&node.addr, &reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr, 16);
  } else {
    std::memcpy(&node.addr, &reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr, 4);
  }
  return node;
}

}  // namespace

AresChannel::AresChannel(asio::io_context& io, const UpstreamAddress& server,
                         TransportCounts& counts)
    : io_(io),
      counts_(counts),
      address_(numeric_address(server.ip, server.port).value_or(SocketAddress())),
      timer_(io) {
  ares_options options{};
  // The rcode and the question are ours to judge; EDNS is in the query already, and c-ares drops it
  // if the server doesn't know it (FORMERR without OPT).
  options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
  options.ednspsz = static_cast<int>(kUdpPayload);
  options.tries = 1;
  options.timeout = 3'600'000;  // ms; the time is ours to keep
  char lookups[] = "b";         // no file of the host is read
  options.lookups = lookups;
  in_addr nowhere{};
  options.servers = &nowhere;
  options.nservers = 1;
  options.sock_state_cb = &Calls::interest;
  options.sock_state_cb_data = this;
  constexpr int kSet = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS |
                       ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SERVERS |
                       ARES_OPT_SOCK_STATE_CB;
  ares_channel raw = nullptr;
  if (ares_init_options(&raw, &options, kSet) != ARES_SUCCESS) throw std::bad_alloc();
  channel_.reset(raw);
  static constexpr ares_socket_functions kFunctions = {&Calls::open, &Calls::close, &Calls::connect,
                                                       &Calls::receive, &Calls::send};
  ares_set_socket_functions(raw, &kFunctions, this);
  ares_addr_port_node node = node_of(address_);
  if (ares_set_servers_ports(raw, &node) != ARES_SUCCESS) throw std::bad_alloc();
}

AresChannel::~AresChannel() {
  done_ = nullptr;
}

void AresChannel::ask(std::vector<std::uint8_t> query, std::chrono::milliseconds timeout,
                      Done done) {
  assert(!done_);
  query_ = std::move(query);
  timeout_ = timeout;
  done_ = std::move(done);
  ++generation_;
  saw_wrong_case_ = false;
  if (address_.size == 0) return finish(Outcome::Unreachable, {});
  counts_.queries.add(1);
  start_timer();
  ares_send(channel_.get(), query_.data(), static_cast<int>(query_.size()), &Calls::done, this);
}

void AresChannel::start_timer() {
  timer_.expires_after(timeout_);
  // A timer that has run out calls even if it is cancelled, or gone, before its turn.
  timer_.async_wait([weak = weak_from_this(), mine = generation_](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || mine != self->generation_) return;
    ares_cancel(self->channel_.get());
    self->finish(Outcome::Timeout, {});
  });
}

// c-ares may call from within ask(), and is in the middle of its own work whenever it does: so
// `done` is called when all that is over.
void AresChannel::finish(Outcome outcome, std::vector<std::uint8_t> reply) {
  if (!done_) return;
  ++generation_;
  timer_.cancel();
  const bool lost_case = outcome == Outcome::Timeout && saw_wrong_case_;
  asio::post(io_, [done = std::exchange(done_, nullptr),
                   result = TransportResult{outcome, std::move(reply), lost_case}]() mutable {
    done(std::move(result));
  });
}

void AresChannel::wait_readable(const std::shared_ptr<Socket>& socket) {
  socket->descriptor.async_wait(
      asio::posix::stream_descriptor::wait_read, [socket](const error_code& error) {
        if (error || socket->owner == nullptr) return;
        AresChannel& owner = *socket->owner;
        ares_process_fd(owner.channel_.get(), socket->descriptor.native_handle(), ARES_SOCKET_BAD);
        if (socket->owner != nullptr) owner.wait_readable(socket);
      });
}

void AresChannel::wait_writable(const std::shared_ptr<Socket>& socket) {
  socket->descriptor.async_wait(
      asio::posix::stream_descriptor::wait_write, [socket](const error_code& error) {
        if (error || socket->owner == nullptr || !socket->writing) return;
        AresChannel& owner = *socket->owner;
        ares_process_fd(owner.channel_.get(), ARES_SOCKET_BAD, socket->descriptor.native_handle());
        if (socket->owner != nullptr && socket->writing) owner.wait_writable(socket);
      });
}

int AresChannel::open_socket(int type) {
  const int fd = ::socket(address_.family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fd;
  const auto socket = std::make_shared<Socket>(io_);
  error_code error;  // no exception may pass through c-ares
  socket->descriptor.assign(fd, error);
  if (error) {
    ::close(fd);
    return -1;
  }
  socket->owner = this;
  sockets_.push_back(socket);
  wait_readable(socket);
  if (type == SOCK_STREAM) {
    counts_.tcp_queries.add(1);
    spoiled_ = true;  // what comes over it is not looked at
    start_timer();
  }
  return fd;
}

void AresChannel::close_socket(int fd) {
  const auto found = std::ranges::find_if(
      sockets_, [fd](const auto& socket) { return socket->descriptor.native_handle() == fd; });
  if (found == sockets_.end()) return;
  error_code ignored;
  (*found)->owner = nullptr;
  (*found)->descriptor.close(ignored);
  sockets_.erase(found);
}

bool AresChannel::is_answer(std::span<const std::uint8_t> datagram) {
  switch (match(query_, datagram)) {
    case Match::True:
      if ((datagram[3] & 0xf) == static_cast<std::uint8_t>(Rcode::FormErr)) spoiled_ = true;
      return true;
    case Match::Malformed:
      counts_.malformed.add(1);
      return false;
    case Match::WrongId:
      counts_.wrong_id.add(1);
      return false;
    case Match::WrongQuestion:
      counts_.wrong_question.add(1);
      return false;
    case Match::WrongCase:
      counts_.wrong_case.add(1);
      saw_wrong_case_ = true;
      return false;
  }
  return false;
}

// The kernel gives only datagrams from the server's address and port, since the socket is
// connected.
long AresChannel::receive(int fd, void* data, std::size_t size, sockaddr* from,
                          socklen_t* from_size) {
  if (from == nullptr) return recv(fd, data, size, 0);
  for (;;) {
    const long got = recvfrom(fd, data, size, 0, from, from_size);
    if (got < 0 ||
        is_answer({static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(got)})) {
      return got;
    }
  }
}

}  // namespace dns
