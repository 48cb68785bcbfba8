#include "dns/zone.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace dns {
namespace {

constexpr std::size_t kMaxCount = 0xffff;                  // of addresses or ports in a record
constexpr std::size_t kMaxPortName = Name::kMaxLabel - 1;  // an underscore stands before it

void assign(Qname& qname, const Name& name) {
  const std::string_view wire = name.wire();
  qname.assign(reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size());
}

std::uint32_t tag(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

// The outermost of `apexes`, each once: a zone inside another is part of it.
std::vector<Name> merged(std::vector<Name> apexes) {
  std::ranges::sort(apexes, {}, [](const Name& name) { return name.wire().size(); });
  std::vector<Name> outer;
  for (Name& apex : apexes) {
    const auto contains = [&](const Name& other) { return apex.is_within(other); };
    if (std::ranges::none_of(outer, contains)) outer.push_back(std::move(apex));
  }
  return outer;
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

}  // namespace

std::size_t Zone::slot(const Qname& qname, std::size_t label) const {
  const std::uint64_t hash = qname.hashes[label];
  const std::string_view name = qname.suffix(label);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    if (slots_[i] == 0) return i;
    if (slots_[i] >> 32 != tag(hash)) continue;
    const auto record = static_cast<std::uint32_t>(slots_[i]) - 1;
    if (Host(at(record)).owner() == name) return i;
  }
}

Host Zone::node(const Qname& qname, std::size_t label) const {
  const std::uint64_t found = slots_[slot(qname, label)];
  return found == 0 ? Host() : Host(at(static_cast<std::uint32_t>(found) - 1));
}

bool Zone::find_apex(const Qname& qname, Found& found) const {
  for (std::size_t label = 0; label <= qname.labels; ++label) {
    if (!node(qname, label).is(Host::kApex)) continue;
    found.apex = static_cast<std::uint8_t>(label);
    return true;
  }
  return false;
}

std::uint8_t Zone::apex_of_host(const Qname& qname) const {
  // Where no zone of ours contains the host, it is the apex itself.
  Found found;
  return find_apex(qname, found) ? found.apex : 0;
}

bool Zone::falls_through(const Qname& qname) const {
  return std::ranges::any_of(settings_.fallthrough, [&](const Name& zone) {
    for (std::size_t label = 0; label <= qname.labels; ++label) {
      if (qname.suffix(label) == zone.wire()) return true;
    }
    return false;
  });
}

// _port._proto of a host is no node: the host's ports tell whether it exists.
bool Zone::find_service(const Qname& qname, Found& found) const {
  const auto proto_label = [&](std::size_t i) {
    return qname.labels > i && (qname.label(i) == "_tcp" || qname.label(i) == "_udp");
  };
  const std::size_t proto = proto_label(0) ? 0 : 1;
  if (!proto_label(proto) || (proto == 1 && qname.label(0).front() != '_')) return false;
  const Host host = node(qname, proto + 1);
  if (!host.is(Host::kHost)) return false;
  const bool udp = qname.label(proto) == "_udp";
  const bool exists = host.any_port([&](const Host::Port& port) {
    return port.udp == udp && (proto == 0 || qname.label(0).substr(1) == port.name);
  });
  if (!exists) return false;
  found.what = proto == 0 ? Found::What::Empty : Found::What::Service;
  found.host = host;
  // Where no zone of ours contains the host, it is the apex itself.
  if (!find_apex(qname, found)) found.apex = static_cast<std::uint8_t>(proto + 1);
  return true;
}

Found Zone::find_host(const Qname& qname) const {
  Found found;
  found.host = node(qname, 0);
  if (found.host.is(Host::kHost)) {
    found.what = Found::What::Host;
    return found;
  }
  if (find_service(qname, found)) return found;
  if (!find_apex(qname, found)) return found;
  found.what = found.host.record_ != nullptr ? Found::What::Empty : Found::What::NxDomain;
  return found;
}

Found Zone::find_reverse(const Qname& qname, const Reverse& reverse) const {
  const Reverse::Found in = reverse.find(qname);
  Found found;
  found.apex = in.apex;
  found.pointers = in.entries;
  switch (in.what) {
    case Reverse::Found::What::NotOurs:
      return find_host(qname);
    case Reverse::Found::What::NxDomain:
      found.what = Found::What::NxDomain;
      break;
    case Reverse::Found::What::Empty:
      found.what = Found::What::Empty;
      break;
    case Reverse::Found::What::Pointer:
      found.what = Found::What::Pointer;
      break;
  }
  return found;
}

Found Zone::find(const Qname& qname) const {
  const std::string_view tail = qname.labels >= 2 ? qname.suffix(qname.labels - 2u) : "";
  Found found = tail == reverse4_.suffix()   ? find_reverse(qname, reverse4_)
                : tail == reverse6_.suffix() ? find_reverse(qname, reverse6_)
                                             : find_host(qname);
  if (found.what == Found::What::NotOurs) return found;
  if (!settings_.ready) found.what = Found::What::NotReady;
  if (found.what == Found::What::NxDomain && falls_through(qname)) return {};
  return found;
}

std::size_t Zone::memory() const {
  return records_.capacity() + slots_.capacity() * sizeof(std::uint64_t) + reverse4_.memory() +
         reverse6_.memory();
}

std::uint32_t Zone::append(std::string_view owner, std::span<const Ipv4> v4,
                           std::span<const Ipv6> v6, std::span<const SrvPort> ports,
                           std::uint8_t flags) {
  v4 = v4.first(std::min(v4.size(), kMaxCount));
  v6 = v6.first(std::min(v6.size(), kMaxCount));
  const auto record = static_cast<std::uint32_t>(records_.size() / 4);
  const auto put16 = [&](std::size_t value) {
    records_.push_back(static_cast<std::uint8_t>(value));
    records_.push_back(static_cast<std::uint8_t>(value >> 8));
  };
  put16(v4.size());
  put16(v6.size());
  put16(0);  // the ports are counted below
  records_.push_back(static_cast<std::uint8_t>(owner.size()));
  records_.push_back(flags);
  for (const Ipv4& ip : v4) records_.insert(records_.end(), ip.begin(), ip.end());
  for (const Ipv6& ip : v6) records_.insert(records_.end(), ip.begin(), ip.end());
  records_.insert(records_.end(), owner.begin(), owner.end());
  std::size_t count = 0;
  for (const SrvPort& port : ports) {
    if (port.name.empty() || port.name.size() > kMaxPortName || count == kMaxCount) continue;
    const std::string name = lowered(port.name);
    for (const unsigned octet : {unsigned{port.port} >> 8, unsigned{port.port} & 0xff,
                                 port.udp ? 1u : 0u, static_cast<unsigned>(name.size())}) {
      records_.push_back(static_cast<std::uint8_t>(octet));
    }
    records_.insert(records_.end(), name.begin(), name.end());
    ++count;
  }
  records_[4ul * record + 4] = static_cast<std::uint8_t>(count);
  records_[4ul * record + 5] = static_cast<std::uint8_t>(count >> 8);
  records_.resize((records_.size() + 3) / 4 * 4);
  return record;
}

void Zone::grow() {
  const std::vector<std::uint64_t> old = std::move(slots_);
  slots_.assign(old.size() * 2, 0);
  Qname qname;
  for (const std::uint64_t slot : old) {
    if (slot == 0) continue;
    const std::string_view owner = Host(at(static_cast<std::uint32_t>(slot) - 1)).owner();
    qname.assign(reinterpret_cast<const std::uint8_t*>(owner.data()), owner.size());
    std::size_t i = qname.hashes[0] & (slots_.size() - 1);
    while (slots_[i] != 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = slot;
  }
}

void Zone::put(const Qname& qname, std::size_t label, std::uint32_t record) {
  // Two thirds full: a probe finds its slot in one cache line nearly always.
  if ((nodes_ + 1) * 3 > slots_.size() * 2) grow();
  std::uint64_t& slot = slots_[this->slot(qname, label)];
  if (slot == 0) ++nodes_;
  slot = std::uint64_t{tag(qname.hashes[label])} << 32 | (record + 1);
}

ZoneBuilder::ZoneBuilder(ZoneSettings settings) : zone_(new Zone) {
  zone_->settings_ = std::move(settings);
  zone_->settings_.apexes = merged(std::move(zone_->settings_.apexes));
  zone_->slots_.assign(16, 0);
  Qname qname;
  for (const Name& apex : zone_->settings_.apexes) {
    assign(qname, apex);
    zone_->put(qname, 0, zone_->append(apex.wire(), {}, {}, {}, Host::kApex));
  }
}

ZoneBuilder::~ZoneBuilder() = default;

void ZoneBuilder::add_host(const Name& owner, std::span<const Ipv4> v4, std::span<const Ipv6> v6,
                           std::span<const SrvPort> ports) {
  Zone& zone = *zone_;
  Qname qname;
  assign(qname, owner);
  const Host before = zone.node(qname, 0);
  if (before.is(Host::kHost)) return;
  const std::uint8_t apex = before.is(Host::kApex) ? Host::kApex : 0;
  Found in;
  const bool inside = zone.find_apex(qname, in);
  const std::uint32_t record = zone.append(owner.wire(), v4, v6, ports, Host::kHost | apex);
  zone.put(qname, 0, record);
  ++zone.hosts_;
  // The names between it and the apex exist, though they may own nothing (RFC 8020).
  for (std::size_t label = 1; inside && label < in.apex; ++label) {
    if (zone.node(qname, label).record_ != nullptr) break;
    zone.put(qname, label, zone.append(qname.suffix(label), {}, {}, {}, 0));
  }
  const bool outside = zone.settings_.pointers_outside_ranges;
  for (const Ipv4& ip : v4) {
    Reverse::Address address{};
    std::ranges::copy(ip, address.begin());
    if (outside || zone.reverse4_.covers(address)) zone.reverse4_.add(address, record);
  }
  for (const Ipv6& ip : v6) {
    if (outside || zone.reverse6_.covers(ip)) zone.reverse6_.add(ip, record);
  }
}

void ZoneBuilder::add_reverse(const Ipv4& first, unsigned length) {
  Reverse::Address address{};
  std::ranges::copy(first, address.begin());
  zone_->reverse4_.add_range(address, length);
}

void ZoneBuilder::add_reverse(const Ipv6& first, unsigned length) {
  zone_->reverse6_.add_range(first, length);
}

std::shared_ptr<const Zone> ZoneBuilder::build() && {
  zone_->reverse4_.seal();
  zone_->reverse6_.seal();
  zone_->records_.shrink_to_fit();
  for (const Reverse* reverse : {&zone_->reverse4_, &zone_->reverse6_}) {
    for (Name& apex : reverse->apexes()) zone_->settings_.apexes.push_back(std::move(apex));
  }
  return std::shared_ptr<const Zone>(std::move(zone_));
}

}  // namespace dns
