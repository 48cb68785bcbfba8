// The loader does what a change costs; here it is compared, after each of many random changes, with
// a reading of all files anew.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "config/document.h"
#include "config/files.h"
#include "config/loader.h"
#include "config/text.h"

namespace config {
namespace {

namespace fs = std::filesystem;

std::string text_of(const mesh::Meta& meta) {
  std::string text = meta.mesh + '/' + meta.name + '/' + meta.name_space + ' ';
  for (const auto& [key, value] : meta.labels.pairs()) {
    text.append(key).append("=").append(value) += ' ';
  }
  return text + to_string(meta.position);
}
std::string text_of(const mesh::Service& service) {
  std::string text(to_string(service.kind));
  text += ' ' + text_of(service.meta);
  for (const mesh::Port& port : service.ports) text += ' ' + std::to_string(port.port) + port.name;
  return text + '\n';
}
std::string text_of(const mesh::HostnameGenerator& generator) {
  return "generator " + text_of(generator.meta) + ' ' + generator.template_text + ' ' +
         to_string(generator.template_position) + '\n';
}
std::string text_of(const mesh::Dataplane& dataplane) {
  return "dataplane " + text_of(dataplane.meta) + ' ' + to_string(dataplane.address) + '\n';
}

std::string text_of(const mesh::Resources& resources) {
  std::string text;
  for (const auto& service : resources.services) text += text_of(*service);
  for (const auto& generator : resources.generators) text += text_of(*generator);
  for (const auto& dataplane : resources.dataplanes) text += text_of(*dataplane);
  return text;
}
std::string text_of(const mesh::Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) text += to_string(diagnostic) + '\n';
  return text;
}

// The specification: reads and parses everything at each step; of what was before it knows the last
// good versions only.
class Whole {
 public:
  Whole(fs::path root, LoaderSettings settings)
      : root_(std::move(root)), settings_(std::move(settings)) {}

  Load step() {
    Load load;
    diagnostics_.clear();
    load.missing_path = !fs::exists(root_);
    if (load.missing_path) {
      report(mesh::Severity::Error, root_, "is gone; what was in it is still served");
    } else {
      read_all(load);
    }
    if (files_.empty()) {
      report(mesh::Severity::Warning, root_,
             "there are no resources in this directory: put *.yaml, *.yml or *.json files there");
    }
    assemble(load);
    return load;
  }

 private:
  struct File {
    std::optional<Stat> stat;
    std::vector<std::string> texts;
    std::vector<Document> documents;
    Document last_good;
    mesh::Diagnostics diagnostics;
  };
  template <typename T>
  struct Item {
    std::shared_ptr<const T> resource;
    bool kept;
  };

  void report(mesh::Severity severity, const std::string& path, std::string message) {
    diagnostics_.push_back(
        {severity, {std::make_shared<const std::string>(path), 0, 0}, "", std::move(message)});
  }

  void read_all(Load& load) {
    const Listing listing = list(root_);
    for (const auto& problem : listing.problems) {
      report(mesh::Severity::Warning, problem.path, problem.message);
    }
    std::erase_if(files_, [&](const auto& entry) {
      return std::ranges::find(listing.files, entry.first) == listing.files.end();
    });
    for (const std::string& path : listing.files) read(path, load);
  }

  void read(const std::string& path, Load& load) {
    const auto name = std::make_shared<const std::string>(path);
    File& before = files_[path];
    File now;
    const Content content = read_file(path, settings_.limits.file_size);
    if (content.error.empty()) {
      now.stat = stat_of(path);
      std::multiset<std::string> known(before.texts.begin(), before.texts.end());
      for (const DocumentText& part : split(content.text)) {
        now.texts.emplace_back(part.text);
        now.documents.push_back(parse_document(part.text, {name, part.line}, settings_));
        const auto same = known.find(now.texts.back());
        if (same == known.end()) {
          ++load.parsed;
        } else {
          known.erase(same);
        }
      }
    } else {
      now.diagnostics.push_back({mesh::Severity::Error, {name, 0, 0}, "", content.error});
    }
    keep_last_good(now, before, name);
    before = std::move(now);
  }

  static std::string name_of(const mesh::Service& service) { return to_string(service.id()); }
  static std::string name_of(const mesh::HostnameGenerator& generator) {
    return "HostnameGenerator " + generator.meta.core_name();
  }
  static std::string name_of(const mesh::Dataplane& dataplane) {
    return "Dataplane " + dataplane.meta.core_name() + " of mesh " + dataplane.meta.mesh;
  }

