// The DNS server as an output of the build: each build's names become a zone, which shares with the
// one before it all that did not change.
//
// Of the build thread, but for the first zone, which is made before that thread runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "config/settings.h"
#include "dns/zone.h"
#include "pipeline/last_table.h"
#include "pipeline/output.h"
#include "pipeline/pipeline.h"

namespace app {

class DnsOutput : public pipeline::Output {
 public:
  using Publish = std::function<void(std::shared_ptr<const dns::Zone>)>;

  explicit DnsOutput(const config::Settings& settings) : settings_(settings) {}

  // The zones to start with: of the last good table; or without one, knowing only which DNS zones
  // are ours, and whether these are all.
  std::shared_ptr<const dns::Zone> start(const pipeline::LastNames& last);
  std::shared_ptr<const dns::Zone> start(std::span<const std::string> zones, bool all_known);
  // To whom zones are published from now on.
  void connect(Publish publish) { publish_ = std::move(publish); }

  void publish(const pipeline::Update& update, const pipeline::Pipeline& now) override;
  pipeline::OutputState state() const override;

  std::size_t names() const { return zone_->hosts(); }
  std::uint32_t serial() const { return zone_->settings().serial; }

 private:
  std::uint32_t next_serial() const;
  std::shared_ptr<const dns::Zone> whole(const pipeline::Pipeline& now) const;
  std::shared_ptr<const dns::Zone> changed(const pipeline::Update& update,
                                           const pipeline::Pipeline& now) const;

  const config::Settings& settings_;
  Publish publish_;
  std::shared_ptr<const dns::Zone> zone_;  // as published last
  bool of_sources_ = false;                // it is of a build, not of the state file
};

}  // namespace app
