// What an upstream answered, in the form in which it is kept and given to clients: all of the
// message but its id and its OPT, which belong to the connection it came by.
//
// An immutable value once it is read; share it between threads. Reading and giving are pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dns/answer.h"
#include "dns/query.h"
#include "dns/question.h"

namespace dns {

// Whether a message is the answer to the query that was sent.
enum class Match : std::uint8_t {
  True,
  Malformed,  // no response, or one whose records can't be told apart
  WrongId,
  WrongQuestion,
  WrongCase,  // of the question's letters, and nothing else
};
Match match(std::span<const std::uint8_t> query, std::span<const std::uint8_t> reply);

struct Given;

class Response {
 public:
  // Nothing if it is malformed. Octets behind the last record are ignored.
  static std::optional<Response> read(std::span<const std::uint8_t> message);
  // SERVFAIL, for a question that no upstream answered, and why.
  static Response servfail(const Question& question, Ede why);

  Rcode rcode() const { return rcode_; }
  // The server couldn't or wouldn't: neither records, nor that there are none.
  bool failed() const { return rcode_ != Rcode::NoError && rcode_ != Rcode::NxDomain; }
  // How long it may be kept, s: the least TTL in it; of a negative answer also the SOA's MINIMUM,
  // and 0 without a SOA (RFC 2308, 5); 0 if it failed or is truncated.
  std::uint32_t ttl() const { return ttl_; }
  std::size_t memory() const;  // bytes

 private:
  friend Answer give(const Query&, const Response&, const Given&, Transport,
                     std::span<std::uint8_t>, std::uint16_t);
  friend class ResponseReader;

  std::span<const std::uint8_t> message(std::size_t end) const { return {bytes_.data(), end}; }
  std::uint32_t ttl_offset(std::size_t i) const;

  // The message, and behind it the offsets of its TTLs, 16 bits each.
  std::vector<std::uint8_t> bytes_;
  std::uint16_t question_end_ = 0;
  std::uint16_t answer_end_ = 0;
  std::uint16_t authority_end_ = 0;
  std::uint16_t end_ = 0;
  Rcode rcode_ = Rcode::NoError;
  std::optional<std::uint16_t> ede_;  // the extended error that came with it
  std::uint32_t ttl_ = 0;
};

// How a response comes to the client.
struct Given {
  std::uint32_t age = 0;  // s since it came, by which the TTLs are less
  bool cached = false;    // it came for an earlier query
  bool stale = false;     // its TTL is over: RFC 8767
};

// The TTL of stale records, s (RFC 8767, 4).
inline constexpr std::uint32_t kStaleTtl = 30;

// Writes the response for the client that sent `query`: its id, question and flags, an OPT of ours
// if it has one. Where it doesn't fit, the additional section is left out, then that of authority,
// then all, with TC. REQUIRES: as for answer(); the response is to the same Question.
Answer give(const Query& query, const Response& response, const Given& given, Transport transport,
            std::span<std::uint8_t> out, std::uint16_t keepalive = 0);

}  // namespace dns
