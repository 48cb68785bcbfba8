// The admin server: answers what is short at once, and has long pages made on a thread of their
// own.
//
// Of the main thread, as the server's handler is. A page of 100,000 services takes a second of a
// core; meanwhile probes, metrics, reloads and watches go on.
//
// Internal to the folder: it includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "admin/status.h"
#include "app/builder.h"
#include "config/settings.h"
#include "dns/resolver/upstream.h"
#include "http/server.h"

namespace app {

class Pages {
 public:
  // What pages are made of. Both are called on the main thread.
  struct Facts {
    std::function<admin::Status()> status;
    std::function<dns::Routes()> routes;
  };

  // `builder` is stopped before this is destroyed.
  Pages(boost::asio::io_context& io, const config::Settings& settings, Builder& builder,
        Facts facts);
  // Waits for the page that is being made.
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  // Names matter more than what can be told of them: without an address to listen at, all else goes
  // on.
  void start();
  void stop();

 private:
  // The whole build, for people to look at. It is several times as large as what it is made of and
  // seldom wanted, so that it is made again when it is, and dropped soon.
  struct View {
    pipeline::Build build;
    vip::Ledger ledger;
    std::uint64_t number = 0;
  };
  // What one page is made of, but for the view.
  struct Request {
    http::Target target;
    admin::Status status;
    dns::Routes routes;
    http::Reply reply;
  };

  void answer(const http::Target& target, http::Reply reply);
  void show(const std::shared_ptr<const Request>& request, Snapshot snapshot);
  std::shared_ptr<const View> view(Snapshot snapshot);
  void drop_later();

  boost::asio::io_context& io_;
  const config::Settings& settings_;
  Builder& builder_;
  const Facts facts_;
  boost::asio::steady_timer drop_{io_};
  std::mutex mutex_;  // of view_
  std::shared_ptr<const View> view_;
  std::unique_ptr<http::Server> server_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace app
