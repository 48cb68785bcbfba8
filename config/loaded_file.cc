#include "config/loaded_file.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "config/text.h"

namespace config {
namespace {

constexpr std::size_t kJobsPerThread = 32;  // below, a thread costs more than it saves
constexpr std::size_t kJobsPerTurn = 16;

// Documents of a file by their text's hash and size.
class Known {
 public:
  explicit Known(const std::vector<LoadedDocument>& documents) : documents_(documents) {
    for (std::size_t i = 0; i < documents_.size(); ++i) {
      by_hash_.emplace(documents_[i].hash, i);
    }
  }

  // Takes one of that text out, if there is any.
  bool take(LoadedDocument& wanted) {
    const auto [first, last] = by_hash_.equal_range(wanted.hash);
    for (auto found = first; found != last; ++found) {
      const LoadedDocument& document = documents_[found->second];
      if (document.size != wanted.size) continue;
      const std::int64_t lines = std::int64_t{wanted.line} - document.line;
      wanted.document = lines == 0 ? document.document : moved(document.document, lines);
      by_hash_.erase(found);
      return true;
    }
    return false;
  }

 private:
  const std::vector<LoadedDocument>& documents_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;
};

unsigned threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

// What makes two resources one and the same, in words.
std::string name_of(const mesh::Service& service) {
  return mesh::to_string(service.id());
}
std::string name_of(const mesh::HostnameGenerator& generator) {
  return "HostnameGenerator " + generator.meta.core_name();
}
std::string name_of(const mesh::Dataplane& dataplane) {
  return "Dataplane " + dataplane.meta.core_name() + " of mesh " + dataplane.meta.mesh;
}

bool has_error(const LoadedFile& file) {
  const auto broken = [](const LoadedDocument& d) {
    return mesh::has_errors(d.document.diagnostics);
  };
  return mesh::has_errors(file.diagnostics) || std::ranges::any_of(file.documents, broken);
}

class Keeper {
 public:
  explicit Keeper(LoadedFile& file) : file_(file) {
    for (const LoadedDocument& d : file.documents) {
      for (const auto& service : d.document.services) there_.insert(name_of(*service));
      for (const auto& generator : d.document.generators) there_.insert(name_of(*generator));
      for (const auto& dataplane : d.document.dataplanes) there_.insert(name_of(*dataplane));
    }
  }

  void keep(const Document& before) {
    keep(before.services, file_.last_good.services);
    keep(before.generators, file_.last_good.generators);
    keep(before.dataplanes, file_.last_good.dataplanes);
  }

 private:
  template <typename T>
  void keep(const std::vector<std::shared_ptr<const T>>& before,
            std::vector<std::shared_ptr<const T>>& kept) {
    for (const auto& resource : before) {
      if (!there_.insert(name_of(*resource)).second) continue;
      kept.push_back(resource);
      file_.last_good.diagnostics.push_back({mesh::Severity::Warning,
                                             {file_.name, 0, 0},
                                             "",
                                             "the last good version of " + name_of(*resource) +
                                                 " is still served, since the file has errors"});
    }
  }

  LoadedFile& file_;
  std::set<std::string> there_;
};

}  // namespace

std::vector<Job> take_text(LoadedFile& file, const LoadedFile& before, std::string_view text,
                           const LoaderSettings& settings) {
  std::vector<DocumentText> texts = split(text);
  if (texts.size() > settings.limits.documents) {
    file.diagnostics.push_back(
        {mesh::Severity::Error,
         {file.name, texts[settings.limits.documents].line, 1},
         "",
         "has " + std::to_string(texts.size()) + " documents, more than limits.documents allows (" +
             std::to_string(settings.limits.documents) +
             "): split the file, or raise the limit; nothing of it is read"});
    return {};
  }
  Known known(before.documents);
  file.documents.resize(texts.size());
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    LoadedDocument& document = file.documents[i];
    document.hash = std::hash<std::string_view>()(texts[i].text);
    document.size = texts[i].text.size();
    document.line = texts[i].line;
    if (known.take(document)) continue;
    jobs.push_back({texts[i].text, {file.name, texts[i].line}, &document});
  }
  return jobs;
}

void keep_last_good(LoadedFile& file, const LoadedFile& before) {
  file.last_good = {};
  if (!has_error(file)) return;
  Keeper keeper(file);
  for (const LoadedDocument& d : before.documents) keeper.keep(d.document);
  keeper.keep(before.last_good);
}

void run(std::vector<Job>& jobs, const LoaderSettings& settings) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (;;) {
      const std::size_t begin = next.fetch_add(kJobsPerTurn);
      if (begin >= jobs.size()) return;
      for (std::size_t i = begin; i < std::min(begin + kJobsPerTurn, jobs.size()); ++i) {
        jobs[i].into->document = parse_document(jobs[i].text, jobs[i].source, settings);
      }
    }
  };
  const std::size_t useful = std::min<std::size_t>(threads(), jobs.size() / kJobsPerThread);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < useful; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
}

}  // namespace config
