#include "admin/status_text.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "explain/story.h"

namespace admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kProblems = 20;  // told at most

std::string text(const json::value& value) {
  return json::value_to<std::string>(value);
}

std::string number(const json::value& value) {
  return std::to_string(value.to_number<std::uint64_t>());
}

std::string counted(const json::value& count, const char* noun) {
  return explain::counted(count.to_number<std::uint64_t>(), noun);
}

std::string joined(const json::array& values, auto&& to_text) {
  std::string all;
  for (const json::value& value : values) {
    all.append(all.empty() ? "" : ", ").append(to_text(value));
  }
  return all;
}

// "1200 mesh, 30 cache": the counts that aren't 0.
std::string counts(const json::object& object) {
  std::string all;
  for (const auto& [name, count] : object) {
    if (count.to_number<std::uint64_t>() == 0) continue;
    all.append(all.empty() ? "" : ", ").append(number(count)).append(1, ' ').append(name);
  }
  return all.empty() ? "none" : all;
}

void tell_table(explain::Story& story, const json::value& status) {
  const json::value& table = status.at("table");
  const std::string age = duration_text(table.at("ageSeconds").to_number<double>());
  const std::string why = text(table.at("waiting"));
  std::string state = "confirmed by its sources";
  if (!table.at("ready").as_bool()) {
    state = "none yet, for " + age;
  } else if (!table.at("confirmed").as_bool()) {
    state = "of the state file, for " + age;
  } else if (!why.empty()) {
    state = age + " old";
  }
  story.tell("table", state + (why.empty() ? "" : ": " + why));
  story.tell("table", counted(table.at("names"), "hostname") + " of " +
                          counted(table.at("services"), "service") + ", generation " +
                          number(table.at("generation")) + ", made " +
                          counted(table.at("reloads"), "time"));
}

std::string problem_text(const json::object& problem) {
  std::string line;
  const auto* file = problem.if_contains("file");
  if (file != nullptr && !file->as_string().empty()) {
    line = text(*file) + ':';
    for (const char* part : {"line", "column"}) {
      const std::string place = number(problem.at(part));
      if (place != "0") line += place + ':';
    }
    line += ' ';
  }
  line += text(problem.at("severity")) + ": ";
  const std::string path = text(problem.at("path"));
  if (!path.empty()) line += path + ": ";
  return line + text(problem.at("message"));
}

// What is wrong as a whole first, then errors, since only some are told; within a severity in the
// order of files.
void tell_problems(explain::Story& story, const json::value& status) {
  const json::array& concerns = status.at("concerns").as_array();
  for (const json::value& concern : concerns) {
    story.tell("problems", text(concern.at("severity")) + ": " + text(concern.at("message")));
  }
  std::vector<const json::object*> sorted;
  for (const json::value& problem : status.at("problems").as_array()) {
    sorted.push_back(&problem.as_object());
  }
  if (concerns.empty() && sorted.empty()) return story.tell("problems", "none");
  std::stable_partition(sorted.begin(), sorted.end(), [](const json::object* problem) {
    return text(problem->at("severity")) == "error";
  });
  const std::size_t told = std::min(sorted.size(), kProblems);
  for (std::size_t i = 0; i < told; ++i) story.tell("problems", problem_text(*sorted[i]));
  if (told < sorted.size()) {
    story.tell("problems", "and " + std::to_string(sorted.size() - told) + " more");
  }
}

// "documents 120, files 3": what isn't 0.
std::string figures_text(const json::value& figures) {
  std::string all;
  for (const auto& [name, value] : figures.as_object()) {
    if (value.to_number<std::uint64_t>() == 0) continue;
    all.append(all.empty() ? "" : ", ").append(spoken(name)).append(1, ' ').append(number(value));
  }
  return all;
}

void tell_sources(explain::Story& story, const json::array& sources) {
  for (const json::value& source : sources) {
    std::string line = joined(source.at("from").as_array(), text) + ": ";
    const std::string problem = text(source.at("problem"));
    line += !problem.empty()                  ? problem
            : source.at("complete").as_bool() ? "followed"
                                              : "not read yet";
    const std::string figures = figures_text(source.at("figures"));
    story.tell(text(source.at("name")), line + (figures.empty() ? "" : "; " + figures));
  }
}

