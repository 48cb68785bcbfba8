#include "admin/admin.h"

#include "admin/metrics.h"
#include "admin/page.h"

namespace admin {
namespace {

http::Page ready_page(const Status& status) {
  const std::string age = std::to_string(static_cast<long>(status.age)) + " s";
  const std::string why = status.waiting.empty() ? "" : ": " + status.waiting;
  http::Page page;
  if (!status.table) {
    page.status = 503;
    page.body = "no table yet for " + age + why + '\n';
  } else if (!status.confirmed) {
    page.body = "ready, with the table of the state file, for " + age + why + '\n';
  } else if (!status.waiting.empty()) {
    page.body = "ready, with a table that is " + age + " old" + why + '\n';
  } else {
    page.body = "ready\n";
  }
  return page;
}

}  // namespace

bool is_long(const http::Target& target) {
  return target.path == "/" || target.path == "/status";
}

http::Page people_page(const http::Target& target, const Status& status,
                       const pipeline::Build& build, const Explain& explain) {
  const std::string_view what = asked_story(target);
  std::optional<std::string> story;
  if (!what.empty()) story = explain(what);
  return front_page(target, status, build, story);
}

http::Page admin_page(const http::Target& target, const std::function<Status()>& status) {
  const std::string& path = target.path;
  if (path == "/healthz") return {.body = "ok\n"};
  if (path == "/readyz") return ready_page(status());
  if (path == "/status") {
    return {200, "application/json", status_json(status())};
  }
  if (path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(status(), process_use())};
  }
  return {.status = 404, .body = "there are /, /healthz, /readyz, /status and /metrics\n"};
}

http::Listen listen_of(const config::Admin& admin) {
  if (!admin.socket.empty()) return {.socket = admin.socket};
  return {.address = admin.address.address.to_string(), .port = admin.address.port};
}

}  // namespace admin
