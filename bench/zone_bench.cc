// What a zone costs: all of it, and one more for a change of a few names, at several sizes.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dns/zone.h"

namespace {

struct Host {
  dns::Name owner;
  dns::HostData data;
};

// A VIP is a hash of the service, so that addresses are in no order.
dns::Ipv4 vip(std::size_t i) {
  const auto at = static_cast<std::uint32_t>(i) * 0x9e3779b1u;
  return {241, static_cast<std::uint8_t>(at >> 16), static_cast<std::uint8_t>(at >> 8),
          static_cast<std::uint8_t>(at)};
}

dns::Ipv6 vip6(std::size_t i) {
  const auto v4 = vip(i);
  return {0xfd, 0, 0, 0x24, 0x10, 0, 0, 0, v4[3], v4[2], v4[1], v4[0], v4[2], v4[3], v4[1], v4[2]};
}

Host host(std::size_t i, bool v6) {
  const std::string name = "service-" + std::to_string(i) + ".svc.mesh.local";
  Host host{*dns::Name::parse(name), {{vip(i)}, {}, {{80, false, "http"}}}};
  if (v6) host.data.v6 = {vip6(i)};
  return host;
}

std::vector<Host> make_hosts(std::size_t count, bool v6 = false) {
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < count; ++i) hosts.push_back(host(i, v6));
  return hosts;
}

std::shared_ptr<const dns::Zone> build(const std::vector<Host>& hosts) {
  dns::ZoneSettings settings;
  settings.apexes = {*dns::Name::parse("mesh.local")};
  dns::ZoneBuilder builder(std::move(settings));
  builder.add_reverse(dns::Ipv4{241, 0, 0, 0}, 8);
  builder.add_reverse(dns::Ipv6{0xfd, 0, 0, 0x24, 0x10}, 64);
  for (const Host& host : hosts) {
    builder.add_host(host.owner, host.data.v4, host.data.v6, host.data.ports);
  }
  return std::move(builder).build();
}

void build_zone(benchmark::State& state, bool v6) {
  const auto hosts = make_hosts(static_cast<std::size_t>(state.range(0)), v6);
  std::size_t memory = 0;
  for (auto _ : state) memory = build(hosts)->memory();
  state.counters["bytes/name"] = static_cast<double>(memory) / static_cast<double>(hosts.size());
}
void build_v4(benchmark::State& state) {
  build_zone(state, false);
}
void build_both(benchmark::State& state) {
  build_zone(state, true);
}

// Each zone takes the place of the one before it, which is freed, as when zones are published.
template <typename Change>
void change(benchmark::State& state, Change change_at) {
  const auto count = static_cast<std::size_t>(state.range(0));
  auto zone = build(make_hosts(count));
  std::mt19937 random(1);
  std::uint32_t serial = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto changes = change_at(random() % count, random() % count);
    state.ResumeTiming();
    zone = zone->with(changes, ++serial);
  }
}

using Changes = std::vector<dns::HostChange>;

void readdress(benchmark::State& state) {
  change(state, [](std::size_t i, std::size_t other) {
    Host changed = host(i, false);
    changed.data.v4 = {vip(other)};
    return Changes{{changed.owner, changed.data}};
  });
}
void change_port(benchmark::State& state) {
  change(state, [](std::size_t i, std::size_t other) {
    Host changed = host(i, false);
    changed.data.ports[0].port = static_cast<std::uint16_t>(other);
    return Changes{{changed.owner, changed.data}};
  });
}
// Adds a name, and removes it with the next change.
void add_and_remove(benchmark::State& state) {
  bool added = false;
  change(state, [&](std::size_t, std::size_t) {
    added = !added;
    const Host changed = host(100'000'000, false);
    return added ? Changes{{changed.owner, changed.data}} : Changes{{changed.owner, {}}};
  });
}
void thousand_at_once(benchmark::State& state) {
  std::mt19937 random(2);
  change(state, [&](std::size_t, std::size_t) {
    Changes changes;
    for (int i = 0; i < 1000; ++i) {
      Host changed = host(random() % static_cast<std::size_t>(state.range(0)), false);
      changed.data.v4 = {vip(random() % 10'000'000)};
      changes.push_back({changed.owner, changed.data});
    }
    return changes;
  });
}
// What a change of the TTL costs.
void other_settings(benchmark::State& state) {
  auto zone = build(make_hosts(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) {
    dns::ZoneSettings settings = zone->settings();
    ++settings.ttl;
    zone = zone->rebuilt(std::move(settings));
  }
}
void other_apexes(benchmark::State& state) {
  auto zone = build(make_hosts(static_cast<std::size_t>(state.range(0))));
  bool inner = false;
  for (auto _ : state) {
    dns::ZoneSettings settings = zone->settings();
    inner = !inner;
    settings.apexes = {*dns::Name::parse(inner ? "svc.mesh.local" : "mesh.local")};
    zone = zone->rebuilt(std::move(settings));
  }
}

#define SIZES ->Arg(1'000)->Arg(100'000)->Arg(1'000'000)
BENCHMARK(build_v4) SIZES->Unit(benchmark::kMillisecond);
BENCHMARK(build_both) SIZES->Unit(benchmark::kMillisecond);
BENCHMARK(readdress) SIZES->Unit(benchmark::kMicrosecond);
BENCHMARK(change_port) SIZES->Unit(benchmark::kMicrosecond);
BENCHMARK(add_and_remove) SIZES->Unit(benchmark::kMicrosecond);
BENCHMARK(thousand_at_once) SIZES->Unit(benchmark::kMicrosecond);
BENCHMARK(other_settings) SIZES->Unit(benchmark::kMicrosecond);
BENCHMARK(other_apexes) SIZES->Unit(benchmark::kMillisecond);

}  // namespace
