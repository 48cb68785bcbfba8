// One file as it was last read: its documents, and the last good versions of what is broken now.
//
// A plain value, owned by the loader. Internal to the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/document.h"
#include "config/files.h"

namespace config {

// A document and how to tell that its text is the same as before.
struct LoadedDocument {
  std::uint64_t hash = 0;
  std::uint64_t size = 0;
  std::uint32_t line = 0;
  Document document;
};

struct LoadedFile {
  std::shared_ptr<const std::string> name;  // as people know it
  std::optional<Stat> stat;                 // none: it couldn't be read
  std::vector<LoadedDocument> documents;
  mesh::Diagnostics diagnostics;  // of the file as a whole
  Document last_good;             // resources that its broken documents had before
};

// A document to be parsed; `text` must live until it is.
struct Job {
  std::string_view text;
  Source source;
  LoadedDocument* into = nullptr;
};

// Takes the documents of `text` into `file`: those that `before` had as they are, the others as
// jobs, which point into `file`.
std::vector<Job> take_text(LoadedFile& file, const LoadedFile& before, std::string_view text,
                           const LoaderSettings& settings);

// To be called when the jobs are done: keeps what `before` had and `file` lacks because of an
// error.
void keep_last_good(LoadedFile& file, const LoadedFile& before);

// Runs the jobs, in several threads where that is worth it.
void run(std::vector<Job>& jobs, const LoaderSettings& settings);

}  // namespace config
