#include "dns/reverse.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace dns {

// The beginning of an address that a qname spells, from its last label on.
struct Reverse::Prefix {
  Address address{};
  unsigned labels = 0;  // how many of the name's labels are part of it
  bool whole = true;    // no label is left over in front
};

namespace {

using namespace std::string_view_literals;

constexpr unsigned kSuffixLabels = 2;
// A chunk of IPv4 addresses is 8 KiB. A change copies one and the list of all.
constexpr std::size_t kMostEntries = 1024;
constexpr std::size_t kEntries = 768;  // of a new chunk

bool share_bits(const Reverse::Address& a, const Reverse::Address& b, unsigned bits) {
  if (std::memcmp(a.data(), b.data(), bits / 8) != 0) return false;
  return bits % 8 == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8) == 0;
}

// The number that a label spells, in the one way that RFC 1035, 3.5 and RFC 3596, 2.5 know.
std::optional<std::uint8_t> parse_label(std::string_view label, unsigned bits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(label.data(), label.data() + label.size(), value, bits == 8 ? 10 : 16);
  const bool padded = label.size() > 1 && label.front() == '0';
  if (error != std::errc() || end != label.data() + label.size() || padded || value >> bits != 0) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(value);
}

void set_label(Reverse::Address& address, unsigned i, unsigned bits, std::uint8_t value) {
  if (bits == 8) {
    address[i] = value;
  } else {
    address[i / 2] |= static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : value);
  }
}

unsigned get_label(const Reverse::Address& address, unsigned i, unsigned bits) {
  if (bits == 8) return address[i];
  return i % 2 == 0 ? address[i / 2] >> 4 : address[i / 2] & 0xf;
}

}  // namespace

std::string_view Reverse::suffix() const {
  return octets_ == 4 ? "\7in-addr\4arpa\0"sv : "\3ip6\4arpa\0"sv;
}

// Makes chunks from entries in their order.
class Reverse::Cutter {
 public:
  explicit Cutter(std::size_t octets) : octets_(octets), made_(std::make_shared<Chunks>()) {}

  void reserve(std::size_t chunks) {
    made_->chunks.reserve(chunks);
    made_->firsts.reserve(chunks * octets_);
  }
  void add(const std::uint8_t* begin, const std::uint8_t* end) {
    waiting_.insert(waiting_.end(), begin, end);
  }
  void add(const Address& address, std::uint32_t hash) {
    waiting_.insert(waiting_.end(), address.begin(), address.begin() + static_cast<long>(octets_));
    std::uint8_t bytes[sizeof hash];
    std::memcpy(bytes, &hash, sizeof hash);
    waiting_.insert(waiting_.end(), bytes, bytes + sizeof bytes);
  }
  // A chunk with other entries than before must not stay so small that chunks become many.
  bool is_short() const {
    return !waiting_.empty() && waiting_.size() / stride() < kMostEntries / 4;
  }
  void cut() {
    const std::size_t count = waiting_.size() / stride();
    const std::size_t chunks = count <= kMostEntries ? 1 : (count + kEntries - 1) / kEntries;
    for (std::size_t begin = 0; begin < count;) {
      std::size_t end = std::min(count, begin + (count + chunks - 1) / chunks);
      while (end < count && same_address(end - 1, end)) ++end;
      make(begin, end);
      begin = end;
    }
    waiting_.clear();
  }
  void share(boost::intrusive_ptr<const Chunk> chunk) {
    made_->bytes += size(chunk->count);
    made_->firsts.insert(made_->firsts.end(), chunk->entries(), chunk->entries() + octets_);
    made_->chunks.push_back(std::move(chunk));
  }
  std::shared_ptr<const Chunks> finish() {
    cut();
    return std::move(made_);
  }

