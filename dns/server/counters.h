// What a server has counted since its start: plain numbers, summed over its workers at the moment
// they are asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dns/durations.h"
#include "dns/resolver/upstream_status.h"

namespace dns {

// Where a reply comes from.
enum class Source : std::uint8_t {
  Mesh,   // the zone, or this server itself: special names, refusals, what is no question
  Cache,  // an upstream, for an earlier query
  Stale,  // the same, when its TTL was over
  Upstream,
};
inline constexpr std::array kSources = {Source::Mesh, Source::Cache, Source::Stale,
                                        Source::Upstream};
std::string_view to_string(Source source);  // "mesh"

// The query types that are counted by name; the last stands for all others.
inline constexpr std::array<std::string_view, 15> kCountedTypes = {
    "A",     "AAAA",  "SRV",  "PTR",    "SOA", "NS",  "TXT",  "MX",
    "CNAME", "HTTPS", "SVCB", "DNSKEY", "DS",  "ANY", "other"};
std::size_t counted_type(std::uint16_t qtype);  // index into kCountedTypes

// Likewise of the response codes.
inline constexpr std::array<std::string_view, 8> kCountedRcodes = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "BADVERS", "other"};
std::size_t counted_rcode(std::uint16_t rcode);  // index into kCountedRcodes

// Sums over the workers since the start. Each is only ever added to, but for those of now.
struct Counters {
  std::array<std::uint64_t, kCountedTypes.size()> udp_queries{};  // by type
  std::array<std::uint64_t, kCountedTypes.size()> tcp_queries{};
  // By source and rcode.
  std::array<std::array<std::uint64_t, kCountedRcodes.size()>, kSources.size()> replies{};
  // By source, from the receipt of a query until its reply is handed to the kernel.
  std::array<Durations, kSources.size()> durations;
  std::vector<std::uint64_t> worker_queries;  // one entry a worker
  std::uint64_t dropped = 0;                  // no answer was due
  std::uint64_t refused = 0;                  // client not allowed
  std::uint64_t tcp_connections = 0;
  std::uint64_t tcp_closed_at_limit = 0;

  // Names that are not ours.
  std::uint64_t coalesced = 0;  // questions that another client had asked already
  std::uint64_t prefetches = 0;
  std::uint64_t limited = 0;    // questions refused at a limit
  std::uint64_t questions = 0;  // asked of upstreams: once each, however many of them are asked
  std::uint64_t failures = 0;   // those of them that no upstream answered
  std::uint64_t upstream_queries = 0;
  std::uint64_t upstream_tcp_queries = 0;  // asked again for truncation
  // Replies that were dropped.
  std::uint64_t upstream_malformed = 0;
  std::uint64_t upstream_wrong_id = 0;
  std::uint64_t upstream_wrong_question = 0;
  std::uint64_t upstream_wrong_case = 0;
  std::uint64_t cache_entries = 0;        // now
  std::uint64_t cache_bytes = 0;          // now
  std::vector<UpstreamStatus> upstreams;  // those of now, in the order of the routes

  std::uint64_t queries() const;
  std::uint64_t replies_from(Source source) const;
  std::uint64_t replies_with(std::size_t rcode) const;
};

}  // namespace dns
