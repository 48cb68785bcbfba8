#include "logging/dnstap.h"

#include <dnstap.pb-c.h>
#include <fstrm.h>

#include <cstdlib>
#include <cstring>
#include <span>
#include <stdexcept>

#ifdef __SANITIZE_THREAD__
// libfstrm isn't built for ThreadSanitizer, which doesn't see the barriers of its queues.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libfstrm.so\n";
}
#endif

namespace logging {
namespace {

using std::chrono::system_clock;

constexpr std::string_view kContentType = "protobuf:dnstap.Dnstap";
constexpr unsigned kReopenSeconds = 2;  // until the collector is looked for again
constexpr unsigned kQueued = 4096;      // messages of each worker
// libfstrm's thread sends what it has when so many wait, or after a second.
constexpr unsigned kHint = 32;

ProtobufCBinaryData binary(std::span<const std::uint8_t> from) {
  // protobuf-c knows no const; packing writes to nothing.
  return {from.size(), const_cast<std::uint8_t*>(from.data())};
}

ProtobufCBinaryData binary(std::string_view from) {
  return binary({reinterpret_cast<const std::uint8_t*>(from.data()), from.size()});
}

void set_client(Dnstap__Message& message, const dns::Exchange& exchange) {
  const dns::ClientAddress& address = exchange.client.address;
  const bool v4 = dns::is_v4(address);
  const bool tcp = exchange.transport == dns::Transport::Tcp;
  message.has_socket_family = 1;
  message.socket_family = v4 ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
  message.has_socket_protocol = 1;
  message.socket_protocol = tcp ? DNSTAP__SOCKET_PROTOCOL__TCP : DNSTAP__SOCKET_PROTOCOL__UDP;
  message.has_query_address = 1;
  message.query_address = binary(std::span(address).subspan(v4 ? 12 : 0));
  message.has_query_port = 1;
  message.query_port = exchange.client.port;
}

struct Time {
  std::uint64_t seconds;
  std::uint32_t nanoseconds;
};
Time split(system_clock::time_point time) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time.time_since_epoch());
  const auto rest = duration_cast<nanoseconds>(time.time_since_epoch() - whole);
  return {static_cast<std::uint64_t>(whole.count()), static_cast<std::uint32_t>(rest.count())};
}

}  // namespace

std::vector<std::uint8_t> tap_message(TapMessage which, const TapOrigin& origin,
                                      const dns::Exchange& exchange,
                                      system_clock::time_point replied) {
  Dnstap__Message message = DNSTAP__MESSAGE__INIT;
  set_client(message, exchange);
  const auto took = std::chrono::duration_cast<system_clock::duration>(exchange.took);
  const Time received = split(replied - took);
  message.has_query_time_sec = message.has_query_time_nsec = 1;
  message.query_time_sec = received.seconds;
  message.query_time_nsec = received.nanoseconds;
  if (which == TapMessage::ClientQuery) {
    message.type = DNSTAP__MESSAGE__TYPE__CLIENT_QUERY;
    message.has_query_message = 1;
    message.query_message = binary(exchange.query);
  } else {
    const Time sent = split(replied);
    message.type = DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE;
    message.has_response_time_sec = message.has_response_time_nsec = 1;
    message.response_time_sec = sent.seconds;
    message.response_time_nsec = sent.nanoseconds;
    message.has_response_message = 1;
    message.response_message = binary(exchange.reply);
  }
  Dnstap__Dnstap whole = DNSTAP__DNSTAP__INIT;
  whole.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
  whole.message = &message;
  whole.has_identity = whole.has_version = 1;
  whole.identity = binary(origin.identity);
  whole.version = binary(origin.version);
  std::vector<std::uint8_t> packed(dnstap__dnstap__get_packed_size(&whole));
  dnstap__dnstap__pack(&whole, packed.data());
  return packed;
}

// libfstrm's writer and its thread.
class Dnstap::Sender {
 public:
  Sender(const std::string& socket, unsigned workers) {
    const WriterOptions writer_options(fstrm_writer_options_init());
    fstrm_writer_options_add_content_type(writer_options.get(), kContentType.data(),
                                          kContentType.size());
    const UnixOptions unix_options(fstrm_unix_writer_options_init());
    fstrm_unix_writer_options_set_socket_path(unix_options.get(), socket.c_str());
    fstrm_writer* writer = fstrm_unix_writer_init(unix_options.get(), writer_options.get());
    if (writer == nullptr) throw std::runtime_error("the path is too long for a socket");
    const ThreadOptions thread_options(fstrm_iothr_options_init());
    fstrm_iothr_options_set_num_input_queues(thread_options.get(), workers);
    fstrm_iothr_options_set_input_queue_size(thread_options.get(), kQueued);
    fstrm_iothr_options_set_queue_notify_threshold(thread_options.get(), kHint);
    fstrm_iothr_options_set_reopen_interval(thread_options.get(), kReopenSeconds);
    thread_.reset(fstrm_iothr_init(thread_options.get(), &writer));
    if (!thread_) {
      fstrm_writer_destroy(&writer);
      throw std::runtime_error("its thread can't be started");
    }
    for (unsigned i = 0; i < workers; ++i) {
      queues_.push_back(fstrm_iothr_get_input_queue_idx(thread_.get(), i));
    }
  }

  // False: there was no room.
  bool send(unsigned worker, std::span<const std::uint8_t> message) {
    void* const copy = std::malloc(message.size());
    if (copy == nullptr) return false;
    std::memcpy(copy, message.data(), message.size());
    const fstrm_res done = fstrm_iothr_submit(thread_.get(), queues_[worker], copy, message.size(),
                                              fstrm_free_wrapper, nullptr);
    if (done != fstrm_res_success) std::free(copy);
    return done == fstrm_res_success;
  }

 private:
  template <typename T, auto kDestroy>
  struct Destroy {
    void operator()(T* object) const noexcept { kDestroy(&object); }
  };
  template <typename T, auto kDestroy>
  using Owned = std::unique_ptr<T, Destroy<T, kDestroy>>;
  using WriterOptions = Owned<fstrm_writer_options, fstrm_writer_options_destroy>;
  using UnixOptions = Owned<fstrm_unix_writer_options, fstrm_unix_writer_options_destroy>;
  using ThreadOptions = Owned<fstrm_iothr_options, fstrm_iothr_options_destroy>;

  Owned<fstrm_iothr, fstrm_iothr_destroy> thread_;
  std::vector<fstrm_iothr_queue*> queues_;
};

Dnstap::Dnstap(const std::string& socket, TapOrigin origin, unsigned workers)
    : origin_(std::move(origin)), sender_(std::make_unique<Sender>(socket, workers)) {}
Dnstap::~Dnstap() = default;

void Dnstap::tell(unsigned worker, const dns::Exchange& exchange) {
  const auto now = system_clock::now();
  for (const TapMessage which : {TapMessage::ClientQuery, TapMessage::ClientResponse}) {
    if (!sender_->send(worker, tap_message(which, origin_, exchange, now))) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

}  // namespace logging
