// A zone made by changes is the zone that ZoneBuilder makes of all hosts, whatever the changes.
#include "dns/zone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <unordered_map>

namespace dns {
namespace {

using Hosts = std::map<Name, HostData>;

Name name(const std::string& text) {
  return *Name::parse(text);
}

Qname qname(const Name& name) {
  Qname qname;
  qname.assign(reinterpret_cast<const std::uint8_t*>(name.wire().data()), name.wire().size());
  return qname;
}

std::string text(const Host& host) {
  std::string text = Name::from_wire(host.owner()).to_string();
  for (std::size_t i = 0; i < host.v4_count(); ++i) {
    for (std::size_t at = 0; at < 4; ++at) text += ' ' + std::to_string(host.v4(i)[at]);
  }
  text += " |";
  for (std::size_t i = 0; i < host.v6_count(); ++i) {
    for (std::size_t at = 0; at < 16; ++at) text += ' ' + std::to_string(host.v6(i)[at]);
  }
  host.any_port([&](const Host::Port& port) {
    text += " | " + std::string(port.name) + (port.udp ? "/udp " : "/tcp ");
    text += std::to_string(port.port);
    return false;
  });
  return text;
}

std::string to_string(Found::What what) {
  static const char* const kNames[] = {"not ours", "not ready", "nxdomain", "empty",
                                       "host",     "service",   "pointer"};
  return kNames[static_cast<std::size_t>(what)];
}

// All that an answer is made from.
std::string look_up(const Zone& zone, const Name& owner) {
  const Qname name = qname(owner);
  const Found found = zone.find(name);
  const bool host = found.what == Found::What::Host;
  std::string all = to_string(found.what);
  if (found.what == Found::What::NotOurs) return all;
  all += " apex " + std::to_string(host ? zone.apex_of_host(name) : found.apex);
  if (host || found.what == Found::What::Service) all += ' ' + text(found.host);
  for (std::size_t i = 0; i < found.pointers.size(); ++i) {
    all += ' ' + Name::from_wire(zone.host(found.pointers, i).owner()).to_string();
  }
  return all;
}

struct Spec {
  ZoneSettings settings;
  std::vector<std::pair<Ipv4, unsigned>> ranges4;
  std::vector<std::pair<Ipv6, unsigned>> ranges6;
};

std::shared_ptr<const Zone> build(const Spec& spec, const Hosts& hosts) {
  ZoneBuilder builder(spec.settings);
  for (const auto& [first, length] : spec.ranges4) builder.add_reverse(first, length);
  for (const auto& [first, length] : spec.ranges6) builder.add_reverse(first, length);
  for (const auto& [owner, host] : hosts) builder.add_host(owner, host.v4, host.v6, host.ports);
  return std::move(builder).build();
}

std::vector<std::string> all_hosts(const Zone& zone) {
  std::vector<std::string> all;
  zone.each_host([&](const Host& host) { all.push_back(text(host)); });
  std::ranges::sort(all);
  return all;
}

void expect_same(const Zone& zone, const Zone& expected, const std::vector<Name>& probes) {
  for (const Name& probe : probes) {
    ASSERT_EQ(look_up(zone, probe), look_up(expected, probe)) << probe.to_string();
    const Host host = zone.host(probe);
    ASSERT_EQ(host ? text(host) : "", expected.host(probe) ? text(expected.host(probe)) : "");
  }
}

void expect_all_same(const Zone& zone, const Zone& expected, const std::vector<Name>& probes) {
  expect_same(zone, expected, probes);
  ASSERT_EQ(zone.hosts(), expected.hosts());
  ASSERT_EQ(all_hosts(zone), all_hosts(expected));
  ASSERT_EQ(zone.settings().apexes, expected.settings().apexes);
  ASSERT_EQ(zone.settings().serial, expected.settings().serial);
}

// Names of up to five labels over two letters, in and beside the apexes: deep ones and shallow
// ones, apexes, empty non-terminals, names outside all apexes; and services of some.
std::vector<Name> small_names() {
  std::vector<std::string> all = {""};
  for (std::size_t from = 0, labels = 1; labels <= 4; ++labels) {
    const std::size_t end = all.size();
    for (; from < end; ++from) {
      for (const char* label : {"a.", "b."}) all.push_back(label + all[from]);
    }
  }
  std::vector<Name> names;
  for (const char* top : {"mesh", "x.test", "test"}) {
    for (const std::string& below : all) names.push_back(name(below + top));
  }
  return names;
}

Ipv4 v4(std::size_t i) {  // the first four are in a range
  return {static_cast<std::uint8_t>(i < 4 ? 241 : 192), 0, static_cast<std::uint8_t>(i % 2),
          static_cast<std::uint8_t>(i)};
}
Ipv6 v6(std::size_t i) {
  Ipv6 ip{static_cast<std::uint8_t>(i < 3 ? 0xfd : 0x20)};
  ip[7] = static_cast<std::uint8_t>(i % 2);
  ip[15] = static_cast<std::uint8_t>(i);
  return ip;
}
constexpr std::size_t kAddresses = 6;  // of each family

std::string reverse_of(const Ipv4& ip) {
  std::string text;
  for (std::size_t i = 4; i-- > 0;) text += std::to_string(ip[i]) + '.';
  return text + "in-addr.arpa";
}
std::string reverse_of(const Ipv6& ip) {
  std::string text;
  for (std::size_t i = 16; i-- > 0;) {
    for (const int nibble : {ip[i] & 15, ip[i] >> 4}) {
      text += "0123456789abcdef"[nibble];
      text += '.';
    }
  }
  return text + "ip6.arpa";
}

// The PTR owners of all addresses, and all names above them.
std::vector<Name> reverse_names() {
  std::set<Name> names;
  for (std::size_t i = 0; i < kAddresses; ++i) {
    for (const std::string& text : {reverse_of(v4(i)), reverse_of(v6(i))}) {
      for (Name at = name(text); !at.is_root(); at = at.parent()) names.insert(at);
    }
  }
  return {names.begin(), names.end()};
}

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  template <typename T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  HostData host() {
    HostData host;
    // Two hosts share an address often, and a host has one twice now and then.
    for (std::size_t i = below(4); i > 0; --i) host.v4.push_back(v4(below(kAddresses)));
    for (std::size_t i = below(3); i > 0; --i) host.v6.push_back(v6(below(kAddresses)));
    for (const char* port : {"web", "", "DNS"}) {
      if (below(3) == 0) host.ports.push_back({53, below(2) == 0, port});
    }
    return host;
  }

