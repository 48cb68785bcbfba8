// answer() allocates nothing: this program counts what operator new gives.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "dns/answer.h"
#include "tests/dns/message.h"

namespace {
std::atomic<std::size_t> allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace dns {
namespace {

TEST(AllocationTest, AnswersAllocateNothing) {
  ZoneSettings settings;
  settings.apexes = {*Name::parse("mesh.local")};
  ZoneBuilder builder(std::move(settings));
  const SrvPort ports[] = {{80, false, "http"}};
  const Ipv4 v4[] = {{241, 0, 0, 1}};
  const Ipv6 v6[] = {{0xfd}};
  builder.add_host(*Name::parse("web.mesh.local"), v4, v6, ports);
  const auto zone = std::move(builder).build();
  std::vector<test::Bytes> queries;
  for (const char* qname : {"web.mesh.local", "WEB.mesh.local", "_http._tcp.web.mesh.local",
                            "1.0.0.241.in-addr.arpa", "nope.mesh.local", "mesh.local", "x.test"}) {
    for (const char* qtype : {"A", "AAAA", "SRV", "PTR", "SOA", "NS", "ANY", "TXT", "AXFR"}) {
      queries.push_back(test::make_query(qname, qtype, {.edns = test::EdnsOptions{}}));
      queries.push_back(test::make_query(qname, qtype));
      queries.push_back({queries.back().begin(), queries.back().end() - 1});
    }
  }
  std::vector<std::uint8_t> out(kMaxMessage);
  const std::size_t before = allocations;
  for (const test::Bytes& query : queries) {
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      answer(query, *zone, transport, out, 100);
      fail(query, {Rcode::Refused, Ede::Prohibited}, transport, out);
    }
  }
  EXPECT_EQ(allocations, before);
}

TEST(AllocationTest, TheCounterCounts) {
  const std::size_t before = allocations;
  const auto one = std::make_unique<int>(1);
  EXPECT_EQ(allocations, before + 1);
}

}  // namespace
}  // namespace dns
