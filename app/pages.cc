#include "app/pages.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

#include "admin/admin.h"
#include "explain/explain.h"
#include "host/host.h"
#include "logging/log.h"
#include "pipeline/build.h"

namespace app {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kViewKept{10};

}  // namespace

Pages::Pages(asio::io_context& io, const config::Settings& settings, Builder& builder, Facts facts)
    : io_(io), settings_(settings), builder_(builder), facts_(std::move(facts)) {}

Pages::~Pages() {
  stop();
}

void Pages::start() {
  if (!settings_.admin.on) return;
  const std::string address = config::to_string(settings_.admin);
  try {
    server_ = std::make_unique<http::Server>(io_, admin::listen_of(settings_.admin),
                                             [this](const http::Target& target, http::Reply reply) {
                                               answer(target, std::move(reply));
                                             });
    logging::info("admin server",
                  {{"address", address}, {"port", std::to_string(server_->port())}});
  } catch (const std::runtime_error& error) {
    logging::error("there is no admin server: set another address with admin",
                   {{"address", address}, {"reason", error.what()}});
  }
}

void Pages::stop() {
  thread_.join();
  server_.reset();
}

void Pages::answer(const http::Target& target, http::Reply reply) {
  if (!admin::is_long(target)) return reply(admin::admin_page(target, facts_.status));
  const auto request = std::make_shared<const Request>(
      Request{target, facts_.status(), facts_.routes(), std::move(reply)});
  if (target.path != "/") {
    asio::post(thread_, [request] {
      request->reply(admin::admin_page(request->target, [&] { return request->status; }));
    });
    return;
  }
  drop_later();
  builder_.snapshot([this, request](Snapshot snapshot) {
    asio::post(thread_, [this, request, snapshot = std::move(snapshot)]() mutable {
      show(request, std::move(snapshot));
    });
  });
}

void Pages::show(const std::shared_ptr<const Request>& request, Snapshot snapshot) {
  try {
    const auto shown = view(std::move(snapshot));
    request->reply(admin::people_page(
        request->target, request->status, shown->build, [&](std::string_view what) {
          return explain::explain(what, shown->build, settings_, shown->ledger, request->routes);
        }));
  } catch (const std::exception& error) {
    request->reply({.status = 500, .body = std::string(error.what()) + '\n'});
  }
}

std::shared_ptr<const Pages::View> Pages::view(Snapshot snapshot) {
  {
    const std::lock_guard lock(mutex_);
    if (view_ && view_->number == snapshot.number) return view_;
  }
  auto made = std::make_shared<View>();
  made->build =
      pipeline::build(std::move(snapshot.resources), settings_, snapshot.ledger, host::unix_time());
  made->ledger = std::move(snapshot.ledger);
  made->number = snapshot.number;
  const std::lock_guard lock(mutex_);
  view_ = made;
  return made;
}

void Pages::drop_later() {
  drop_.expires_after(kViewKept);
  drop_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const std::lock_guard lock(mutex_);
    view_.reset();
  });
}

}  // namespace app
