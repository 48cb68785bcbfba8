// The zone in use: one thread publishes it, and every worker takes it before the next batch.
//
// A client that has seen a zone is never answered from an older one, whichever worker it asks: each
// looks here after it has received queries. That costs a read of a word which hardly ever changes.
// Internal to the folder.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "dns/zone.h"

namespace dns {

// All functions may be called on any thread.
class alignas(64) PublishedZone {
 public:
  // What one worker holds of it.
  struct Held {
    std::shared_ptr<const Zone> zone;
    std::uint64_t version = 0;
  };

  explicit PublishedZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  void publish(std::shared_ptr<const Zone> zone) {
    const std::lock_guard lock(mutex_);
    zone_.swap(zone);  // the old one is let go after the lock
    version_.store(version_ + 1, std::memory_order_release);
  }

  Held take() const {
    const std::lock_guard lock(mutex_);
    return {zone_, version_};
  }
  void renew(Held& held) const {
    if (version_.load(std::memory_order_acquire) != held.version) held = take();
  }

 private:
  std::atomic<std::uint64_t> version_ = 0;  // written under the mutex
  mutable std::mutex mutex_;
  std::shared_ptr<const Zone> zone_;
};

}  // namespace dns
