#include "logging/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <memory>

namespace logging {
namespace {

bool as_json = false;  // set once by start(), before any other thread is there
constexpr std::size_t kWaitingQueries = 8192;
std::shared_ptr<spdlog::async_logger>
    queries;  // set by start_queries(), before any worker is there

spdlog::level::level_enum spdlog_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::Trace:
      return spdlog::level::trace;
    case config::LogLevel::Debug:
      return spdlog::level::debug;
    case config::LogLevel::Info:
      return spdlog::level::info;
    case config::LogLevel::Warn:
      return spdlog::level::warn;
    case config::LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void set_pattern(spdlog::logger& logger) {
  logger.set_pattern(as_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                             : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                     spdlog::pattern_time_type::utc);
}

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string(text));
}

}  // namespace

void start(config::LogLevel level, config::LogFormat format) {
  as_json = format == config::LogFormat::Json;
  auto logger = std::make_shared<spdlog::logger>("mesh-dns",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog_level(level));
  set_pattern(*logger);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void write(config::LogLevel level, std::string_view message, std::span<const Field> fields) {
  const auto spdlog_lvl = spdlog_level(level);
  if (!spdlog::should_log(spdlog_lvl)) return;
  spdlog::default_logger_raw()->log(
      spdlog_lvl, as_json ? json_payload(message, fields) : text_payload(message, fields));
}

void start_queries() {
  spdlog::init_thread_pool(kWaitingQueries, 1);
  queries = std::make_shared<spdlog::async_logger>(
      "queries", std::make_shared<spdlog::sinks::stderr_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  set_pattern(*queries);
}

void write_query(const QueryLine& line) {
  const std::vector<Field> fields = {{"qname", line.qname},        {"qtype", line.qtype},
                                     {"rcode", line.rcode},        {"source", line.source},
                                     {"us", line.microseconds},    {"client", line.client},
                                     {"transport", line.transport}};
  queries->info(as_json ? json_payload("query", fields) : text_payload("query", fields));
}

std::uint64_t queries_lost() {
  const auto pool = spdlog::thread_pool();
  return pool ? pool->overrun_counter() : 0;
}

void stop_queries() {
  queries.reset();
  spdlog::details::registry::instance().set_tp(nullptr);
}

std::string text_payload(std::string_view message, std::span<const Field> fields) {
  std::string text(message);
  for (const auto& [key, value] : fields) {
    text.append(1, ' ').append(key).append(1, '=');
    const bool plain = !value.empty() && value.find_first_of(" \"\n\t=") == value.npos;
    text += plain ? value : quoted(value);
  }
  return text;
}

std::string json_payload(std::string_view message, std::span<const Field> fields) {
  std::string text = "\"message\":" + quoted(message);
  for (const auto& [key, value] : fields) text += ',' + quoted(key) + ':' + quoted(value);
  return text;
}

}  // namespace logging
