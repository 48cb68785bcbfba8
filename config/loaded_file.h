// One file as it was last read: its documents, and the last good versions of what is broken now.
//
// A plain value, owned by the collection. Internal to the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/digest.h"
#include "config/document.h"
#include "config/files.h"
#include "config/text.h"

namespace config {

// A resource in the collection; or, of a document, that it has not just one.
class ResourceRef {
 public:
  enum class Sort : std::uint8_t { Other, Service, Generator, Dataplane };

  // Of nothing.
  ResourceRef() = default;
  // REQUIRES: below kMost resources of a sort, which is more than memory holds.
  ResourceRef(Sort sort, std::size_t index)
      : packed_(static_cast<std::uint32_t>(sort) << kBits | static_cast<std::uint32_t>(index)) {}

  Sort sort() const { return static_cast<Sort>(packed_ >> kBits); }
  std::uint32_t index() const { return packed_ & kMost; }
  bool empty() const { return packed_ == kMost; }

 private:
  static constexpr unsigned kBits = 30;
  static constexpr std::uint32_t kMost = (std::uint32_t{1} << kBits) - 1;
  std::uint32_t packed_ = kMost;
};

// A document and how to tell that its text is the same as before. 100,000 of them are kept, nearly
// all with one resource and nothing to say of it.
struct LoadedDocument {
  Digest digest;
  std::uint32_t line = 0;
  ResourceRef content;  // Other: the index is that of LoadedFile::others
};
static_assert(sizeof(LoadedDocument) == 24);

// What is in a document that has none or several resources, or diagnostics.
struct OtherDocument {
  std::vector<ResourceRef> resources;
  mesh::Diagnostics diagnostics;
};

struct LoadedFile {
  const std::string* key = nullptr;  // its path
  std::uint32_t number = 0;          // among the files
  std::optional<Stat> stat;          // none: it couldn't be read
  std::vector<LoadedDocument> documents;
  std::vector<OtherDocument> others;
  std::vector<ResourceRef> last_good;  // that its broken documents had before
  mesh::Diagnostics diagnostics;       // of the file as a whole
  bool counts = false;                 // false: another path leads to the same file
};

// A document of a file that is being read.
struct NewDocument {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  DocumentText text;
  Digest digest;
  std::uint32_t same = kNone;  // the document of this text that the file had
  Document parsed;             // if it had none
};

// A file whose text was read, and awaits the parse of what is new in it.
struct NewFile {
  std::string key;
  std::shared_ptr<const std::string> name;  // as people know it
  std::optional<Stat> stat;
  std::string text;
  std::vector<NewDocument> documents;  // point into `text`
  mesh::Diagnostics diagnostics;       // of the file as a whole
};

// Cuts `file.text` into documents, and finds those that `before` had.
void split_file(NewFile& file, const LoadedFile* before, const LoaderSettings& settings);

// Parses the new documents of the files, in several threads where that is worth it; says how many
// there were.
std::size_t parse_new(std::vector<NewFile>& files, const LoaderSettings& settings);

}  // namespace config