  static void keep_last_good(File& now, const File& before,
                             const std::shared_ptr<const std::string>& name) {
    bool broken = mesh::has_errors(now.diagnostics);
    std::set<std::string> there;
    const auto add = [&](const auto& all) {
      for (const auto& resource : all) there.insert(name_of(*resource));
    };
    for (const Document& document : now.documents) {
      broken = broken || mesh::has_errors(document.diagnostics);
      add(document.services);
      add(document.generators);
      add(document.dataplanes);
    }
    if (!broken) return;
    const auto keep = [&](const auto& all, auto& kept) {
      for (const auto& resource : all) {
        if (!there.insert(name_of(*resource)).second) continue;
        kept.push_back(resource);
        now.last_good.diagnostics.push_back({mesh::Severity::Warning,
                                             {name, 0, 0},
                                             "",
                                             "the last good version of " + name_of(*resource) +
                                                 " is still served, since the file has errors"});
      }
    };
    const auto keep_all = [&](const Document& document) {
      keep(document.services, now.last_good.services);
      keep(document.generators, now.last_good.generators);
      keep(document.dataplanes, now.last_good.dataplanes);
    };
    for (const Document& document : before.documents) keep_all(document);
    keep_all(before.last_good);
  }

  template <typename T>
  std::vector<std::shared_ptr<const T>> distinct(std::vector<Item<T>> all, Load& load) {
    const auto identity = [](const T& resource) {
      if constexpr (std::is_same_v<T, mesh::Service>) {
        return resource.id();
      } else {
        return std::pair(resource.meta.mesh, resource.meta.core_name());
      }
    };
    std::ranges::stable_sort(all, [&](const Item<T>& a, const Item<T>& b) {
      const auto x = identity(*a.resource);
      const auto y = identity(*b.resource);
      return x != y ? x < y : a.kept < b.kept;
    });
    std::vector<std::shared_ptr<const T>> result;
    for (const Item<T>& item : all) {
      const bool is_new = result.empty() || identity(*result.back()) != identity(*item.resource);
      if (is_new) {
        result.push_back(item.resource);
        load.kept += item.kept ? 1 : 0;
      } else if (!item.kept) {
        const mesh::Meta& meta = item.resource->meta;
        diagnostics_.push_back({mesh::Severity::Error, meta.position, "name",
                                "\"" + meta.core_name() + "\" is already used at " +
                                    to_string(result.back()->meta.position) +
                                    ", which stays: give one of them another name"});
      }
    }
    return result;
  }

  void assemble(Load& load) {
    std::vector<Item<mesh::Service>> services;
    std::vector<Item<mesh::HostnameGenerator>> generators;
    std::vector<Item<mesh::Dataplane>> dataplanes;
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    const auto add = [&](const Document& document, bool kept) {
      for (const auto& service : document.services) services.push_back({service, kept});
      for (const auto& generator : document.generators) generators.push_back({generator, kept});
      for (const auto& dataplane : document.dataplanes) dataplanes.push_back({dataplane, kept});
      diagnostics_.insert(diagnostics_.end(), document.diagnostics.begin(),
                          document.diagnostics.end());
    };
    for (const auto& [path, file] : files_) {
      if (file.stat && !seen.emplace(file.stat->device, file.stat->inode).second) continue;
      ++load.files;
      load.documents += file.documents.size();
      diagnostics_.insert(diagnostics_.end(), file.diagnostics.begin(), file.diagnostics.end());
      add(file.last_good, true);
      for (const Document& document : file.documents) add(document, false);
    }
    load.resources = {distinct(std::move(services), load), distinct(std::move(generators), load),
                      distinct(std::move(dataplanes), load)};
    mesh::sort(diagnostics_);
    load.diagnostics = diagnostics_;
  }

  const fs::path root_;
  const LoaderSettings settings_;
  std::map<std::string, File> files_;
  mesh::Diagnostics diagnostics_;
};

// Changes files at random; remembers which paths a watcher would have named.
class Editor {
 public:
  Editor(fs::path root, std::uint64_t seed, bool links)
      : root_(std::move(root)), random_(seed), links_(links) {
    fs::create_directories(root_ / "sub");
    fs::create_directories(root_ / "map");
    for (int i = 0; i < 6; ++i) edit();
  }

  void edit() {
    if (gone_) return;
    switch (below(40)) {
      case 0:
        return remove(any_path());
      case 1:
        return make_unreadable(any_path());
      case 2:
        return link(false);
      case 3:
        return link(true);
      case 4:
        return swap_map();
      case 5:
        return rename(any_path(), any_path());
      case 6:
        return drop_folder();
      default:
        return rewrite(any_path());
    }
  }

