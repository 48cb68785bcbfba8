// What one answer costs: answer() from zones of several sizes, names asked in random order so that
// the caches see what they would see in service.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dns/answer.h"
#include "dns/zone.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string hostname(std::size_t i) {
  return "service-" + std::to_string(i) + ".svc.mesh.local";
}

std::shared_ptr<const dns::Zone> make_zone(std::size_t hosts) {
  dns::ZoneSettings settings;
  settings.apexes = {*dns::Name::parse("mesh.local")};
  dns::ZoneBuilder builder(std::move(settings));
  builder.add_reverse(dns::Ipv4{241, 0, 0, 0}, 8);
  const dns::SrvPort port{80, false, "http"};
  for (std::size_t i = 0; i < hosts; ++i) {
    const auto octet = [i](int shift) { return static_cast<std::uint8_t>(i >> shift); };
    const dns::Ipv4 vip{241, octet(16), octet(8), octet(0)};
    builder.add_host(*dns::Name::parse(hostname(i)), {&vip, 1}, {}, {&port, 1});
  }
  return std::move(builder).build();
}

// As a stub resolver sends it: RD, and EDNS with 1232 octets.
Bytes make_query(const std::string& qname, std::uint16_t qtype, std::uint16_t id) {
  Bytes query = {static_cast<std::uint8_t>(id >> 8),
                 static_cast<std::uint8_t>(id),
                 1,
                 0,
                 0,
                 1,
                 0,
                 0,
                 0,
                 0,
                 0,
                 1};
  const std::string wire(dns::Name::parse(qname)->wire());
  query.insert(query.end(), wire.begin(), wire.end());
  query.insert(query.end(),
               {static_cast<std::uint8_t>(qtype >> 8), static_cast<std::uint8_t>(qtype), 0, 1});
  query.insert(query.end(), {0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0});
  return query;
}

constexpr std::size_t kQueries = 4096;
constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kSrv = 33;

template <typename MakeQuery>
void run(benchmark::State& state, MakeQuery make_one) {
  const auto hosts = static_cast<std::size_t>(state.range(0));
  const auto zone = make_zone(hosts);
  std::mt19937 random(1);
  std::vector<Bytes> queries;
  for (std::size_t i = 0; i < kQueries; ++i) {
    queries.push_back(make_one(random() % hosts, static_cast<std::uint16_t>(random())));
  }
  std::array<std::uint8_t, dns::kUdpPayload> out;
  std::size_t i = 0;
  for (auto _ : state) {
    const dns::Answer answer =
        dns::answer(queries[i++ % kQueries], *zone, dns::Transport::Udp, out);
    benchmark::DoNotOptimize(answer.size);
  }
  state.counters["zoneMB"] = static_cast<double>(zone->memory()) / 1e6;
}

void a_record(benchmark::State& state) {
  run(state, [](std::size_t i, std::uint16_t id) { return make_query(hostname(i), kA, id); });
}
void nodata(benchmark::State& state) {
  run(state, [](std::size_t i, std::uint16_t id) { return make_query(hostname(i), kAaaa, id); });
}
void nxdomain(benchmark::State& state) {
  run(state,
      [](std::size_t i, std::uint16_t id) { return make_query("no-" + hostname(i), kA, id); });
}
void srv(benchmark::State& state) {
  run(state, [](std::size_t i, std::uint16_t id) {
    return make_query("_http._tcp." + hostname(i), kSrv, id);
  });
}

BENCHMARK(a_record)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(nodata)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(nxdomain)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(srv)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
