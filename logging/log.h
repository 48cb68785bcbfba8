// The log: to standard error, as text or JSON, a message with fields.
//
// May be called by any thread once start() has returned. What is secret is never passed to it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "logging/query_log.h"

namespace logging {

using Field = std::pair<std::string_view, std::string>;
using Fields = std::initializer_list<Field>;

void start(config::LogLevel level, config::LogFormat format);

// "2026-11-23T20:00:00.000Z info serving names=3", or {"time":...,"level":"info",
// "message":"serving","names":"3"}.
void write(config::LogLevel level, std::string_view message, std::span<const Field> fields);
inline void write(config::LogLevel level, std::string_view message, Fields fields = {}) {
  write(level, message, std::span(fields.begin(), fields.size()));
}

inline void debug(std::string_view message, Fields fields = {}) {
  write(config::LogLevel::Debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(config::LogLevel::Info, message, fields);
}
inline void info(std::string_view message, const std::vector<Field>& fields) {
  write(config::LogLevel::Info, message, std::span(fields));
}
inline void warn(std::string_view message, Fields fields = {}) {
  write(config::LogLevel::Warn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(config::LogLevel::Error, message, fields);
}

// Queries are logged by workers, which must not wait for whoever reads the log: a thread writes
// them, and what it can't keep up with is lost, the oldest first. The thread has the signal mask of
// the caller.
void start_queries();
void write_query(const QueryLine& line);
// How many were lost.
std::uint64_t queries_lost();
// Writes what waits, and ends the thread.
void stop_queries();

// What stands behind the time and the level: pure, for tests.
std::string text_payload(std::string_view message, std::span<const Field> fields);
inline std::string text_payload(std::string_view message, Fields fields) {
  return text_payload(message, std::span(fields.begin(), fields.size()));
}
std::string json_payload(std::string_view message, std::span<const Field> fields);
inline std::string json_payload(std::string_view message, Fields fields) {
  return json_payload(message, std::span(fields.begin(), fields.size()));
}

}  // namespace logging
