#include "kubernetes/reflector.h"

#include <boost/json.hpp>

#include "http/url.h"
#include "kubernetes/decode.h"

namespace kubernetes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t kMaxPage = 16u << 20;  // bytes; several times an object's limit in etcd
// How long a watch is asked to last, s: half of it and up to all of it, so that instances that were
// started together don't stay together.
constexpr int kWatch = 600;
constexpr auto kGrace = 15s;  // for the end of a watch to arrive
// A watch that ends sooner and without an event is a failure.
constexpr auto kSoon = 1s;
// A version that expires sooner after its list is a failure, as history goes back for minutes: to
// list again at once would never end.
constexpr auto kHistory = 10s;

constexpr const char* kMetadataOnly =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
constexpr const char* kMetadataOnlyList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

// Versions are numbers of any length (Kubernetes API conventions, "resourceVersion").
bool is_before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

Reflector::Reflector(Collection collection, Api& api, Receiver& receiver, Report report,
                     Chance chance)
    : collection_(std::move(collection)),
      api_(api),
      receiver_(receiver),
      report_(std::move(report)),
      chance_(std::move(chance)) {}

std::string Reflector::target(std::string_view query) const {
  std::string target = collection_.path + '?' + std::string(query);
  if (!collection_.label_selector.empty()) {
    target += "&labelSelector=" + http::escape(collection_.label_selector);
  }
  if (!collection_.field_selector.empty()) {
    target += "&fieldSelector=" + http::escape(collection_.field_selector);
  }
  return target;
}

http::Request Reflector::request(std::string_view query) const {
  http::Request request;
  const bool watches = query.starts_with("watch");
  request.target = target(query);
  request.headers.emplace_back("Accept", !collection_.metadata_only ? "application/json"
                                         : watches                  ? kMetadataOnly
                                                                    : kMetadataOnlyList);
  return request;
}

asio::awaitable<http::Result<http::Response>> Reflector::get(std::string query) {
  http::Request get = request(query);
  http::Limits limits;
  limits.body = kMaxPage;
  auto response = co_await api_.fetch(std::move(get), limits);
  if (response) received_ += response->body.size();
  co_return response;
}

Reflector::Next Reflector::failed(const std::string& problem, unsigned retry_after) {
  failing_ = true;
  in_doubt_ = true;
  least_wait_ = std::chrono::seconds(std::min(retry_after, 60u));
  if (!stopped_) report_(problem);
  return Next::Wait;
}

Reflector::Next Reflector::refused(const char* doing,
                                   const http::Result<http::Response>& response) {
  // Without the path: an unreachable server is one problem of all collections.
  if (!response) return failed(response.error().text);
  const std::string text = problem(std::string(doing) + ' ' + collection_.path, response);
  if (response->status == 410) return expired(text);
  return failed(text, response->retry_after);
}

Reflector::Next Reflector::expired(const std::string& problem) {
  version_.clear();
  const bool fresh = fresh_since_ && steady_clock::now() - *fresh_since_ < kHistory;
  return fresh ? failed(problem) : Next::List;
}

asio::awaitable<void> Reflector::run() {
  while (!stopped_) {
    Next next = Next::Wait;
    try {
      next = co_await step();
    } catch (const std::exception& error) {
      next = failed(collection_.path + ": " + error.what());
    }
    if (next == Next::List) version_.clear();
    if (next != Next::Wait || stopped_) continue;
    co_await sleep(backoff_.next(steady_clock::now(), chance_(), std::exchange(least_wait_, 0ms)));
  }
}

asio::awaitable<Reflector::Next> Reflector::step() {
  if (version_.empty()) co_return co_await list();
  if (in_doubt_) co_return co_await check_version();
  co_return co_await watch();
}

// All pages of a list show the state at its first page. A page that is too large is requested again
// as several smaller ones.
asio::awaitable<Reflector::Next> Reflector::list() {
  std::string token;
  std::string version;
  receiver_.begin();
  for (;;) {
    // g++ 12 destroys some temporaries within co_await twice, so the query has a name.
    std::string query = "limit=" + std::to_string(page_);
    if (!token.empty()) query += "&continue=" + http::escape(token);
    auto response = co_await get(std::move(query));
    if (stopped_) co_return Next::Wait;
    if (!response && response.error().what == http::Error::What::TooLarge && page_ > 1) {
      page_ = std::max(1, page_ / 4);
      continue;
    }
    // Fetching the pages took so long that the state of the first one has expired.
    if (response && response->status == 410) {
      co_return failed("the pages of " + collection_.path + " expired");
    }
    if (!response || response->status != 200) co_return refused("listing", response);
    if (!take_page(response->body, token, version)) {
      co_return failed("the list of " + collection_.path + " is not JSON of a list");
    }
    if (token.empty()) break;
  }
  version_ = std::move(version);
  in_doubt_ = false;
  fresh_since_ = steady_clock::now();
  listed_ = true;
  receiver_.commit();
  if (std::exchange(failing_, false)) report_("");
  co_return Next::Watch;
}

