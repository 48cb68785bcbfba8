#include "kubernetes/writer.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <ctime>

#include "http/url.h"
#include "kubernetes/decode.h"

namespace kubernetes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPause = 2s;  // after a failure

// The present as Kubernetes' MicroTime.
std::string present() {
  using namespace std::chrono;
  const auto now = system_clock::now().time_since_epoch();
  const std::time_t seconds = duration_cast<std::chrono::seconds>(now).count();
  const auto micro = duration_cast<microseconds>(now).count() % 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::string digits = std::to_string(micro);
  return std::string(text, size) + '.' + std::string(6 - digits.size(), '0') + digits + 'Z';
}

// Whether what the server has by now has the status. Where status has become a subresource and we
// haven't heard of it, one in the resource itself is left out, and all is said to be well.
bool has_status(const std::string& body, const std::string& status) {
  boost::system::error_code error;
  const json::value value = parse_json(body, error, {});
  const json::object* object = error ? nullptr : value.if_object();
  return object != nullptr && status_text(object->if_contains("status")) == status;
}

}  // namespace

Writer::Writer(asio::any_io_executor executor, Api& api, std::string identity,
               std::function<void(const std::string&)> report, std::function<void(bool)> leading)
    : api_(api),
      lease_path_("/apis/coordination.k8s.io/v1/namespaces/" + api.access().name_space + "/leases"),
      report_(std::move(report)),
      leading_(std::move(leading)),
      election_(std::move(identity)),
      wake_(std::move(executor)) {}

void Writer::want(std::vector<StatusWrite> writes) {
  wanted_.clear();
  for (StatusWrite& write : writes) {
    std::pair id(write.kind, write.key);
    wanted_.emplace(std::move(id), std::move(write));
  }
  if (!wanted_.empty()) wake_.cancel();
}

void Writer::stop() {
  stopped_ = true;
  wake_.cancel();
}

asio::awaitable<http::Result<http::Response>> Writer::send(http::Request request) {
  http::Limits limits;
  limits.start = limits.silence = 5s;
  co_return co_await api_.fetch(std::move(request), limits);
}

void Writer::tell_leading() {
  if (led_ == leads()) return;
  led_ = !led_;
  leading_(led_);
  if (led_) wake_.cancel();
}

asio::awaitable<void> Writer::elect() {
  while (!stopped_) {
    co_await look();
    tell_leading();
    co_await sleep(Election::kRenew);
    tell_leading();
  }
}

// One look at the lease, and the write that follows from it.
asio::awaitable<void> Writer::look() {
  http::Request get;
  get.target = lease_path_ + '/' + kLease;
  auto seen = co_await send(std::move(get));
  if (!seen || (seen->status != 200 && seen->status != 404)) {
    report_(problem("reading the lease", seen));
    co_return;
  }
  const auto lease = seen->status == 200 ? parse_lease(seen->body) : std::nullopt;
  const auto next = election_.next(lease, steady_clock::now(), present());
  if (!next) co_return;
  http::Request put;
  put.method = lease ? "PUT" : "POST";
  put.target = lease ? lease_path_ + '/' + kLease : lease_path_;
  put.headers.emplace_back("Content-Type", "application/json");
  put.body = to_json(*next, kLease, api_.access().name_space);
  const auto sent = steady_clock::now();
  auto written = co_await send(std::move(put));
  if (written && (written->status == 200 || written->status == 201)) {
    election_.written(sent);
  } else if (written && written->status == 409) {
    election_.lost();  // another was faster
  } else {
    report_(problem("writing the lease", written));
  }
}

asio::awaitable<Writer::Outcome> Writer::apply(StatusWrite write) {
  http::Request patch;
  patch.method = "PATCH";
  patch.target = std::string(kKumaGroup) + "namespaces/" + write.key.name_space + '/' +
                 write.resource + '/' + write.key.name + (write.subresource ? "/status" : "") +
                 "?fieldManager=mesh-dns&force=true";
  patch.headers.emplace_back("Content-Type", "application/apply-patch+yaml");
  // With the uid, a resource that has just been deleted isn't created again.
  json::object meta{{"name", write.key.name}, {"namespace", write.key.name_space}};
  if (!write.uid.empty()) meta["uid"] = write.uid;
  json::object body{{"apiVersion", "kuma.io/v1alpha1"},
                    {"kind", write.kind},
                    {"metadata", std::move(meta)},
                    {"status", json::parse(write.status)}};
  patch.body = json::serialize(body);
  auto response = co_await send(std::move(patch));
  if (response && response->status == 200) {
    co_return has_status(response->body, write.status) ? Outcome::Written : Outcome::Later;
  }
  // It is gone, or is another by now, or its definition is and the server doesn't serve that yet.
  if (response && (response->status == 404 || response->status == 409)) co_return Outcome::Later;
  report_(problem("writing the status of " + write.kind + ' ' + to_string(write.key), response));
  co_return Outcome::Failed;
}

// What is wanted and may be written now: of those that were tried before, the one that rested
// longest.
// What was written a moment ago and is wanted again was changed back by somebody: no tug-of-war.
const StatusWrite* Writer::due(steady_clock::time_point now) const {
  const StatusWrite* due = nullptr;
  auto oldest = now;
  for (const auto& [id, write] : wanted_) {
    const auto resting = resting_.find(id);
    if (resting == resting_.end() || resting->second.status != write.status) return &write;
    if (resting->second.until > oldest) continue;
    oldest = resting->second.until;
    due = &write;
  }
  return due;
}

asio::awaitable<void> Writer::write() {
  while (!stopped_) {
    const auto now = steady_clock::now();
    std::erase_if(resting_, [&](const auto& entry) {
      return entry.second.until <= now && !wanted_.contains(entry.first);
    });
    const StatusWrite* first = due(now);
    if (!leads() || first == nullptr) {
      wake_.expires_after(wanted_.empty() ? std::chrono::hours(1) : kRetry);
      boost::system::error_code error;
      co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    const StatusWrite next = *first;  // another may be wanted before this one is written
    const std::pair id(next.kind, next.key);
    const Outcome outcome = co_await apply(next);
    const bool written = outcome == Outcome::Written;
    resting_[id] = {steady_clock::now() + (written ? kRest : kRetry), next.status};
    if (outcome == Outcome::Failed) {
      co_await sleep(kPause);
      continue;
    }
    report_("");
    if (!written) continue;  // what is wanted next time knows, should it be gone
    const auto wanted = wanted_.find(id);
    if (wanted != wanted_.end() && wanted->second == next) wanted_.erase(wanted);
  }
}

}  // namespace kubernetes