 private:
  std::mt19937 random_;
};

// The names whose lookups a change of `owner` may alter: those above it, and its services.
std::vector<Name> around(const Name& owner) {
  std::vector<Name> names;
  for (const char* below : {"_web._tcp.", "_tcp.", "_dns._udp.", "_udp.", "c."}) {
    names.push_back(name(below + owner.to_string()));
  }
  for (Name at = owner; !at.is_root(); at = at.parent()) names.push_back(at);
  return names;
}

Spec random_spec(Random& random) {
  Spec spec;
  for (const char* apex : {"mesh", "a.mesh", "x.test", "b.a.x.test"}) {
    if (random.below(2) == 0) spec.settings.apexes.push_back(name(apex));
  }
  spec.settings.pointers_outside_ranges = random.below(2) == 0;
  if (random.below(3) != 0) spec.ranges4 = {{{241, 0, 0, 0}, 8}};
  if (random.below(3) == 0) spec.ranges4.push_back({{241, 0, 0, 0}, 23});
  if (random.below(3) != 0) spec.ranges6 = {{{0xfd}, 61}};
  return spec;
}

constexpr unsigned kSlices = 5;
constexpr unsigned kRounds = 20;  // of a slice
constexpr int kEdits = 250;       // of a round

class RandomEdits : public testing::TestWithParam<unsigned> {};

TEST_P(RandomEdits, LeadToTheZoneOfAllHosts) {
  const std::vector<Name> names = small_names();
  const std::vector<Name> pointers = reverse_names();
  std::vector<Name> probes = pointers;
  for (const Name& owner : names) {
    const auto more = around(owner);
    probes.insert(probes.end(), more.begin(), more.end());
  }
  std::ranges::sort(probes);
  const auto repeated = std::ranges::unique(probes);
  probes.erase(repeated.begin(), repeated.end());
  for (unsigned round = GetParam() * kRounds; round < (GetParam() + 1) * kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Random random(round);
    Spec spec = random_spec(random);
    Hosts hosts;
    auto zone = build(spec, hosts);
    std::shared_ptr<const Zone> kept = zone;  // an older one
    Hosts kept_hosts;
    Spec kept_spec = spec;
    // Rounds differ in how many hosts there are: about half of all names, or a few.
    const std::size_t removals = 1 + round % 4;
    for (int edit = 0; edit < kEdits; ++edit) {
      std::vector<HostChange> changes;
      std::vector<Name> touched;
      for (std::size_t i = random.below(8) == 0 ? random.below(40) : 1; i > 0; --i) {
        HostChange change{random.of(names), {}};
        if (random.below(1 + removals) == 0) change.host = random.host();
        if (change.host) {
          hosts[change.owner] = *change.host;
        } else {
          hosts.erase(change.owner);
        }
        const auto more = around(change.owner);
        touched.insert(touched.end(), more.begin(), more.end());
        changes.push_back(std::move(change));
      }
      ++spec.settings.serial;
      zone = zone->with(changes, spec.settings.serial);
      if (random.below(40) == 0) {
        const Spec other = random_spec(random);
        spec.settings.apexes = other.settings.apexes;
        spec.settings.pointers_outside_ranges = other.settings.pointers_outside_ranges;
        spec.settings.ttl += static_cast<std::uint32_t>(random.below(2));
        zone = zone->rebuilt(spec.settings);
        EXPECT_EQ(zone->settings().ttl, spec.settings.ttl);
      }
      const auto expected = build(spec, hosts);
      expect_same(*zone, *expected, touched);
      expect_same(*zone, *expected, pointers);
      if (HasFatalFailure()) return;
      if (edit % 10 != 9) continue;
      expect_all_same(*zone, *expected, probes);
      if (edit % 50 == 49) {
        SCOPED_TRACE("an older zone stays what it was");
        expect_all_same(*kept, *build(kept_spec, kept_hosts), probes);
        kept = zone;
        kept_hosts = hosts;
        kept_spec = spec;
      }
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Slices, RandomEdits, testing::Range(0u, kSlices));

Name service(std::size_t i) {
  return name("service-" + std::to_string(i) + ".ns" + std::to_string(i % 97) + ".svc.mesh");
}

HostData service_data(std::size_t i) {
  const auto at = static_cast<std::uint32_t>(i) * 0x9e3779b1u;
  const Ipv4 vip = {241, static_cast<std::uint8_t>(at >> 16), static_cast<std::uint8_t>(at >> 8),
                    static_cast<std::uint8_t>(at)};
  HostData host{{vip}, {}, {{80, false, "http"}}};
  if (i % 3 == 0) host.v6 = {{0xfd, 0, 0, vip[3], vip[2], vip[1]}};
  return host;
}

Spec large_spec() {
  Spec spec;
  spec.settings.apexes = {name("mesh")};
  spec.ranges4 = {{{241, 0, 0, 0}, 8}};
  spec.ranges6 = {{{0xfd}, 8}};
  return spec;
}

// Pages are split and joined, and chunks of addresses as well.
TEST(ZoneTest, AZoneGrowsAndShrinksByChanges) {
  constexpr std::size_t kMost = 12'000;
  constexpr std::size_t kStep = 60;
  Spec spec = large_spec();
  Hosts hosts;
  auto zone = build(spec, hosts);
  const auto empty = zone;
  std::vector<Name> probes;
  for (std::size_t i = 0; i < kMost; i += 7) {
    probes.push_back(service(i));
    probes.push_back(service(i).parent());
    for (const Ipv4& ip : service_data(i).v4) probes.push_back(name(reverse_of(ip)));
    for (const Ipv6& ip : service_data(i).v6) probes.push_back(name(reverse_of(ip)));
  }
  const auto step = [&](std::size_t first, bool add) {
    std::vector<HostChange> changes;
    for (std::size_t i = first; i < std::min(first + kStep, kMost); ++i) {
      HostChange change{service(i), {}};
      if (add) change.host = service_data(i);
      add ? void(hosts[service(i)] = service_data(i)) : void(hosts.erase(service(i)));
      changes.push_back(std::move(change));
    }
    zone = zone->with(changes, ++spec.settings.serial);
  };
  for (std::size_t i = 0; i < kMost; i += kStep) step(i, true);
  expect_all_same(*zone, *build(spec, hosts), probes);
  const std::size_t grown = zone->memory();
  EXPECT_LT(grown, build(spec, hosts)->memory() * 5 / 4);
  for (std::size_t i = 0; i < kMost * 9 / 10; i += kStep) step(i, false);
  expect_all_same(*zone, *build(spec, hosts), probes);
  EXPECT_LT(zone->memory(), grown / 5);
  for (std::size_t i = 0; i < kMost; i += kStep) step(i, false);
  EXPECT_EQ(zone->hosts(), 0u);
  expect_all_same(*zone, *build(spec, {}), probes);
  EXPECT_LT(zone->memory(), empty->memory() + 100);
}

// Many changes at once are no edit of the old zone but a new one.
TEST(ZoneTest, ManyChangesAtOnceLeadToTheZoneOfAllHosts) {
  Spec spec = large_spec();
  Hosts hosts;
  std::vector<Name> probes;
  for (std::size_t i = 0; i < 1500; ++i) {
    probes.push_back(service(i));
    probes.push_back(name(reverse_of(service_data(i).v4[0])));
  }
  auto zone = build(spec, hosts);
  std::mt19937 random(1);
  for (int round = 0; round < 10; ++round) {
    std::vector<HostChange> changes;
    for (int i = 0; i < 700; ++i) {
      const std::size_t at = random() % 1500;
      HostChange change{service(at), {}};
      if (random() % 3 != 0) change.host = service_data(random() % 1500);
      change.host ? void(hosts[change.owner] = *change.host) : void(hosts.erase(change.owner));
      changes.push_back(std::move(change));
    }
    zone = zone->with(changes, ++spec.settings.serial);
    expect_all_same(*zone, *build(spec, hosts), probes);
  }
}

TEST(ZoneTest, AChangeSharesAllButWhatItTouches) {
  Hosts hosts;
  constexpr std::size_t kHosts = 20'000;
  for (std::size_t i = 0; i < kHosts; ++i) hosts[service(i)] = service_data(i);
  const auto zone = build(large_spec(), hosts);
  const HostChange change{service(4), service_data(3)};
  const auto changed = zone->with({&change, 1}, 2);
  std::size_t copied = 0;
  for (const auto& [owner, host] : hosts) {
    copied += zone->host(owner).record() != changed->host(owner).record() ? 1u : 0u;
  }
  EXPECT_GE(copied, 1u);
  EXPECT_LT(copied, 100u);  // of one page
  EXPECT_EQ(zone->rebuilt(zone->settings())->host(service(9)).record(),
            zone->host(service(9)).record());
}

TEST(ZoneTest, PointersStandInTheOrderOfTheHostnames) {
  // '-' is before '.', which is before letters.
  const std::vector<std::string> sorted = {"a-b.mesh.", "a.mesh.", "a.z.mesh.",   "ab.mesh.",
                                           "b.mesh.",   "mesh.",   "mesh.x.test."};
  const HostData host{{v4(0)}, {}, {}};
  const Name owner = name(reverse_of(v4(0)));
  std::vector<std::string> order = sorted;
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::ranges::shuffle(order, random);
    ZoneBuilder builder({});
    auto zone = ZoneBuilder({}).build();
    for (const std::string& text : order) {
      builder.add_host(name(text), host.v4, {}, {});
      const HostChange change{name(text), host};
      zone = zone->with({&change, 1}, 1);
    }
    const auto built = std::move(builder).build();
    for (const Zone* each : {zone.get(), built.get()}) {
      const Found found = each->find(qname(owner));
      std::vector<std::string> names;
      for (std::size_t i = 0; i < found.pointers.size(); ++i) {
        names.push_back(Name::from_wire(each->host(found.pointers, i).owner()).to_string());
      }
      EXPECT_EQ(names, sorted);
    }
  }
}

// The reverse knows hosts by a hash of 32 bits.
TEST(ZoneTest, HostsOfEqualHashAndAddressAreBothPointers) {
  std::unordered_map<std::uint32_t, std::string> seen;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int i = 0; pairs.size() < 3; ++i) {
    const std::string text = "n" + std::to_string(i) + ".mesh.";
    const auto [at, added] = seen.emplace(NodeTable::hash_of(name(text).wire()), text);
    if (!added) pairs.emplace_back(std::min(at->second, text), std::max(at->second, text));
  }
  Hosts hosts;
  std::set<std::string> sorted;
  for (const auto& [a, b] : pairs) {
    for (const std::string& text : {a, b}) {
      hosts[name(text)] = {{v4(0)}, {}, {}};
      sorted.insert(text);
    }
  }
  std::string expected = "pointer apex 3";
  for (const std::string& text : sorted) expected += ' ' + text;
  const auto zone = build(large_spec(), hosts);
  EXPECT_EQ(look_up(*zone, name(reverse_of(v4(0)))), expected);
  for (const auto& [a, b] : pairs) {
    const HostChange change{name(a), {}};
    const auto without = zone->with({&change, 1}, 1);
    hosts.erase(name(a));
    EXPECT_EQ(look_up(*without, name(reverse_of(v4(0)))),
              look_up(*build(large_spec(), hosts), name(reverse_of(v4(0)))));
    hosts[name(a)] = {{v4(0)}, {}, {}};
    EXPECT_EQ(look_up(*without, name(b)), look_up(*zone, name(b)));
    EXPECT_EQ(look_up(*without, name(a)), "nxdomain apex 1");
  }
}

TEST(ZoneTest, OfTwoChangesOfANameTheLastCounts) {
  const auto empty = build(large_spec(), {});
  const Name owner = name("a.b.mesh");
  const HostData first{{v4(0)}, {}, {}};
  const HostData last{{v4(1)}, {}, {}};
  const std::vector<HostChange> changes = {{owner, first}, {owner, {}}, {owner, last}};
  expect_all_same(*empty->with(changes, 1), *build(large_spec(), {{owner, last}}),
                  {owner, owner.parent(), name(reverse_of(v4(0))), name(reverse_of(v4(1)))});
  const std::vector<HostChange> nothing = {{owner, first}, {owner, {}}, {owner, {}}};
  expect_all_same(*empty->with(nothing, 1), *empty,
                  {owner, owner.parent(), name(reverse_of(v4(0)))});
}

TEST(ZoneTest, ANameAddedTwiceKeepsTheFirst) {
  ZoneBuilder builder(large_spec().settings);
  builder.add_host(name("a.b.mesh"), {{v4(0)}}, {}, {});
  builder.add_host(name("a.b.mesh"), {{v4(1)}}, {}, {});
  const auto zone = std::move(builder).build();
  const auto expected =
      build({large_spec().settings, {}, {}}, {{name("a.b.mesh"), {{v4(0)}, {}, {}}}});
  const std::vector<Name> probes = {name("a.b.mesh"), name("b.mesh"), name(reverse_of(v4(0))),
                                    name(reverse_of(v4(1)))};
  expect_all_same(*zone, *expected, probes);
  // Nothing is left of it when it is removed.
  const HostChange change{name("a.b.mesh"), {}};
  expect_all_same(*zone->with({&change, 1}, 1), *build({large_spec().settings, {}, {}}, {}),
                  probes);
}

TEST(ZoneTest, AnAddressGivenTwiceIsOnePointer) {
  const auto zone = build(large_spec(), {{name("a.mesh"), {{v4(0), v4(0)}, {}, {}}}});
  EXPECT_EQ(look_up(*zone, name(reverse_of(v4(0)))), "pointer apex 3 a.mesh.");
}

TEST(ZoneTest, AHostWithAsManyAddressesAsFitARecordSharesAPageWithOthers) {
  HostData huge;
  for (std::size_t i = 0; i <= Host::kMaxCount; ++i) {
    huge.v4.push_back({10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    huge.v6.push_back({0x20, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
  }
  const HostChange change{name("huge.mesh"), huge};
  auto zone = build(large_spec(), {{name("a.mesh"), {{v4(0)}, {}, {}}}});
  zone = zone->with({&change, 1}, 1);
  EXPECT_EQ(zone->host(name("huge.mesh")).v4_count(), Host::kMaxCount);
  EXPECT_EQ(zone->host(name("huge.mesh")).v6_count(), Host::kMaxCount);
  EXPECT_EQ(look_up(*zone, name("a.mesh")), "host apex 1 a.mesh. 241 0 0 0 |");
  EXPECT_EQ(look_up(*zone, name("9.1.0.10.in-addr.arpa")), "pointer apex 0 huge.mesh.");
  const HostChange removal{name("huge.mesh"), {}};
  zone = zone->with({&removal, 1}, 1);
  EXPECT_EQ(look_up(*zone, name("9.1.0.10.in-addr.arpa")), "not ours");
  EXPECT_EQ(look_up(*zone, name("a.mesh")), "host apex 1 a.mesh. 241 0 0 0 |");
}

// For ThreadSanitizer: readers hold old and new zones while newer ones are made from them, and any
// thread may be the last to hold one.
TEST(ZoneTest, ReadersLookUpWhileZonesAreReplaced) {
  Hosts hosts;
  constexpr std::size_t kHosts = 3000;
  for (std::size_t i = 0; i < kHosts; ++i) hosts[service(i)] = service_data(i);
  std::mutex mutex;
  auto published = build(large_spec(), hosts);
  const auto take = [&] {
    const std::lock_guard lock(mutex);
    return published;
  };
  std::atomic<bool> stop = false;
  std::atomic<std::size_t> found = 0;
  const auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!stop) {
      const auto zone = take();
      for (int i = 0; i < 20; ++i) {
        const std::size_t at = random() % kHosts;
        // Those of an even number come and go.
        EXPECT_TRUE(at % 2 == 0 || zone->host(service(at)));
        const Found pointer = zone->find(qname(name(reverse_of(service_data(at).v4[0]))));
        for (std::size_t p = 0; p < pointer.pointers.size(); ++p) {
          found += zone->host(pointer.pointers, p).owner().empty() ? 0 : 1;
        }
      }
    }
  };
  std::thread one(read, 1);
  std::thread two(read, 2);
  std::mt19937 random(3);
  for (std::uint32_t serial = 0; serial < 1000 || found < 1000; ++serial) {
    const std::size_t at = random() % kHosts / 2 * 2;
    HostChange change{service(at), {}};
    if (serial % 2 == 0) change.host = service_data(at + 1);
    auto zone = take()->with({&change, 1}, serial);
    const std::lock_guard lock(mutex);
    published.swap(zone);
  }
  stop = true;
  one.join();
  two.join();
}

}  // namespace
}  // namespace dns