  // Links are named whenever anything changes: what a chain of them leads to isn't followed.
  std::vector<std::string> changed() {
    for (const char* file : kFiles) {
      if (fs::is_symlink(root_ / file)) name(root_ / file);
    }
    return std::exchange(changed_, {});
  }
  std::size_t below(std::size_t end) { return random_() % end; }

  // The whole folder goes, or comes back.
  void move_root() {
    const fs::path away = root_.string() + ".away";
    gone_ ? fs::rename(away, root_) : fs::rename(root_, away);
    gone_ = !gone_;
    name(root_);
  }
  bool is_gone() const { return gone_; }

 private:
  static constexpr const char* kFiles[] = {"a.yaml", "b.yaml",     "c.yml",      "d.json",
                                           "e.yaml", "sub/f.yaml", "sub/g.yaml", "a.b.yaml"};

  std::string any_path() { return root_ / kFiles[below(std::size(kFiles))]; }
  void name(const std::string& path) { changed_.push_back(path); }
  void make_folder(const fs::path& path) {
    if (fs::create_directories(path)) name(path);
  }

  std::string document() {
    const std::string name = "n" + std::to_string(below(7));
    const std::string port = std::to_string(1 + below(3));
    const std::string mesh = below(4) == 0 ? "other" : "default";
    const std::string universal = "mesh: " + mesh + "\nname: " + name + "\n";
    const std::string spec = "spec: {ports: [{port: " + port + "}]}\n";
    switch (below(16)) {
      case 0:
        return "type: HostnameGenerator\nname: " + name +
               "\nspec:\n  selector: {meshService: {}}\n  template: x" + port + ".mesh\n";
      case 1:
        return "type: Dataplane\n" + universal + "networking: {address: 192.0.2." + port + "}\n";
      case 2:
        return "apiVersion: kuma.io/v1alpha1\nkind: MeshService\nmetadata: {name: " + name +
               ", namespace: s}\n" + spec;
      case 3:
        return "type: MeshService\nname: " + name + ".s\n" + spec;
      case 4:
        return "kind: List\nitems: [{type: MeshService, name: " + name + ", " +
               "spec: {ports: [{port: " + port + "}]}}, {type: MeshService, name: n1}, " +
               "{type: MeshService, name: n1}]\n";
      case 5:
        return "type: MeshTimeout\nname: x\n";
      case 6:
        return "type: MeshService\n" + universal + "spec: {ports: [{port: " + port + ", x: y}]}\n";
      case 7:
        return "type: MeshService\nname: [\n";
      case 8:
        return "type: MeshService\n" + universal + "spec: {ports: [{port: 0}]}\n";
      case 9:
        return "{\"type\": \"MeshService\", \"name\": \"" + name + "\"}\n";
      case 10:
        return "type: Mesh\nname: " + name + "\n";
      default:
        return "type: MeshService\n" + universal + spec;
    }
  }

  // One of the documents of the file is another, elsewhere, gone or new.
  void rewrite(const std::string& path) {
    std::vector<std::string>& documents = documents_[path];
    const std::size_t at = below(documents.size() + 1);
    const auto place = documents.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0:
        if (place != documents.end()) documents.erase(place);
        break;
      case 1:
        if (!documents.empty()) std::swap(documents.front(), documents[at % documents.size()]);
        break;
      case 2:
        if (place != documents.end()) *place += "\n# a line more\n";
        break;
      case 3:
        if (place != documents.end()) *place = document();
        break;
      case 4:
        if (documents.size() > 6) documents.clear();
        break;
      default:
        documents.insert(place, document());
    }
    write(path);
  }

  void write(const std::string& path) {
    make_folder(fs::path(path).parent_path());
    std::string text;
    for (const std::string& document : documents_[path]) text += document + "---\n";
    const std::string made = path + ".new";
    std::ofstream(made, std::ios::binary) << text;
    touch(made);
    fs::rename(made, path);
    name(path);
  }
  // A time of its own: the clock of files is coarser than the test is fast.
  void touch(const std::string& path) {
    fs::last_write_time(path, fs::file_time_type() + std::chrono::microseconds(++time_));
  }

