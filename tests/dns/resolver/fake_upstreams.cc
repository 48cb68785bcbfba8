#include "tests/dns/resolver/fake_upstreams.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "dns/name.h"

namespace dns::test {

namespace asio = boost::asio;

class FakeUpstreams::Transport final : public UpstreamTransport {
 public:
  Transport(FakeUpstreams& all, const UpstreamAddress& address)
      : all_(all), address_(to_string(address)) {}
  ~Transport() override {
    std::map<int, std::pair<const Transport*, Done>> ended;  // outside of the lock
    const std::lock_guard lock(all_.mutex_);
    for (auto at = all_.in_flight_.begin(); at != all_.in_flight_.end();) {
      const auto mine = at++;
      if (mine->second.first == this) ended.insert(all_.in_flight_.extract(mine));
    }
  }

  void ask(const Question& question, std::chrono::milliseconds timeout, Done done) override {
    const std::string qname = Name::from_wire(question.qname()).to_string();
    const std::lock_guard lock(all_.mutex_);
    const int id = ++all_.last_id_;
    all_.in_flight_.emplace(id, std::pair(this, std::move(done)));
    (qname.ends_with(".mesh-dns-loop.internal.") ? all_.probes_ : all_.asked_)
        .push_back({address_, qname + ' ' + std::to_string(question.qtype()), timeout, id});
    all_.changed_.notify_all();
  }

 private:
  FakeUpstreams& all_;
  const std::string address_;
};

TransportFactory FakeUpstreams::factory() {
  return [this](asio::io_context& io, const UpstreamAddress& address, TransportCounts&) {
    const std::lock_guard lock(mutex_);
    io_ = &io;
    ++made_;
    return std::make_unique<Transport>(*this, address);
  };
}

std::size_t FakeUpstreams::made() const {
  const std::lock_guard lock(mutex_);
  return made_;
}

FakeUpstreams::Asked FakeUpstreams::take(std::deque<Asked>& from) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return !from.empty(); })) {
    ADD_FAILURE() << "nothing is asked";
    return {};
  }
  Asked asked = std::move(from.front());
  from.pop_front();
  return asked;
}

bool FakeUpstreams::idle() {
  if (made() == 0) return true;
  const auto done = std::make_shared<std::promise<void>>();
  asio::post(*io_, [done] { done->set_value(); });
  if (done->get_future().wait_for(kPatience) != std::future_status::ready) return false;
  const std::lock_guard lock(mutex_);
  return asked_.empty();
}

void FakeUpstreams::end(const Asked& asked, TransportResult result) {
  asio::post(*io_, [this, id = asked.id, result = std::move(result)]() mutable {
    std::unique_lock lock(mutex_);
    const auto found = in_flight_.extract(id);
    lock.unlock();
    if (!found.empty()) found.mapped().second(std::move(result));
  });
}

void FakeUpstreams::reply(const Asked& asked, const ReplyOptions& options) {
  const std::string qname = asked.question.substr(0, asked.question.find(' '));
  const std::string qtype = "TYPE" + asked.question.substr(asked.question.find(' ') + 1);
  end(asked, {TransportResult::Outcome::Reply, make_reply(qname, qtype, options), false});
}

void FakeUpstreams::pause() {
  const auto reached = std::make_shared<std::promise<void>>();
  paused_.lock();
  asio::post(*io_, [this, reached] {
    reached->set_value();
    const std::lock_guard lock(paused_);
  });
  reached->get_future().wait();
}

}  // namespace dns::test