 private:
  std::size_t stride() const { return octets_ + sizeof(std::uint32_t); }
  std::size_t size(std::size_t count) const { return sizeof(Chunk) + count * stride(); }
  bool same_address(std::size_t a, std::size_t b) const {
    return std::memcmp(&waiting_[a * stride()], &waiting_[b * stride()], octets_) == 0;
  }
  void make(std::size_t begin, std::size_t end) {
    const auto chunk = Chunk::make((end - begin) * stride());
    chunk->count = end - begin;
    std::memcpy(chunk->entries(), &waiting_[begin * stride()], (end - begin) * stride());
    share(chunk);
  }

  std::size_t octets_;
  std::vector<std::uint8_t> waiting_;  // entries
  std::shared_ptr<Chunks> made_;
};

Reverse::Reverse(std::size_t octets) : octets_(octets), chunks_(std::make_shared<Chunks>()) {}

void Reverse::add_range(const Address& first, unsigned length) {
  ranges_.push_back({first, (length + label_bits() - 1) / label_bits(), length});
  // The outermost of nested ranges decides the apex.
  std::ranges::stable_sort(ranges_, {}, &Range::length);
}

void Reverse::fill(std::span<const Entry> entries) {
  Cutter cutter(octets_);
  cutter.reserve(entries.size() / kEntries + 1);
  for (const Entry& entry : entries) cutter.add(entry.address, entry.hash);
  chunks_ = cutter.finish();
}

Reverse Reverse::without_hosts() const {
  Reverse empty(octets_);
  empty.ranges_ = ranges_;
  return empty;
}

Reverse Reverse::with(std::span<const Edit> edits) const {
  Reverse edited = *this;
  if (edits.empty()) return edited;
  const auto& old = chunks_->chunks;
  Cutter cutter(octets_);
  cutter.reserve(old.size() + 1);
  for (const auto& chunk : old) chunk->expect_holder();
  auto edit = edits.begin();
  const auto insert = [&] {
    for (const std::uint32_t hash : edit->hashes) cutter.add(edit->address, hash);
    ++edit;
  };
  for (std::size_t i = 0; i < old.size(); ++i) {
    const auto concerns = [&] {
      return edit != edits.end() && (i + 1 == old.size() || chunk_of(edit->address) == i);
    };
    if (!concerns() && !cutter.is_short()) {
      cutter.cut();
      cutter.share(old[i]);
      continue;
    }
    const std::uint8_t* at = old[i]->entries();
    const std::uint8_t* const end = at + old[i]->count * entry_size();
    for (; concerns(); insert()) {
      const std::uint8_t* const place = lower_bound(*old[i], edit->address);
      cutter.add(at, place);
      at = place;
      while (at != end && std::memcmp(at, edit->address.data(), octets_) == 0) at += entry_size();
    }
    cutter.add(at, end);
  }
  while (edit != edits.end()) insert();
  edited.chunks_ = cutter.finish();
  return edited;
}

Reverse::Prefix Reverse::parse(const Qname& qname) const {
  Prefix prefix;
  const unsigned spelled = qname.labels - kSuffixLabels;
  for (unsigned i = 0; i < spelled; ++i) {
    const auto value = i < address_labels()
                           ? parse_label(qname.label(spelled - 1 - i), label_bits())
                           : std::nullopt;
    if (!value) {
      prefix.whole = false;
      break;
    }
    set_label(prefix.address, i, label_bits(), *value);
    ++prefix.labels;
  }
  return prefix;
}

const Reverse::Range* Reverse::range_of(const Prefix& prefix) const {
  for (const Range& range : ranges_) {
    if (prefix.labels >= range.labels && share_bits(prefix.address, range.first, range.length)) {
      return &range;
    }
  }
  return nullptr;
}

bool Reverse::covers(const Address& address) const {
  return std::ranges::any_of(
      ranges_, [&](const Range& range) { return share_bits(address, range.first, range.length); });
}

// The chunk that has the address if any has. REQUIRES: there is a chunk.
std::size_t Reverse::chunk_of(const Address& address) const {
  std::size_t begin = 0;
  for (std::size_t count = chunks_->chunks.size(); count > 1;) {
    const std::size_t half = count / 2;
    const std::uint8_t* first = &chunks_->firsts[(begin + half) * octets_];
    if (std::memcmp(first, address.data(), octets_) <= 0) begin += half;
    count -= half;
  }
  return begin;
}