bool Reflector::take_page(std::string& body, std::string& token, std::string& version) {
  boost::system::error_code error;
  json::monotonic_resource memory(body.size() + 1024);
  json::value page = parse_json(body, error, &memory);
  body = {};
  json::object* list = error ? nullptr : page.if_object();
  json::value* items = list == nullptr ? nullptr : list->if_contains("items");
  if (items == nullptr || (!items->is_array() && !items->is_null())) return false;
  version = text_at(*list, "metadata.resourceVersion");
  token = text_at(*list, "metadata.continue");
  if (version.empty()) return false;
  if (items->is_null()) return true;
  for (json::value& item : items->get_array()) {
    if (item.is_object()) receiver_.item(item.get_object());
  }
  return true;
}

// A server that was unreachable may have come back with an older etcd. A watch from a version of
// the future receives nothing for a long time, so the versions are compared first.
asio::awaitable<Reflector::Next> Reflector::check_version() {
  std::string query = "limit=1";
  auto response = co_await get(std::move(query));
  if (stopped_) co_return Next::Wait;
  if (!response || response->status != 200) co_return refused("listing", response);
  boost::system::error_code error;
  const json::value page = parse_json(response->body, error, {});
  if (error || !page.is_object()) co_return Next::List;
  const std::string_view now = text_at(page.get_object(), "metadata.resourceVersion");
  if (now.empty() || is_before(now, version_)) co_return Next::List;
  in_doubt_ = false;
  co_return Next::Watch;
}

asio::awaitable<Reflector::Next> Reflector::watch() {
  const auto start = steady_clock::now();
  const int seconds = kWatch / 2 + static_cast<int>(chance_() * kWatch / 2);
  http::Request get =
      request("watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(seconds) +
              "&resourceVersion=" + http::escape(version_));
  http::Limits limits;
  limits.silence = std::chrono::seconds(seconds) + kGrace;
  event_received_ = false;
  after_watch_ = Next::Watch;
  // After a failure the versions were compared, which succeeded.
  if (std::exchange(failing_, false)) report_("");
  std::function<bool(std::string_view)> take = [this](std::string_view line) {
    return take_event(line);
  };
  const auto response = co_await api_.lines(std::move(get), limits, std::move(take));
  if (stopped_) co_return Next::Wait;
  // From the same version the same event would be sent again.
  if (!response && response.error().what == http::Error::What::TooLarge) version_.clear();
  if (!response || response->status != 200) co_return refused("watching", response);
  if (after_watch_ == Next::Wait) co_return failed(event_problem_);
  if (after_watch_ == Next::List) co_return expired(event_problem_);
  if (event_received_) co_return Next::Watch;
  if (steady_clock::now() - start < kSoon) {
    co_return failed("the watch of " + collection_.path + " ended at once");
  }
  in_doubt_ = true;
  co_return Next::Watch;
}

// False: the watch is over.
bool Reflector::take_event(std::string_view line) {
  if (stopped_) return false;
  received_ += line.size() + 1;
  boost::system::error_code error;
  json::monotonic_resource memory(line.size() + 1024);
  json::value value = parse_json(line, error, &memory);
  json::object* event = error ? nullptr : value.if_object();
  json::value* object = event == nullptr ? nullptr : event->if_contains("object");
  if (object == nullptr || !object->is_object()) {
    event_problem_ = "an event of the watch of " + collection_.path + " is not JSON of an event";
    after_watch_ = Next::Wait;
    version_.clear();
    return false;
  }
  return take_event(text_at(*event, "type"), object->get_object());
}

bool Reflector::take_event(std::string_view type, json::object& object) {
  if (type == "ERROR") {
    const json::value* code = object.if_contains("code");
    const bool expired = code != nullptr && code->is_int64() && code->get_int64() == 410;
    event_problem_ =
        "watching " + collection_.path + ": " + std::string(text_at(object, "message"));
    after_watch_ = expired ? Next::List : Next::Wait;
    version_.clear();
    return false;
  }
  if (!event_received_) backoff_.reset();
  event_received_ = true;
  fresh_since_.reset();
  std::string version(text_at(object, "metadata.resourceVersion"));
  if (type == "ADDED" || type == "MODIFIED") {
    receiver_.put(object);
  } else if (type == "DELETED") {
    receiver_.remove(object);
  }
  if (!version.empty()) version_ = std::move(version);
  return true;
}

}  // namespace kubernetes
