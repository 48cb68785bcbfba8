#include "config/loader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "config/files.h"
#include "config/loaded_file.h"

namespace config {
namespace {

namespace fs = std::filesystem;

// Texts that are held at once while their documents are parsed, bytes.
constexpr std::size_t kBatch = 8u << 20;

// How a path is known to us, whatever the way it was written.
std::string absolute(const std::string& path) {
  std::string text = fs::absolute(path).lexically_normal();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string parent(const std::string& path) {
  return fs::path(path).parent_path();
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

class Loader::Impl {
 public:
  Impl(std::vector<std::string> paths, LoaderSettings settings) : settings_(std::move(settings)) {
    for (std::string& path : paths) {
      const std::string key = path == "-" ? "-" : absolute(path);
      roots_.push_back({std::move(path), key, {}, {}});
    }
  }

  Load load();
  Load reload(const std::vector<std::string>& changed);
  std::vector<std::string> directories() const;

 private:
  // A path that was given.
  struct Root {
    std::string path;  // as given
    std::string key;
    std::set<std::string> directories;  // walked
    mesh::Diagnostics diagnostics;
  };
  // A file whose new text awaits the parse.
  struct Pending {
    std::string key;
    LoadedFile file;
    std::string text;
    std::vector<Job> jobs;
  };

  void look_at(Root& root);
  void walk(Root& root, const std::string& directory);
  void forget_below(const std::string& directory, const std::set<std::string>& keep);
  // Whether there was anything to look at.
  bool look_at_changed(const std::string& path);
  bool look_at_target(const std::string& path);
  void examine(const std::string& key);
  void read(const std::string& key, const std::optional<Stat>& stat);
  void flush();
  void problem(Root& root, mesh::Severity severity, const std::string& key, std::string message);
  std::string shown(const std::string& key) const;
  Load assemble();

  LoaderSettings settings_;
  std::vector<Root> roots_;
  std::map<std::string, LoadedFile> files_;  // by absolute path
  // Files that are symlinks, by the folder that their target is in.
  std::multimap<std::string, std::string> targets_;
  std::vector<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::size_t parsed_ = 0;
};

// The path as a person wrote it: below a given directory, that directory as it was given.
std::string Loader::Impl::shown(const std::string& key) const {
  for (const Root& root : roots_) {
    if (key == root.key) return root.path == "-" ? "standard input" : root.path;
    if (!is_below(key, root.key)) continue;
    std::string path = root.path;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path + key.substr(root.key.size());
  }
  return key;
}

void Loader::Impl::problem(Root& root, mesh::Severity severity, const std::string& key,
                           std::string message) {
  root.diagnostics.push_back(
      {severity, {std::make_shared<const std::string>(shown(key)), 0, 0}, "", std::move(message)});
}

void Loader::Impl::look_at(Root& root) {
  root.diagnostics.clear();
  if (root.key == "-") {
    if (!files_.contains("-")) read("-", std::nullopt);
    return;
  }
  const auto stat = stat_of(root.key);
  if (stat && stat->is_directory) return walk(root, root.key);
  if (stat) return examine(root.key);
  const bool had = files_.contains(root.key) || !root.directories.empty();
  problem(root, mesh::Severity::Error, root.key,
          had ? "is gone; what was in it is still served" : "no such file or directory");
}

void Loader::Impl::walk(Root& root, const std::string& directory) {
  const Listing listing = list(directory);
  for (const auto& [path, message] : listing.problems) {
    problem(root, mesh::Severity::Warning, path, message);
  }
  std::erase_if(root.directories, [&](const std::string& known) {
    return known == directory || is_below(known, directory);
  });
  root.directories.insert(listing.directories.begin(), listing.directories.end());
  forget_below(directory, {listing.files.begin(), listing.files.end()});
  for (const std::string& file : listing.files) examine(file);
}

void Loader::Impl::forget_below(const std::string& directory, const std::set<std::string>& keep) {
  for (auto file = files_.lower_bound(directory + '/');
       file != files_.end() && is_below(file->first, directory);) {
    file = keep.contains(file->first) ? std::next(file) : files_.erase(file);
  }
}

// Reads the file if it isn't the same as before.
void Loader::Impl::examine(const std::string& key) {
  const auto stat = stat_of(key);
  const auto known = files_.find(key);
  if (known != files_.end() && stat && known->second.stat == stat) return;
  std::error_code error;
  if (fs::is_symlink(key, error)) {
    const std::string target = fs::canonical(key, error);
    std::erase_if(targets_, [&](const auto& entry) { return entry.second == key; });
    if (!error) targets_.emplace(parent(target), key);
  }
  read(key, stat);
}

void Loader::Impl::read(const std::string& key, const std::optional<Stat>& stat) {
  Pending pending{key, {}, {}, {}};
  pending.file.name = std::make_shared<const std::string>(shown(key));
  Content content = read_file(key, settings_.limits.file_size);
  if (content.error.empty()) {
    pending.file.stat = stat;
    pending.text = std::move(content.text);
  } else {
    pending.file.diagnostics.push_back(
        {mesh::Severity::Error, {pending.file.name, 0, 0}, "", std::move(content.error)});
  }
  pending_bytes_ += pending.text.size();
  pending_.push_back(std::move(pending));
  if (pending_bytes_ >= kBatch) flush();
}

// Parses what was read, and puts the files in the place of what they were.
void Loader::Impl::flush() {
  std::vector<Job> jobs;
  for (Pending& pending : pending_) {
    const std::vector<Job> more =
        take_text(pending.file, files_[pending.key], pending.text, settings_);
    jobs.insert(jobs.end(), more.begin(), more.end());
  }
  run(jobs, settings_);
  parsed_ += jobs.size();
  for (Pending& pending : pending_) {
    LoadedFile& before = files_[pending.key];
    keep_last_good(pending.file, before);
    before = std::move(pending.file);
  }
  pending_.clear();
  pending_bytes_ = 0;
}

Load Loader::Impl::load() {
  for (Root& root : roots_) look_at(root);
  flush();
  return assemble();
}

// A change in a folder that holds the target of a symlink of ours.
bool Loader::Impl::look_at_target(const std::string& path) {
  std::vector<std::string> keys;
  const auto [first, last] = targets_.equal_range(parent(path));
  for (auto entry = first; entry != last; ++entry) keys.push_back(entry->second);
  for (const std::string& key : keys) {
    if (files_.contains(key)) examine(key);
  }
  return !keys.empty();
}

bool Loader::Impl::look_at_changed(const std::string& path) {
  bool looked = look_at_target(path);
  const std::string name = fs::path(path).filename();
  for (Root& root : roots_) {
    // The path itself, or a folder above it that went away or came back.
    if (root.key == path || is_below(root.key, path)) {
      look_at(root);
      looked = true;
      continue;
    }
    if (!is_below(path, root.key)) continue;
    const auto stat = stat_of(path);
    if ((stat && stat->is_directory && !name.starts_with('.')) || root.directories.contains(path)) {
      // A folder that went away has nothing below it any more.
      const bool there = stat && stat->is_directory;
      walk(root, there ? path : parent(path));
    } else if (name.starts_with("..")) {
      walk(root, parent(path));  // "..data": all files beside it lead through it
    } else if (is_resource_file(path)) {
      std::error_code error;
      const bool there = stat.has_value() || fs::is_symlink(path, error);
      there ? examine(path) : static_cast<void>(files_.erase(path));
    } else {
      continue;  // an editor's backup, a README
    }
    looked = true;
  }
  return looked;
}

Load Loader::Impl::reload(const std::vector<std::string>& changed) {
  bool looked = false;
  for (const std::string& path : changed) looked = look_at_changed(absolute(path)) || looked;
  flush();
  Load load = assemble();
  load.looked = looked;
  return load;
}

std::vector<std::string> Loader::Impl::directories() const {
  std::set<std::string> all;
  for (const Root& root : roots_) {
    if (root.key == "-") continue;
    all.insert(root.directories.begin(), root.directories.end());
    // The folder above tells when the path itself comes, goes or is replaced.
    std::string above = parent(root.key);
    while (!above.empty() && above != "/" && !fs::is_directory(above)) above = parent(above);
    if (!above.empty()) all.insert(above);
  }
  for (const auto& [folder, key] : targets_) {
    if (files_.contains(key)) all.insert(folder);
  }
  return {all.begin(), all.end()};
}

namespace {

// Collects resources; of two with one identity the first stays.
template <typename T>
class Distinct {
 public:
  void reserve(std::size_t count) { all_.reserve(count); }
  void add(std::shared_ptr<const T> resource, bool kept) {
    all_.push_back({std::move(resource), all_.size(), kept});
  }

  // Sorted by identity. `kept` counts the last good versions among them.
  std::vector<std::shared_ptr<const T>> take(mesh::Diagnostics& diagnostics, std::size_t& kept) {
    std::ranges::sort(all_, [](const Item& a, const Item& b) {
      const auto order = compare(*a.resource, *b.resource);
      if (order != 0) return order < 0;
      // Good ones before those that are only kept; then in the order of reading.
      return std::tie(a.kept, a.number) < std::tie(b.kept, b.number);
    });
    std::vector<std::shared_ptr<const T>> distinct;
    distinct.reserve(all_.size());
    for (Item& item : all_) {
      if (!distinct.empty() && compare(*distinct.back(), *item.resource) == 0) {
        if (!item.kept) report(*distinct.back(), *item.resource, diagnostics);
        continue;
      }
      kept += item.kept ? 1 : 0;
      distinct.push_back(std::move(item.resource));
    }
    return distinct;
  }

 private:
  struct Item {
    std::shared_ptr<const T> resource;
    std::size_t number;
    bool kept;
  };

  static std::strong_ordering compare(const T& a, const T& b) {
    if constexpr (std::is_same_v<T, mesh::Service>) {
      if (a.kind != b.kind) return a.kind <=> b.kind;
    }
    if (const auto order = a.meta.mesh <=> b.meta.mesh; order != 0) return order;
    if (a.meta.name_space.empty() && b.meta.name_space.empty()) return a.meta.name <=> b.meta.name;
    return a.meta.core_name() <=> b.meta.core_name();
  }

  static void report(const T& first, const T& second, mesh::Diagnostics& diagnostics) {
    diagnostics.push_back({mesh::Severity::Error, second.meta.position, "name",
                           "\"" + second.meta.core_name() + "\" is already used at " +
                               mesh::to_string(first.meta.position) +
                               ", which stays: give one of them another name"});
  }

  std::vector<Item> all_;
};

void append(mesh::Diagnostics& to, const mesh::Diagnostics& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// A file that is found by two ways counts once.
class Seen {
 public:
  bool first(const LoadedFile& file) {
    return !file.stat || seen_.emplace(file.stat->device, file.stat->inode).second;
  }

 private:
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
};

struct Collection {
  Distinct<mesh::Service> services;
  Distinct<mesh::HostnameGenerator> generators;
  Distinct<mesh::Dataplane> dataplanes;

  void add(const Document& document, bool kept) {
    for (const auto& service : document.services) services.add(service, kept);
    for (const auto& generator : document.generators) generators.add(generator, kept);
    for (const auto& dataplane : document.dataplanes) dataplanes.add(dataplane, kept);
  }
};

}  // namespace

Load Loader::Impl::assemble() {
  Load load;
  Collection collection;
  Seen seen;
  for (const Root& root : roots_) {
    append(load.diagnostics, root.diagnostics);
    const bool there = root.key == "-" || fs::exists(root.key);
    load.missing_path = load.missing_path || !there;
  }
  for (const auto& [key, file] : files_) {
    if (!seen.first(file)) continue;
    ++load.files;
    load.documents += file.documents.size();
    append(load.diagnostics, file.diagnostics);
    append(load.diagnostics, file.last_good.diagnostics);
    collection.add(file.last_good, true);
    for (const LoadedDocument& d : file.documents) {
      append(load.diagnostics, d.document.diagnostics);
      collection.add(d.document, false);
    }
  }
  load.resources.services = collection.services.take(load.diagnostics, load.kept);
  load.resources.generators = collection.generators.take(load.diagnostics, load.kept);
  load.resources.dataplanes = collection.dataplanes.take(load.diagnostics, load.kept);
  for (const Root& root : roots_) {
    const auto file = files_.lower_bound(root.key);
    const bool has_file =
        file != files_.end() && (file->first == root.key || is_below(file->first, root.key));
    if (has_file || root.directories.empty()) continue;
    load.diagnostics.push_back({mesh::Severity::Warning,
                                {std::make_shared<const std::string>(root.path), 0, 0},
                                "",
                                "there are no resources in this directory: put *.yaml, *.yml or "
                                "*.json files there"});
  }
  load.parsed = std::exchange(parsed_, 0);
  mesh::sort(load.diagnostics);
  return load;
}

Loader::Loader(std::vector<std::string> paths, LoaderSettings settings)
    : impl_(std::make_unique<Impl>(std::move(paths), std::move(settings))) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;

Load Loader::load() {
  return impl_->load();
}
Load Loader::reload(const std::vector<std::string>& changed) {
  return impl_->reload(changed);
}
std::vector<std::string> Loader::directories() const {
  return impl_->directories();
}

}  // namespace config
