// The credentials of an Access, read again while they are in use: a pod's token is replaced every
// hour, and certificates every few months.
//
// Owned by one thread. Time is a parameter.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "http/client.h"
#include "kubernetes/access.h"

namespace kubernetes {

class Credentials {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kFresh{60};

  explicit Credentials(Access access) : access_(std::move(access)) {}

  // Reads the files if the last time is kFresh ago, or expire() was called since. What can't be
  // read stays as it was. Returns what went wrong, each time it does.
  std::vector<std::string> refresh(Clock::time_point now);
  // The server doesn't take them: read them again next time.
  void expire() { fresh_until_ = {}; }

  // The client for the credentials of the last refresh(). A new one when certificates have changed;
  // whoever still uses an older one keeps it. REQUIRES: refresh() was called.
  std::shared_ptr<const http::Client> client() const { return client_; }
  const std::string& token() const { return token_; }
  const Access& access() const { return access_; }

 private:
  void read(const Secret& secret, std::string& text, std::vector<std::string>& problems) const;

  Access access_;
  http::Identity identity_;
  std::string token_;
  std::shared_ptr<const http::Client> client_;
  Clock::time_point fresh_until_{};
};

}  // namespace kubernetes
