// Responses of upstreams, kept for their TTL and beyond it, as better than nothing (RFC 8767).
//
// Shared by the workers, which read it, and the resolver, which fills it. Any thread may call it:
// it is cut into shards with a lock each, which is held for a lookup only. It has no clock: `now`
// is a parameter, and never goes back. What is kept never exceeds its size; who was not asked for
// longest goes first.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "dns/cache_settings.h"
#include "dns/question.h"
#include "dns/response.h"

namespace dns {

// How long a failure is remembered: SERVFAIL is given, or the stale response, without asking again
// (RFC 9520, 3.2, wants 1 s at least; RFC 8767, 5, calls it the failure recheck timer).
inline constexpr std::chrono::seconds kFailureTtl{2};

struct Hit {
  std::shared_ptr<const Response> response;  // null: nothing is there
  Given given;
  bool settled = false;  // it is the answer: fresh, or stale and just tried in vain
  bool renew = false;    // fresh and popular, and nearly over; told to one caller only
};

class Cache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Cache(const CacheSettings& settings) : settings_(settings) {}

  Hit find(const Question& question, Time now);
  // A failure never takes the place of a response that was none.
  void put(const Question& question, std::shared_ptr<const Response> response, Time now);

  struct Usage {
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };
  Usage usage() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Response> response;
    Time received;
    Time expires;
    Time settled_until;  // a failure to renew it: until then it isn't tried again
    std::uint32_t hits = 0;
    bool renewing = false;

    std::size_t memory() const;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::string_view key) const;
  };
  using Entries = std::list<Entry>;  // the one that was asked for last is in front
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Entries entries;
    boost::unordered_flat_map<std::string_view, Entries::iterator, Hash> index;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard(const Question& question) { return shards_[question.hash() >> 32 & (kShards - 1)]; }
  static void erase(Shard& shard, Entries::iterator entry);
  bool is_popular(const Entry& entry, Time now) const;

  const CacheSettings settings_;
  std::array<Shard, kShards> shards_;
};

}  // namespace dns
