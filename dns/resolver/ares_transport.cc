#include "dns/resolver/ares_transport.h"

#include <array>
#include <cstdint>
#include <utility>

namespace dns {
namespace {

// Kept for the next questions: c-ares takes 30 µs to make one, and 70 KiB of memory.
constexpr std::size_t kIdleChannels = 128;

}  // namespace

AresTransport::AresTransport(boost::asio::io_context& io, const UpstreamAddress& address,
                             TransportCounts& counts)
    : io_(io), address_(address), counts_(counts) {}

AresTransport::ChannelPtr AresTransport::take_channel() {
  if (idle_.empty()) return std::make_shared<AresChannel>(io_, address_, counts_);
  ChannelPtr channel = std::move(idle_.back());
  idle_.pop_back();
  return channel;
}

void AresTransport::ask(const Question& question, std::chrono::milliseconds timeout, Done done) {
  ChannelPtr channel = take_channel();
  AresChannel* const used = channel.get();
  busy_.emplace(used, std::move(channel));
  std::array<std::uint8_t, 32> cases{};  // a bit for each letter
  const bool mixed_case = keeps_case_;
  if (mixed_case) random_.fill(cases);
  used->ask(question.query(random_.u16(), cases), timeout,
            [this, alive = std::weak_ptr(alive_), used, mixed_case,
             done = std::move(done)](TransportResult result) {
              if (!alive.expired()) complete(used, mixed_case, std::move(result), done);
            });
}

void AresTransport::complete(AresChannel* used, bool mixed_case, TransportResult result,
                             const Done& done) {
  ChannelPtr channel = std::move(busy_.extract(used).mapped());
  result.lost_case = result.lost_case && mixed_case;
  if (result.lost_case) keeps_case_ = false;
  if (!channel->is_spoiled() && idle_.size() < kIdleChannels) idle_.push_back(std::move(channel));
  done(std::move(result));
}

}  // namespace dns
