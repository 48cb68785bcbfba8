#include "kubernetes/api.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include "config/files.h"
#include "http/await.h"
#include "kubernetes/decode.h"

namespace kubernetes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::uint64_t kMaxSecret = 1u << 20;  // bytes

void trim(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
}

// Reads the secret into `text`, which stays as it was if that fails. Adds to `problem`.
void read(const Secret& secret, std::string& text, std::string& problem) {
  if (secret.file.empty()) {
    text = secret.text;
    return;
  }
  config::Content content = config::read_file(secret.file, kMaxSecret);
  // A writer may have truncated it first.
  if (content.error.empty() && content.text.empty()) content.error = "is empty";
  if (content.error.empty()) {
    text = std::move(content.text);
  } else {
    problem += (problem.empty() ? "" : "; ") + secret.file + ": " + content.error;
  }
}

// The message of a Status object, else the text itself, shortened.
std::string message_of(const std::string& body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  const json::object* status = error ? nullptr : value.if_object();
  if (status != nullptr) return std::string(text_at(*status, "message"));
  return body.substr(0, 200);
}

}  // namespace

Api::Api(Access access, std::function<void(const std::string&)> report)
    : access_(std::move(access)), report_(std::move(report)) {}

void Api::refresh(Clock::time_point now) {
  if (client_ != nullptr && now < fresh_until_) return;
  fresh_until_ = now + kFresh;
  std::string problem;
  tls::Identity identity = identity_;
  read(access_.ca, identity.ca, problem);
  read(access_.certificate, identity.certificate, problem);
  read(access_.key, identity.key, problem);
  read(access_.token, token_, problem);
  trim(token_);
  identity.server_name = access_.server_name;
  identity.verify = access_.verify;
  if (client_ == nullptr || identity != identity_) {
    identity_ = std::move(identity);
    client_ = std::make_shared<const http::Client>(access_.server, identity_);
  }
  if (problem != problem_ && !problem.empty()) report_("credentials: " + problem);
  problem_ = std::move(problem);
}

void Api::authorize(http::Request& request) {
  refresh(Clock::now());
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
}

// A token or a CA that was replaced is in the files too.
void Api::learn(const http::Result<http::Response>& response) {
  using What = http::Error::What;
  const bool refused =
      response ? response->status == 401
               : response.error().what == What::Tls || response.error().what == What::Identity;
  if (refused) fresh_until_ = {};
}

asio::awaitable<http::Result<http::Response>> Api::fetch(http::Request request,
                                                         http::Limits limits) {
  authorize(request);
  const auto client = client_;
  auto response = co_await client->fetch(std::move(request), limits);
  learn(response);
  co_return response;
}

asio::awaitable<http::Result<http::Response>> Api::lines(
    http::Request request, http::Limits limits, std::function<bool(std::string_view)> line) {
  authorize(request);
  const auto client = client_;
  auto response = co_await client->lines(std::move(request), limits, std::move(line));
  learn(response);
  co_return response;
}

std::string problem(const std::string& doing, const http::Result<http::Response>& response) {
  if (!response) return doing + ": " + response.error().text;
  const unsigned status = response->status;
  return doing + ": status " + std::to_string(status) + ": " + message_of(response->body) +
         (status == 401   ? ": the token or the client certificate is rejected"
          : status == 403 ? ": give the service account this right by RBAC"
                          : "");
}

asio::awaitable<void> sleep(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  boost::system::error_code error;
  co_await timer.async_wait(http::into(error));
}

}  // namespace kubernetes
