// Random zones and questions: every answer must be the one that a plain set of names gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "dns/answer.h"
#include "tests/dns/message.h"

namespace dns {
namespace {

struct ModelHost {
  std::size_t v4 = 0;
  std::size_t v6 = 0;
  std::vector<SrvPort> ports;
};

// The same zone, as slowly and plainly as can be.
struct Model {
  std::set<Name> apexes;
  std::map<Name, ModelHost> hosts;

  std::map<Name, std::size_t> services() const {  // owner -> number of SRV
    std::map<Name, std::size_t> all;
    for (const auto& [name, host] : hosts) {
      for (const SrvPort& port : host.ports) {
        all[*Name::parse('_' + port.name + (port.udp ? "._udp." : "._tcp.") + name.to_string())]++;
      }
    }
    return all;
  }

  // A zone inside another is part of it, and its apex a name like all others.
  void merge_apexes() {
    const auto all = apexes;
    std::erase_if(apexes, [&](const Name& apex) {
      return std::ranges::any_of(
          all, [&](const Name& outer) { return apex != outer && apex.is_within(outer); });
    });
  }

  bool is_ours(const Name& qname) const {
    for (const Name& apex : apexes) {
      if (qname.is_within(apex)) return true;
    }
    if (hosts.contains(qname)) return true;
    for (const auto& [service, count] : services()) {
      if (qname == service || qname == service.parent()) return true;
    }
    return false;
  }

  bool exists(const Name& qname) const {
    const auto covers = [&](const Name& owner) { return owner.is_within(qname); };
    for (const Name& apex : apexes) {
      if (apex == qname) return true;
    }
    for (const auto& [name, host] : hosts) {
      if (covers(name)) return true;
    }
    for (const auto& [service, count] : services()) {
      if (covers(service)) return true;
    }
    return false;
  }

  std::size_t answers(const Name& qname, const std::string& qtype) const {
    if (const auto host = hosts.find(qname); host != hosts.end()) {
      if (qtype == "A") return host->second.v4;
      if (qtype == "AAAA") return host->second.v6;
      return qtype == "SRV" ? host->second.ports.size() : 0;
    }
    const auto all = services();
    const auto service = all.find(qname);
    return qtype == "SRV" && service != all.end() ? service->second : 0;
  }
};

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }

  Name name(std::size_t most_labels) {
    static const char* const kLabels[] = {"a", "b", "_tcp", "_udp", "_a", "mesh"};
    std::string text;
    for (std::size_t i = below(most_labels) + 1; i > 0; --i) {
      text += kLabels[below(std::size(kLabels))];
      text += '.';
    }
    return *Name::parse(text);
  }

  ModelHost host() {
    ModelHost host{below(3), below(3), {}};
    for (const char* port : {"a", "b"}) {
      if (below(3) == 0)
        host.ports.push_back({static_cast<std::uint16_t>(below(65535)), below(2) == 0, port});
    }
    return host;
  }

 private:
  std::mt19937 random_;
};

std::shared_ptr<const Zone> build(const Model& model) {
  ZoneSettings settings;
  settings.apexes = {model.apexes.begin(), model.apexes.end()};
  ZoneBuilder builder(std::move(settings));
  for (const auto& [name, host] : model.hosts) {
    std::vector<Ipv4> v4;
    std::vector<Ipv6> v6;
    for (std::size_t i = 0; i < host.v4; ++i)
      v4.push_back({241, 0, 0, static_cast<std::uint8_t>(i)});
    for (std::size_t i = 0; i < host.v6; ++i) v6.push_back({0xfd, static_cast<std::uint8_t>(i)});
    builder.add_host(name, v4, v6, host.ports);
  }
  return std::move(builder).build();
}

// A host whose own name looks like a service of another would be both; Kuma's hostnames never begin
// with an underscore, so that the model leaves these out.
bool is_hostname(const Name& name) {
  return name.to_string().find('_') == std::string::npos;
}

TEST(ModelTest, EveryAnswerIsTheModels) {
  std::size_t answered = 0;
  for (unsigned round = 0; round < 1000; ++round) {
    Random random(round);
    Model model;
    for (std::size_t i = random.below(3); i > 0; --i) {
      const Name apex = random.name(2);
      if (is_hostname(apex)) model.apexes.insert(apex);
    }
    for (std::size_t i = random.below(8); i > 0; --i) {
      const Name name = random.name(4);
      if (is_hostname(name)) model.hosts.emplace(name, random.host());
    }
    const auto zone = build(model);
    model.merge_apexes();
    for (int question = 0; question < 60; ++question) {
      const Name qname = random.name(6);
      const std::string qtype =
          std::vector<std::string>{"A", "AAAA", "SRV", "TXT"}[random.below(4)];
      SCOPED_TRACE("round " + std::to_string(round) + ": " + qname.to_string() + ' ' + qtype);
      test::Bytes out(kMaxMessage);
      const Answer answer =
          dns::answer(test::make_query(qname.to_string(), qtype), *zone, Transport::Tcp, out);
      ASSERT_EQ(answer.verdict, model.is_ours(qname) ? Verdict::Reply : Verdict::Forward);
      if (answer.verdict != Verdict::Reply) continue;
      out.resize(answer.size);
      const test::Message reply = test::read(out);
      const std::size_t expected = model.answers(qname, qtype);
      EXPECT_EQ(reply.rcode, model.exists(qname) ? "NOERROR" : "NXDOMAIN");
      EXPECT_EQ(reply.answer.size(), expected);
      EXPECT_EQ(reply.authority.size(), expected == 0 ? 1u : 0u);
      answered += expected != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(answered, 200u);  // the questions do hit something
}

}  // namespace
}  // namespace dns
