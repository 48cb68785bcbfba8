#include "dns/cache.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace dns {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

// What the allocator and the containers take for an entry besides the entry: three headers of 16
// octets, the list's pointers, the response's counts, and a slot of the index, which is half empty
// on average.
constexpr std::size_t kOverhead = 3 * 16 + 16 + 16 + 2 * (sizeof(std::string_view) + 8 + 1);
constexpr std::uint32_t kPopular = 3;  // questions within a TTL
constexpr int kRenewPart = 10;         // the last tenth of a TTL is for renewing

}  // namespace

std::size_t Cache::Hash::operator()(std::string_view key) const {
  return std::hash<std::string_view>()(key);
}

std::size_t Cache::Entry::memory() const {
  return sizeof *this + key.capacity() + response->memory() + kOverhead;
}

void Cache::erase(Shard& shard, Entries::iterator entry) {
  shard.bytes -= entry->memory();
  shard.index.erase(entry->key);
  shard.entries.erase(entry);
}

bool Cache::is_popular(const Entry& entry, Time now) const {
  return settings_.prefetch && !entry.response->failed() && entry.hits >= kPopular &&
         entry.expires - now <= (entry.expires - entry.received) / kRenewPart;
}

Hit Cache::find(const Question& question, Time now) {
  Shard& shard = this->shard(question);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.index.find(question.key());
  if (found == shard.index.end()) return {};
  const auto at = found->second;
  Entry& entry = *at;
  const bool fresh = now < entry.expires;
  if (!fresh && (entry.response->failed() || now >= entry.expires + settings_.stale_for)) {
    erase(shard, at);
    return {};
  }
  shard.entries.splice(shard.entries.begin(), shard.entries, at);
  ++entry.hits;
  Hit hit{entry.response, {.cached = true, .stale = !fresh}};
  hit.given.age = static_cast<std::uint32_t>(duration_cast<seconds>(now - entry.received).count());
  hit.settled = fresh || now < entry.settled_until;
  hit.renew = fresh && !entry.renewing && is_popular(entry, now);
  entry.renewing = entry.renewing || hit.renew;
  return hit;
}

void Cache::put(const Question& question, std::shared_ptr<const Response> response, Time now) {
  const bool failed = response->failed();
  const auto ttl =
      failed ? std::chrono::milliseconds(kFailureTtl)
             : std::min<std::chrono::milliseconds>(seconds(response->ttl()), settings_.max_ttl);
  Shard& shard = this->shard(question);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.index.find(question.key());
  if (found != shard.index.end()) {
    Entry& entry = *found->second;
    if (failed && !entry.response->failed()) {
      entry.settled_until = now + kFailureTtl;
      return;
    }
    erase(shard, found->second);
  }
  const std::size_t limit = settings_.size / kShards;
  if (ttl.count() == 0) return;
  Entry entry{std::string(question.key()), std::move(response), now, now + ttl, {}};
  const std::size_t bytes = entry.memory();
  if (bytes > limit) return;
  while (shard.bytes + bytes > limit) erase(shard, std::prev(shard.entries.end()));
  shard.entries.push_front(std::move(entry));
  shard.index.emplace(shard.entries.front().key, shard.entries.begin());
  shard.bytes += bytes;
}

Cache::Usage Cache::usage() const {
  Usage usage;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    usage.entries += shard.entries.size();
    usage.bytes += shard.bytes;
  }
  return usage;
}

}  // namespace dns
