// Asks an upstream over UDP, and over TCP if the answer is truncated: a pool of c-ares channels,
// one for each question in flight.
//
// Each query has a random id, a random source port and its letters in random case, until the
// upstream turns out not to keep the case. Belongs to the resolver's thread. Internal to the
// folder.
#pragma once

#include <chrono>
#include <memory>
#include <unordered_map>
#include <vector>

#include "dns/resolver/ares_channel.h"
#include "dns/resolver/random.h"
#include "dns/resolver/upstream_transport.h"

namespace dns {

class AresTransport final : public UpstreamTransport {
 public:
  AresTransport(boost::asio::io_context& io, const UpstreamAddress& address,
                TransportCounts& counts);

  void ask(const Question& question, std::chrono::milliseconds timeout, Done done) override;

 private:
  using ChannelPtr = std::shared_ptr<AresChannel>;

  ChannelPtr take_channel();
  void complete(AresChannel* used, bool mixed_case, TransportResult result, const Done& done);

  boost::asio::io_context& io_;
  const UpstreamAddress address_;
  TransportCounts& counts_;
  Random random_;
  bool keeps_case_ = true;
  std::vector<ChannelPtr> idle_;
  std::unordered_map<AresChannel*, ChannelPtr> busy_;
  // Results that are still queued when the transport ends are dropped.
  const std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace dns
