#include "config/loaded_file.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>

namespace config {
namespace {

constexpr std::size_t kJobsPerThread = 32;  // below, a thread costs more than it saves
constexpr std::size_t kJobsPerTurn = 16;

struct Job {
  NewDocument* document;
  const NewFile* file;
};

unsigned threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

// Pairs the documents of equal text: most changes leave what is before and behind them as it was.
void match(std::vector<NewDocument>& now, const std::vector<LoadedDocument>& before) {
  const auto pair = [&](std::size_t i, std::size_t b) {
    if (now[i].digest != before[b].digest) return false;
    now[i].same = static_cast<std::uint32_t>(b);
    return true;
  };
  const std::size_t least = std::min(now.size(), before.size());
  std::size_t front = 0;
  while (front < least && pair(front, front)) ++front;
  std::size_t back = 0;
  while (back < least - front && pair(now.size() - 1 - back, before.size() - 1 - back)) ++back;

  std::unordered_multimap<Digest, std::uint32_t, DigestHash> others;
  for (std::size_t b = front; b < before.size() - back; ++b) {
    others.emplace(before[b].digest, static_cast<std::uint32_t>(b));
  }
  for (std::size_t i = front; i < now.size() - back && !others.empty(); ++i) {
    const auto found = others.find(now[i].digest);
    if (found == others.end()) continue;
    now[i].same = found->second;
    others.erase(found);
  }
}

}  // namespace

void split_file(NewFile& file, const LoadedFile* before, const LoaderSettings& settings) {
  const std::vector<DocumentText> texts = split(file.text);
  if (texts.size() > settings.limits.documents) {
    file.diagnostics.push_back(
        {mesh::Severity::Error,
         {file.name, texts[settings.limits.documents].line, 1},
         "",
         "has " + std::to_string(texts.size()) + " documents, more than limits.documents allows (" +
             std::to_string(settings.limits.documents) +
             "): split the file, or raise the limit; nothing of it is read"});
    return;
  }
  file.documents.reserve(texts.size());
  for (const DocumentText& text : texts) file.documents.push_back({text, digest(text.text)});
  if (before != nullptr) match(file.documents, before->documents);
}

std::size_t parse_new(std::vector<NewFile>& files, const LoaderSettings& settings) {
  std::vector<Job> jobs;
  for (NewFile& file : files) {
    for (NewDocument& document : file.documents) {
      if (document.same == NewDocument::kNone) jobs.push_back({&document, &file});
    }
  }
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (;;) {
      const std::size_t begin = next.fetch_add(kJobsPerTurn);
      if (begin >= jobs.size()) return;
      for (std::size_t i = begin; i < std::min(begin + kJobsPerTurn, jobs.size()); ++i) {
        NewDocument& document = *jobs[i].document;
        const Source source{jobs[i].file->name, document.text.line};
        document.parsed = parse_document(document.text.text, source, settings);
      }
    }
  };
  const std::size_t useful = std::min<std::size_t>(threads(), jobs.size() / kJobsPerThread);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < useful; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  return jobs.size();
}

}  // namespace config