void tell_pools(explain::Story& story, const json::array& pools) {
  for (const json::value& pool : pools) {
    std::string line = text(pool.at("pool")) + ' ' + text(pool.at("kind")) + ": " +
                       number(pool.at("used")) + " of " + number(pool.at("size")) + " used";
    if (pool.at("quarantined").to_number<std::uint64_t>() != 0) {
      line += ", " + number(pool.at("quarantined")) + " quarantined";
    }
    story.tell("pools", line);
  }
}

void tell_upstreams(explain::Story& story, const json::value& status) {
  for (const json::value& route : status.at("routes").as_array()) {
    const std::string servers = joined(route.at("servers").as_array(), text);
    story.tell("forwards", text(route.at("zone")) + " to " +
                               (servers.empty() ? "nobody" : servers) + ", from " +
                               text(route.at("from")));
  }
  for (const json::value& upstream : status.at("upstreams").as_array()) {
    std::string line = text(upstream.at("server")) + ": " + text(upstream.at("state")) + ", " +
                       counted(upstream.at("answers"), "answer");
    if (upstream.at("answers").to_number<std::uint64_t>() != 0) {
      line += " in " + milliseconds_text(upstream.at("meanMilliseconds").to_number<double>()) +
              " each on average";
    }
    for (const char* what : {"silent", "unreachable"}) {
      const json::value& count = upstream.at(what);
      if (count.to_number<std::uint64_t>() != 0) line += ", " + number(count) + ' ' + what;
    }
    story.tell("upstreams", line);
  }
}

void tell_queries(explain::Story& story, const json::value& status) {
  const json::value& cache = status.at("cache");
  story.tell("cache", counted(cache.at("entries"), "answer") + ", " +
                          size_text(cache.at("bytes").to_number<double>()) + " of " +
                          size_text(cache.at("size").to_number<double>()));
  const json::value& queries = status.at("queries");
  const json::array& workers = status.at("workers").as_array();
  story.tell("queries", number(queries.at("received")) + " by " +
                            counted(workers.size(), "worker") + " (" + joined(workers, number) +
                            ')');
  story.tell("queries", "types: " + counts(queries.at("byType").as_object()));
  story.tell("queries", "from: " + counts(queries.at("bySource").as_object()));
  story.tell("queries", "rcodes: " + counts(queries.at("byRcode").as_object()));
  const std::array<std::pair<const char*, const char*>, 3> kTrouble = {{
      {"refusedClients", "refused: client not in access.allow"},
      {"limited", "refused: too many in flight"},
      {"unanswered", "that no upstream answered"},
  }};
  for (const auto& [field, what] : kTrouble) {
    const json::value& count = queries.at(field);
    if (count.to_number<std::uint64_t>() != 0) story.tell("queries", number(count) + ' ' + what);
  }
}

StatusText make_text(const json::value& status) {
  const bool ready = status.at("table").at("ready").as_bool();
  explain::Story story;
  story.say("mesh-dns " + text(status.at("version")) + ", up for " +
            duration_text(status.at("uptimeSeconds").to_number<double>()) + ": " +
            (ready ? "ready" : "not ready"));
  story.tell("serves", "mesh " + text(status.at("mesh")) + ", zone " + text(status.at("zone")) +
                           " (" + text(status.at("mode")) + "), on " +
                           joined(status.at("listen").as_array(), text));
  tell_table(story, status);
  tell_problems(story, status);
  tell_sources(story, status.at("sources").as_array());
  tell_pools(story, status.at("pools").as_array());
  tell_upstreams(story, status);
  tell_queries(story, status);
  return {story.text(), ready};
}

}  // namespace

std::optional<StatusText> status_text(std::string_view text) {
  boost::system::error_code error;
  const json::value status = json::parse(text, error);
  if (error) return std::nullopt;
  try {
    return make_text(status);
  } catch (const std::exception&) {  // a field is missing, or another program answered
    return std::nullopt;
  }
}

std::string spoken(std::string_view name) {
  std::string words(name);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string duration_text(double seconds) {
  struct Unit {
    std::uint64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};
  const auto whole = static_cast<std::uint64_t>(std::max(seconds, 0.0));
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    const Unit& unit = kUnits[i];
    if (whole < unit.seconds) continue;
    const Unit& next = kUnits[i + 1];
    return std::to_string(whole / unit.seconds) + unit.name + ' ' +
           std::to_string(whole % unit.seconds / next.seconds) + next.name;
  }
  return std::to_string(whole) + " s";
}

std::string milliseconds_text(double milliseconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", milliseconds);
  return text.data();
}

std::string size_text(double bytes) {
  constexpr std::array<const char*, 4> kUnits = {"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text.data();
}

}  // namespace admin
