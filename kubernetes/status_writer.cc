#include "kubernetes/status_writer.h"

#include <boost/json.hpp>
#include <ctime>

#include "http/await.h"
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

// Whether the resource that the server returned has the status. Where the status has become a
// subresource and we haven't received that yet, the server ignores one in the resource itself and
// returns 200.
bool has_status(const std::string& body, const std::string& status) {
  boost::system::error_code error;
  const json::value value = parse_json(body, error, {});
  const json::object* object = error ? nullptr : value.if_object();
  return object != nullptr && status_text(object->if_contains("status")) == status;
}

}  // namespace

StatusWriter::StatusWriter(const asio::any_io_executor& executor, Api& api, std::string identity,
                           std::function<void(const std::string&)> report,
                           std::function<void(bool)> leading)
    : api_(api),
      lease_path_("/apis/coordination.k8s.io/v1/namespaces/" + api.access().name_space + "/leases"),
      report_(std::move(report)),
      leading_(std::move(leading)),
      election_(std::move(identity)),
      wake_(executor) {}

void StatusWriter::apply(const StatusEdits& edits) {
  for (const StatusEdit& edit : edits) {
    if (edit.write) {
      queue_.want(*edit.write);
    } else {
      queue_.drop(edit.id);
    }
  }
  if (queue_.size() != 0) wake_.cancel();
}

void StatusWriter::stop() {
  stopped_ = true;
  wake_.cancel();
}

asio::awaitable<http::Result<http::Response>> StatusWriter::send(http::Request request) {
  http::Limits limits;
  limits.start = limits.silence = 5s;
  co_return co_await api_.fetch(std::move(request), limits);
}

void StatusWriter::report_leading() {
  if (led_ == leads()) return;
  led_ = !led_;
  leading_(led_);
  if (led_) wake_.cancel();
}

asio::awaitable<void> StatusWriter::elect() {
  while (!stopped_) {
    co_await renew();
    report_leading();
    if (queue_.size() != 0) wake_.cancel();  // renewed late, it may have stopped writing
    co_await sleep(Election::kRenew);
    report_leading();
  }
}

// Reads the lease, and writes it where that makes or keeps us its holder.
asio::awaitable<void> StatusWriter::renew() {
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

asio::awaitable<void> StatusWriter::write_one(StatusWrite write) {
  const CustomKindNames& names = names_of(write.id.kind);
  const Key& key = write.id.key;
  http::Request patch;
  patch.method = "PATCH";
  patch.target = std::string(kKumaGroup) + "namespaces/" + key.name_space + '/' +
                 std::string(names.plural) + '/' + key.name + (write.subresource ? "/status" : "") +
                 "?fieldManager=mesh-dns&force=true";
  patch.headers.emplace_back("Content-Type", "application/apply-patch+yaml");
  // With the uid, a resource that has just been deleted isn't created again.
  json::object meta{{"name", key.name}, {"namespace", key.name_space}};
  if (!write.uid.empty()) meta["uid"] = write.uid;
  json::object body{{"apiVersion", "kuma.io/v1alpha1"},
                    {"kind", names.kind},
                    {"metadata", std::move(meta)},
                    {"status", json::parse(write.status)}};
  patch.body = json::serialize(body);
  auto response = co_await send(std::move(patch));
  const bool written =
      response && response->status == 200 && has_status(response->body, write.status);
  // The resource is gone, or another has its name, or its definition is gone and the server hasn't
  // noticed: what the watch brings decides.
  const bool failed =
      !response || (response->status != 200 && response->status != 404 && response->status != 409);
  queue_.done(write, written ? Outcome::Written : Outcome::Failed, steady_clock::now());
  report_(failed ? problem("writing the status of " + to_string(write.id), response) : "");
  if (failed) co_await sleep(kPause);
}

// Until something is wanted, a rest ends, or this instance leads.
asio::awaitable<void> StatusWriter::wait() {
  const auto turn = leads() ? queue_.next_turn() : std::nullopt;
  wake_.expires_at(turn.value_or(steady_clock::now() + 1h));
  boost::system::error_code error;
  co_await wake_.async_wait(http::into(error));
}

asio::awaitable<void> StatusWriter::write() {
  while (!stopped_) {
    auto next = leads() ? queue_.next(steady_clock::now()) : std::nullopt;
    if (next) {
      co_await write_one(std::move(*next));
    } else {
      co_await wait();
    }
  }
}

}  // namespace kubernetes
