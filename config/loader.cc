#include "config/loader.h"

#include <malloc.h>

#include <algorithm>

#include "config/collection.h"
#include "config/file_tree.h"
#include "config/generators_first.h"

namespace config {
namespace {

// Texts that are held at once while their documents are parsed, bytes.
constexpr std::size_t kBatch = 8u << 20;
// Documents parsed at once whose trees leave so much free memory behind that it is given back.
constexpr std::size_t kMany = 10'000;

}  // namespace

class Loader::Impl {
 public:
  Impl(std::vector<std::string> paths, LoaderSettings settings)
      : settings_(std::move(settings)), tree_(std::move(paths)) {}

  Load load() { return take(tree_.look()); }
  Load reload(const std::vector<std::string>& changed);
  std::vector<std::shared_ptr<const mesh::HostnameGenerator>> generators_first() const;

  const FileTree& tree() const { return tree_; }
  const Collection& collection() const { return collection_; }
  const mesh::DiagnosticSet& diagnostics() const { return diagnostics_; }

 private:
  Load take(const std::vector<FileChange>& changes);
  void read(const FileChange& change);
  void parse();
  Load finish();

  LoaderSettings settings_;
  FileTree tree_;
  Collection collection_;
  mesh::DiagnosticSet diagnostics_;
  mesh::Diagnostics of_paths_;  // those of diagnostics_ that are the tree's
  // Files whose new text awaits the parse.
  std::vector<NewFile> pending_;
  std::size_t pending_bytes_ = 0;
  std::size_t parsed_ = 0;  // by this look
};

Load Loader::Impl::reload(const std::vector<std::string>& changed) {
  const auto changes = tree_.look_at(changed);
  Load load = take(changes.value_or(std::vector<FileChange>()));
  load.looked = changes.has_value();
  return load;
}

Load Loader::Impl::take(const std::vector<FileChange>& changes) {
  for (const FileChange& change : changes) {
    if (!change.gone) {
      read(change);
      continue;
    }
    parse();
    collection_.drop(change.key);
  }
  parse();
  return finish();
}

void Loader::Impl::read(const FileChange& change) {
  // What it had must be in place before it is compared with what it has.
  if (std::ranges::find(pending_, change.key, &NewFile::key) != pending_.end()) parse();
  NewFile file;
  file.key = change.key;
  file.name = std::make_shared<const std::string>(tree_.shown(change.key));
  Content content = read_file(change.key, settings_.limits.file_size);
  if (content.error.empty()) {
    file.stat = change.stat;
    file.text = std::move(content.text);
    split_file(file, collection_.find(change.key), settings_);
  } else {
    tree_.failed(change.key);
    file.diagnostics.push_back(
        {mesh::Severity::Error, {file.name, 0, 0}, "", std::move(content.error)});
  }
  pending_bytes_ += file.text.size();
  pending_.push_back(std::move(file));
  if (pending_bytes_ >= kBatch) parse();
}

// Parses what was read, and puts the files in the place of what they were.
void Loader::Impl::parse() {
  parsed_ += parse_new(pending_, settings_);
  for (NewFile& file : pending_) {
    collection_.adopt(file);
    file = {};
  }
  pending_.clear();
  pending_bytes_ = 0;
}

Load Loader::Impl::finish() {
  Load load;
  Collection::Change change = collection_.finish();
  load.changes = std::move(change.resources);
  load.diagnostic_changes = std::move(change.diagnostics);
  mesh::Diagnostics& removed = load.diagnostic_changes.removed;
  mesh::Diagnostics& added = load.diagnostic_changes.added;
  removed.insert(removed.end(), of_paths_.begin(), of_paths_.end());
  of_paths_ = tree_.diagnostics();
  added.insert(added.end(), of_paths_.begin(), of_paths_.end());
  diagnostics_.apply(load.diagnostic_changes);
  load.files = collection_.files();
  load.documents = collection_.documents();
  load.kept = collection_.kept();
  load.missing_path = tree_.missing_path();
  load.parsed = std::exchange(parsed_, 0);
  if (load.parsed >= kMany) malloc_trim(0);
  return load;
}

std::vector<std::shared_ptr<const mesh::HostnameGenerator>> Loader::Impl::generators_first() const {
  FileTree tree = tree_;
  std::vector<std::shared_ptr<const mesh::HostnameGenerator>> generators;
  for (const FileChange& change : tree.look()) {
    // Standard input can be read only once.
    if (change.key == "-") continue;
    const Content content = read_file(change.key, settings_.limits.file_size);
    const auto name = std::make_shared<const std::string>(tree.shown(change.key));
    add_generators(content.text, name, settings_, generators);
  }
  return generators;
}

Loader::Loader(std::vector<std::string> paths, LoaderSettings settings)
    : impl_(std::make_unique<Impl>(std::move(paths), std::move(settings))) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;

std::vector<std::shared_ptr<const mesh::HostnameGenerator>> Loader::generators_first() const {
  return impl_->generators_first();
}
Load Loader::load() {
  return impl_->load();
}
Load Loader::reload(const std::vector<std::string>& changed) {
  return impl_->reload(changed);
}
mesh::Resources Loader::resources() const {
  return impl_->collection().resources();
}
mesh::Diagnostics Loader::diagnostics() const {
  return impl_->diagnostics().first();
}
void Loader::complete(Load& load) const {
  load.resources = resources();
  load.diagnostics = diagnostics();
}
std::vector<std::string> Loader::directories() const {
  return impl_->tree().directories();
}

}  // namespace config
