#include "config/file_tree.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace config {
namespace {

namespace fs = std::filesystem;

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

bool is_in(const std::string& path, const std::string& directory) {
  return path == directory || is_below(path, directory);
}

bool is_symlink(const std::string& path) {
  std::error_code error;
  return fs::is_symlink(path, error);
}

}  // namespace

FileTree::FileTree(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    std::string key = path == "-" ? "-" : absolute(path);
    roots_.push_back({std::move(path), std::move(key), {}, {}});
  }
}

std::vector<FileChange> FileTree::look() {
  for (Root& root : roots_) look_at_root(root);
  return std::exchange(changes_, {});
}

std::optional<std::vector<FileChange>> FileTree::look_at(const std::vector<std::string>& changed) {
  bool looked = false;
  for (const std::string& path : changed) looked = look_at_path(absolute(path)) || looked;
  if (!looked) return std::nullopt;
  return std::exchange(changes_, {});
}

void FileTree::failed(const std::string& key) {
  const auto file = files_.find(key);
  if (file != files_.end()) file->second.reset();
}

std::string FileTree::shown(const std::string& key) const {
  for (const Root& root : roots_) {
    if (key == root.key) return root.path == "-" ? "standard input" : root.path;
    if (!is_below(key, root.key)) continue;
    std::string path = root.path;
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path + key.substr(root.key.size());
  }
  return key;
}

void FileTree::look_at_root(Root& root) {
  root.problems.clear();
  if (root.key == "-") {
    if (files_.try_emplace("-").second) changes_.push_back({"-", std::nullopt});
    return;
  }
  const auto stat = stat_of(root.key);
  if (stat && stat->is_directory) return walk(root, root.key);
  if (stat) return examine(root.key);
  const bool had = files_.contains(root.key) || !root.directories.empty();
  root.problems.push_back(
      {root.key, mesh::Severity::Error,
       had ? "is gone; what was in it is still served" : "no such file or directory"});
}

void FileTree::walk(Root& root, const std::string& directory) {
  const Listing listing = list(directory);
  std::erase_if(root.problems,
                [&](const Root::Problem& problem) { return is_in(problem.key, directory); });
  for (const auto& [path, message] : listing.problems) {
    root.problems.push_back({path, mesh::Severity::Warning, message});
  }
  std::erase_if(root.directories,
                [&](const std::string& known) { return is_in(known, directory); });
  root.directories.insert(listing.directories.begin(), listing.directories.end());
  forget_below(directory, {listing.files.begin(), listing.files.end()});
  for (const std::string& file : listing.files) examine(file);
}

void FileTree::forget_below(const std::string& directory, const std::set<std::string>& keep) {
  std::vector<std::string> gone;
  for (auto file = files_.lower_bound(directory + '/');
       file != files_.end() && is_below(file->first, directory); ++file) {
    if (!keep.contains(file->first)) gone.push_back(file->first);
  }
  for (const std::string& key : gone) forget(key);
}

void FileTree::forget(const std::string& key) {
  if (files_.erase(key) != 0) changes_.push_back({key, std::nullopt, true});
}

// Has the file read if it isn't the same as before.
void FileTree::examine(const std::string& key) {
  const auto stat = stat_of(key);
  const auto [known, is_new] = files_.try_emplace(key);
  if (!is_new && stat && known->second == stat) return;
  known->second = stat;
  if (is_symlink(key)) follow(key);
  changes_.push_back({key, stat});
}

// Notes where the target of the symlink is, though it may be missing at the moment.
void FileTree::follow(const std::string& key) {
  if (const auto known = folders_.find(key); known != folders_.end()) {
    const auto [first, last] = targets_.equal_range(known->second);
    targets_.erase(std::find_if(first, last, [&](const auto& t) { return t.second == key; }));
    folders_.erase(known);
  }
  std::error_code error;
  fs::path target = fs::canonical(key, error);
  if (error)
    target =
        fs::weakly_canonical(fs::path(key).parent_path() / fs::read_symlink(key, error), error);
  if (error) return;
  targets_.emplace(target.parent_path(), key);
  folders_.emplace(key, target.parent_path());
}

// A change in a folder that holds the target of a symlink of ours.
bool FileTree::look_at_target(const std::string& path) {
  std::vector<std::string> keys;
  const auto [first, last] = targets_.equal_range(parent(path));
  for (auto entry = first; entry != last; ++entry) keys.push_back(entry->second);
  for (const std::string& key : keys) {
    if (files_.contains(key)) examine(key);
  }
  return !keys.empty();
}

bool FileTree::look_at_path(const std::string& path) {
  bool looked = look_at_target(path);
  for (Root& root : roots_) {
    // The path itself, or a folder above it that went away or came back.
    if (is_in(root.key, path)) {
      look_at_root(root);
      looked = true;
    } else if (is_below(path, root.key)) {
      looked = look_below(root, path) || looked;
    }
  }
  return looked;
}

bool FileTree::look_below(Root& root, const std::string& path) {
  const auto stat = stat_of(path);
  const std::string name = fs::path(path).filename();
  const bool is_directory = stat && stat->is_directory;
  if ((is_directory && !name.starts_with('.')) || root.directories.contains(path)) {
    // A folder that went away has nothing below it any more.
    walk(root, is_directory ? path : parent(path));
  } else if (name.starts_with("..")) {
    walk(root, parent(path));  // "..data": all files beside it lead through it
  } else if (is_resource_file(path)) {
    stat || is_symlink(path) ? examine(path) : forget(path);
  } else {
    return false;  // an editor's backup, a README
  }
  return true;
}

bool FileTree::missing_path() const {
  return std::ranges::any_of(
      roots_, [](const Root& root) { return root.key != "-" && !fs::exists(root.key); });
}

bool FileTree::has_file(const Root& root) const {
  const auto file = files_.lower_bound(root.key);
  if (file == files_.end()) return false;
  if (is_in(file->first, root.key)) return true;
  const auto below = files_.lower_bound(root.key + '/');
  return below != files_.end() && is_below(below->first, root.key);
}

mesh::Diagnostics FileTree::diagnostics() const {
  mesh::Diagnostics diagnostics;
  const auto add = [&](mesh::Severity severity, std::string path, std::string message) {
    auto file = std::make_shared<const std::string>(std::move(path));
    diagnostics.push_back({severity, {std::move(file), 0, 0}, "", std::move(message)});
  };
  for (const Root& root : roots_) {
    for (const Root::Problem& problem : root.problems) {
      add(problem.severity, shown(problem.key), problem.message);
    }
    if (root.directories.empty() || has_file(root)) continue;
    add(mesh::Severity::Warning, root.path,
        "there are no resources in this directory: put *.yaml, *.yml or *.json files there");
  }
  return diagnostics;
}

std::vector<std::string> FileTree::directories() const {
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

}  // namespace config