  void remove(const std::string& path) {
    fs::remove(path);
    name(path);
  }
  void make_unreadable(const std::string& path) {
    make_folder(fs::path(path).parent_path());
    fs::remove(path);
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    name(path);
  }
  void link(bool hard) {
    const std::string from = any_path();
    const std::string to = any_path();
    if (!links_ || from == to || !fs::is_regular_file(from)) return;
    make_folder(fs::path(to).parent_path());
    fs::remove(to);
    hard ? fs::create_hard_link(from, to) : fs::create_symlink(from, to);
    name(to);
  }
  void rename(const std::string& from, const std::string& to) {
    if (!fs::is_regular_file(fs::symlink_status(from)) || from == to) return;
    make_folder(fs::path(to).parent_path());
    fs::rename(from, to);
    documents_[to] = documents_[from];
    name(from);
    name(to);
  }
  void drop_folder() {
    fs::remove_all(root_ / "sub");
    name(root_ / "sub");
  }
  // As the kubelet mounts a ConfigMap.
  void swap_map() {
    const fs::path map = root_ / "map";
    const fs::path before = map / (".." + std::to_string(version_));
    const fs::path now = map / (".." + std::to_string(++version_));
    fs::create_directories(now);
    for (const char* file : {"x.yaml", "y.yaml"}) {
      std::ofstream(now / file) << document() << "---\n" << document();
      touch(now / file);
      std::error_code error;
      fs::create_symlink(fs::path("..data") / file, map / file, error);
    }
    fs::create_directory_symlink(now.filename(), map / "..tmp");
    fs::rename(map / "..tmp", map / "..data");
    fs::remove_all(before);
    name(map / "..data");
  }
  const fs::path root_;
  std::mt19937_64 random_;
  const bool links_;
  std::map<std::string, std::vector<std::string>> documents_;
  std::vector<std::string> changed_;
  bool gone_ = false;
  int time_ = 0;
  int version_ = 0;
};

template <typename T>
void expect_caused(const std::vector<mesh::Changed<T>>& changes,
                   const std::vector<std::string>& paths) {
  const auto is_named = [&](const auto& resource) {
    return resource != nullptr && std::ranges::any_of(paths, [&](const std::string& path) {
             const fs::path folder = fs::path(path).parent_path();
             return resource->meta.position.file->starts_with(
                 path.ends_with("..data") ? folder.string() : path);
           });
  };
  for (const auto& changed : changes) {
    EXPECT_NE(changed.before, changed.after);
    EXPECT_TRUE(is_named(changed.before) || is_named(changed.after))
        << "no file of it changed: " << text_of(changed.either());
  }
}

class LoaderChangeTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  LoaderChangeTest() {
    std::string pattern = fs::temp_directory_path() / "mesh-dns-change-XXXXXX";
    folder_ = fs::path(mkdtemp(pattern.data()));
  }
  ~LoaderChangeTest() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_P(LoaderChangeTest, RandomEditsEqualAReadingAnew) {
  const fs::path root = folder_ / "resources";
  constexpr int kEdits = 6'000;
  const bool links = GetParam() % 2 == 0;
  Editor editor(root, GetParam(), links);
  Loader loader({root}, {});
  Whole whole(root, {});
  mesh::Resources state;
  mesh::DiagnosticSet diagnostics;
  std::vector<std::string> named = editor.changed();
  Load load = loader.load();
  for (int edits = 0; edits < kEdits && !HasFailure();) {
    const Load expected = whole.step();
    loader.complete(load);
    EXPECT_EQ(text_of(load.resources), text_of(expected.resources));
    EXPECT_EQ(text_of(load.diagnostics), text_of(expected.diagnostics));
    EXPECT_EQ(load.files, expected.files);
    EXPECT_EQ(load.documents, expected.documents);
    EXPECT_EQ(load.parsed, expected.parsed);
    EXPECT_EQ(load.kept, expected.kept);
    EXPECT_EQ(load.missing_path, expected.missing_path);
    // What it reports leads from the state before to the state now, and no resource is another
    // without need.
    state = mesh::applied(std::move(state), load.changes);
    EXPECT_EQ(state.services, load.resources.services);
    EXPECT_EQ(state.generators, load.resources.generators);
    EXPECT_EQ(state.dataplanes, load.resources.dataplanes);
    diagnostics.apply(load.diagnostic_changes);
    EXPECT_EQ(text_of(diagnostics.first()), text_of(load.diagnostics));
    if (!links) {  // with them a change of one path makes another one count
      expect_caused(load.changes.services, named);
      expect_caused(load.changes.generators, named);
      expect_caused(load.changes.dataplanes, named);
    }
    if (HasFailure()) {
      for (const std::string& path : named) ADD_FAILURE() << "changed: " << path;
    }
    if (editor.is_gone() || editor.below(50) == 0) {
      editor.move_root();
      ++edits;
    } else {
      for (std::size_t more = 1 + editor.below(3); more > 0; --more, ++edits) editor.edit();
    }
    named = editor.changed();
    load = editor.below(10) == 0 ? loader.load() : loader.reload(named);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LoaderChangeTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace config
