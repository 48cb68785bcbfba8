#include "dns/server/udp.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

namespace dns {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kMaxQuery = 2048;  // a longer one is cut, and then a FORMERR
constexpr std::size_t kControl = 64;     // CMSG_SPACE of an in6_pktinfo is 40
// Batches before other events get their turn.
constexpr int kBatchesInARow = 8;
// ms that a full send buffer is waited for, until the rest of the batch is dropped.
constexpr int kSendPatience = 100;

Client client_of(const sockaddr_storage& from) {
  Client client;
  if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    std::memcpy(client.address.data(), &v6.sin6_addr, 16);
    client.port = ntohs(v6.sin6_port);
    return client;
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
  client.address[10] = client.address[11] = 0xff;
  std::memcpy(client.address.data() + 12, &v4.sin_addr, 4);
  client.port = ntohs(v4.sin_port);
  return client;
}

// Turns "was sent to" into "leaves from": the address stays, but the route is to choose the
// interface, unless the address has meaning on one link only.
void turn_around(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      auto* info = reinterpret_cast<in_pktinfo*>(CMSG_DATA(c));
      info->ipi_ifindex = 0;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(c));
      if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
    }
  }
}

}  // namespace

// The buffers of a batch, made once.
struct UdpSocket::Batch {
  std::array<mmsghdr, kBatch> in{};
  std::array<mmsghdr, kBatch> out{};
  std::array<iovec, kBatch> in_parts{};
  std::array<iovec, kBatch> out_parts{};
  std::array<sockaddr_storage, kBatch> from{};
  alignas(cmsghdr) std::array<std::array<std::uint8_t, kControl>, kBatch> control{};
  std::array<std::array<std::uint8_t, kMaxQuery>, kBatch> queries{};
  std::array<std::array<std::uint8_t, kUdpPayload>, kBatch> answers{};

  explicit Batch(bool wildcard) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      in_parts[i] = {queries[i].data(), kMaxQuery};
      in[i].msg_hdr.msg_name = &from[i];
      in[i].msg_hdr.msg_iov = &in_parts[i];
      in[i].msg_hdr.msg_iovlen = 1;
      if (wildcard) in[i].msg_hdr.msg_control = control[i].data();
    }
  }

  // recvmmsg() overwrites the sizes.
  void reset(bool wildcard) {
    for (mmsghdr& message : in) {
      message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      message.msg_hdr.msg_controllen = wildcard ? kControl : 0;
    }
  }
};

// The client of a query in flight, and the address that its answer must leave from.
struct UdpSocket::Peer {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  alignas(cmsghdr) std::array<std::uint8_t, kControl> control{};
  std::size_t control_size = 0;
};

UdpSocket::UdpSocket(boost::asio::io_context& io, int fd, Queue queue, bool wildcard,
                     Responder& responder)
    : io_(io),
      fd_(fd),
      readable_(io),
      queue_(queue),
      wildcard_(wildcard),
      responder_(responder),
      batch_(std::make_unique<Batch>(wildcard)) {}

UdpSocket::~UdpSocket() {
  close();
}

void UdpSocket::start() {
  if (queue_ == Queue::Helped) return;
  readable_.assign(fd_.get());
  wait();
}

void UdpSocket::request_help() {
  if (!help_requested_.exchange(true)) boost::asio::post(io_, [this] { serve(); });
}

void UdpSocket::wait() {
  readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error) serve();
                       });
}

// Less than a batch is left: the kernel reports more, or another worker asks for help.
void UdpSocket::await_more() {
  help_requested_ = false;
  if (queue_ != Queue::Helped) wait();
}

void UdpSocket::serve() {
  if (draining_ && queue_ != Queue::Own) return;
  for (int left = kBatchesInARow; left > 0; --left) {
    // A batch that isn't full has emptied the socket.
    if (serve_batch() < kBatch) return await_more();
  }
  boost::asio::post(io_, [this] {
    if (is_open()) serve();
  });
}

// Returns the number of datagrams that were received.
std::size_t UdpSocket::serve_batch() {
  Batch& batch = *batch_;
  batch.reset(wildcard_);
  const int received = recvmmsg(fd_.get(), batch.in.data(), kBatch, MSG_DONTWAIT, nullptr);
  // An ICMP error about an earlier reply is reported here, and ignored.
  if (received <= 0) return 0;
  if (received == kBatch && helper_ != nullptr) helper_->request_help();
  responder_.begin();
  std::size_t count = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    mmsghdr& query = batch.in[i];
    const Client client = client_of(batch.from[i]);
    if (client.port == 0) continue;  // no reply can be sent there
    if (wildcard_) turn_around(query.msg_hdr);
    const auto outcome = responder_.respond({batch.queries[i].data(), query.msg_len}, client,
                                            Transport::Udp, batch.answers[count]);
    if (outcome.next == Responder::Next::Resolve) resolve(i);
    if (outcome.next != Responder::Next::Send) continue;
    batch.out_parts[count] = {batch.answers[count].data(), outcome.size};
    batch.out[count].msg_hdr = query.msg_hdr;
    batch.out[count].msg_hdr.msg_iov = &batch.out_parts[count];
    ++count;
  }
  responder_.end();
  send(count);
  return static_cast<std::size_t>(received);
}

void UdpSocket::send(std::size_t count) {
  for (std::size_t sent = 0; sent < count;) {
    const int now = sendmmsg(fd_.get(), batch_->out.data() + sent,
                             static_cast<unsigned>(count - sent), MSG_DONTWAIT);
    if (now > 0) {
      sent += static_cast<std::size_t>(now);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{fd_.get(), POLLOUT, 0};
      if (poll(&writable, 1, kSendPatience) <= 0) return;
    } else if (errno != EINTR) {
      ++sent;  // this client is unreachable; the others may not be
    }
  }
}

void UdpSocket::resolve(std::size_t i) {
  const msghdr& query = batch_->in[i].msg_hdr;
  Peer peer;
  peer.address = batch_->from[i];
  peer.address_size = query.msg_namelen;
  peer.control_size = wildcard_ ? query.msg_controllen : 0;
  if (wildcard_) std::memcpy(peer.control.data(), query.msg_control, query.msg_controllen);
  ++in_flight_;
  responder_.resolve({batch_->queries[i].data(), batch_->in[i].msg_len}, client_of(batch_->from[i]),
                     Transport::Udp, [this, peer](std::span<const std::uint8_t> answer) {
                       send_late(peer, answer);
                     });
}

void UdpSocket::send_late(const Peer& peer, std::span<const std::uint8_t> answer) {
  --in_flight_;
  Peer to = peer;
  iovec part{const_cast<std::uint8_t*>(answer.data()), answer.size()};
  msghdr message{};
  message.msg_name = &to.address;
  message.msg_namelen = to.address_size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = to.control_size != 0 ? to.control.data() : nullptr;
  message.msg_controllen = to.control_size;
  // Dropped if the client is unreachable or the send buffer is full: the client asks again.
  if (is_open()) sendmsg(fd_.get(), &message, MSG_DONTWAIT);
  if (draining_) drain();
}

// While queries are in flight the socket is still bound, and new queries must be answered.
void UdpSocket::drain() {
  draining_ = true;
  if (queue_ != Queue::Own) {
    boost::system::error_code ignored;
    readable_.cancel(ignored);
  } else {
    while (is_open() && serve_batch() == kBatch) {
    }
  }
  if (in_flight_ == 0) close();
}

void UdpSocket::close() {
  if (readable_.is_open()) readable_.release();
  fd_ = Descriptor();
}

}  // namespace dns
