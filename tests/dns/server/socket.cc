#include "tests/dns/server/socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dns::test {
namespace {

sockaddr_in address_of(const char* ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, ip, &address.sin_addr);
  return address;
}

}  // namespace

Socket::Socket(int type, std::uint16_t port, const char* to, const char* from, int receive_buffer)
    : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
  if (receive_buffer != 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const sockaddr_in own = address_of(from, 0);
  EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  const sockaddr_in server = address_of(to, port);
  connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0;
}

Socket::~Socket() {
  close(fd_);
}

bool Socket::try_send(const Bytes& bytes) {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

void Socket::send(const Bytes& bytes) {
  ASSERT_TRUE(try_send(bytes));
}

void Socket::half_close() {
  shutdown(fd_, SHUT_WR);
}

bool Socket::readable(int patience) const {
  pollfd event{fd_, POLLIN, 0};
  return poll(&event, 1, patience) == 1;
}

Bytes Socket::receive(std::size_t most) {
  Bytes bytes(most);
  if (!readable()) {
    ADD_FAILURE() << "nothing arrives";
    return {};
  }
  const ssize_t size = recv(fd_, bytes.data(), most, 0);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

Bytes Socket::receive_exactly(std::size_t size) {
  Bytes all;
  while (all.size() < size) {
    const Bytes more = receive(size - all.size());
    if (more.empty()) break;
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

Bytes Socket::receive_message() {
  const Bytes length = receive_exactly(2);
  return length.size() < 2 ? Bytes{} : receive_exactly(std::size_t{length[0]} << 8 | length[1]);
}

Bytes framed(const Bytes& message) {
  Bytes bytes = {static_cast<std::uint8_t>(message.size() >> 8),
                 static_cast<std::uint8_t>(message.size())};
  bytes.insert(bytes.end(), message.begin(), message.end());
  return bytes;
}

std::string address_in(const Bytes& reply) {
  const Message message = read(reply);
  if (message.answer.empty()) return message.rcode;
  const std::string& record = message.answer.front();
  return record.substr(record.rfind(' ') + 1);
}

}  // namespace dns::test