const std::uint8_t* Reverse::lower_bound(const Chunk& chunk, const Address& address) const {
  const std::uint8_t* begin = chunk.entries();
  for (std::size_t count = chunk.count; count > 0;) {
    const std::size_t half = count / 2;
    const std::uint8_t* middle = begin + half * entry_size();
    if (std::memcmp(middle, address.data(), octets_) < 0) {
      begin = middle + entry_size();
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return begin;
}

Reverse::Hosts Reverse::find(const Address& address) const {
  if (chunks_->chunks.empty()) return {};
  const Chunk& chunk = *chunks_->chunks[chunk_of(address)];
  const std::uint8_t* const first = lower_bound(chunk, address);
  const std::uint8_t* const end = chunk.entries() + chunk.count * entry_size();
  std::size_t count = 0;
  for (const std::uint8_t* at = first; at != end; at += entry_size()) {
    if (std::memcmp(at, address.data(), octets_) != 0) break;
    ++count;
  }
  return {first, count, octets_};
}

bool Reverse::any_below(const Prefix& prefix) const {
  if (chunks_->chunks.empty()) return false;
  const std::size_t i = chunk_of(prefix.address);
  const Chunk& chunk = *chunks_->chunks[i];
  const std::uint8_t* at = lower_bound(chunk, prefix.address);
  if (at == chunk.entries() + chunk.count * entry_size()) {
    if (i + 1 == chunks_->chunks.size()) return false;
    at = chunks_->chunks[i + 1]->entries();
  }
  Address address{};
  std::memcpy(address.data(), at, octets_);
  return share_bits(address, prefix.address, prefix.labels * label_bits());
}

Reverse::Found Reverse::find(const Qname& qname) const {
  const Prefix prefix = parse(qname);
  const unsigned spelled = qname.labels - kSuffixLabels;
  const bool whole = prefix.whole && prefix.labels == address_labels();
  const Hosts hosts = whole ? find(prefix.address) : Hosts();
  const Range* range = range_of(prefix);
  if (range == nullptr) {
    // The PTR of a VIP elsewhere is a single name, an apex of its own.
    return hosts.empty() ? Found{} : Found{Found::What::Pointer, 0, hosts};
  }
  const auto apex = static_cast<std::uint8_t>(spelled - range->labels);
  if (!hosts.empty()) return {Found::What::Pointer, apex, hosts};
  const bool exists = prefix.whole && (apex == 0 || (!whole && any_below(prefix)));
  return {exists ? Found::What::Empty : Found::What::NxDomain, apex};
}

std::string Reverse::name_of(const Address& address, unsigned labels) const {
  std::string text;
  for (unsigned i = labels; i-- > 0;) {
    char digits[4];
    const auto end = std::to_chars(digits, digits + sizeof digits,
                                   get_label(address, i, label_bits()), octets_ == 4 ? 10 : 16);
    text.append(digits, end.ptr).append(1, '.');
  }
  return text + (octets_ == 4 ? "in-addr.arpa." : "ip6.arpa.");
}

std::vector<Name> Reverse::apexes() const {
  std::vector<Name> names;
  for (const Range& range : ranges_) {
    // A /12 is sixteen zones of 16 bits: the free bits of the apexes' last label count them.
    const unsigned count = 1u << (range.labels * label_bits() - range.length);
    for (unsigned i = 0; i < count; ++i) {
      Address first = range.first;
      if (range.labels > 0) {
        set_label(first, range.labels - 1, label_bits(),
                  static_cast<std::uint8_t>(get_label(first, range.labels - 1, label_bits()) + i));
      }
      if (auto name = Name::parse(name_of(first, range.labels))) names.push_back(std::move(*name));
    }
  }
  return names;
}

std::size_t Reverse::memory() const {
  return chunks_->bytes + chunks_->chunks.capacity() * sizeof(chunks_->chunks[0]) +
         chunks_->firsts.capacity() + ranges_.capacity() * sizeof(Range);
}

}  // namespace dns
