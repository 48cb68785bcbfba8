#include "config/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace config {
namespace {

namespace fs = std::filesystem;

class LoaderTest : public testing::Test {
 protected:
  LoaderTest() {
    std::string pattern = fs::temp_directory_path() / "mesh-dns-loader-XXXXXX";
    folder_ = fs::path(mkdtemp(pattern.data()));
    root_ = folder_ / "resources";
    fs::create_directory(root_);
  }
  ~LoaderTest() override { fs::remove_all(folder_); }

  // As editors and ConfigMaps do it: a new file takes the place of the old one.
  fs::path write(const std::string& name, const std::string& text) {
    const fs::path path = root_ / name;
    fs::create_directories(path.parent_path());
    const fs::path made = path.string() + ".new";
    std::ofstream(made, std::ios::binary) << text;
    fs::rename(made, path);
    return path;
  }

  // With the whole state, which is what most rules here are about.
  static Load load(Loader&& loader) { return load(loader); }
  static Load load(Loader& loader) {
    Load load = loader.load();
    loader.complete(load);
    return load;
  }
  static Load reload(Loader& loader, const std::vector<std::string>& changed) {
    Load load = loader.reload(changed);
    loader.complete(load);
    return load;
  }

  LoaderSettings settings_;
  fs::path folder_;
  fs::path root_;
};

std::string service(const std::string& name, int port = 80) {
  return "type: MeshService\nname: " + name + "\nspec: {ports: [{port: " + std::to_string(port) +
         "}]}\n";
}

std::string names(const Load& load) {
  std::string text;
  for (const auto& service : load.resources.services) text += service->meta.name + ' ';
  return text;
}

std::string said(const Load& load) {
  std::string text;
  for (const auto& diagnostic : load.diagnostics) text += to_string(diagnostic) + '\n';
  return text;
}

TEST_F(LoaderTest, ReadsDirectoriesFilesAndAllThatIsInThem) {
  write("b.yaml", service("b1") + "---\n" + service("b2"));
  write("a/deep/c.yml", service("c"));
  write("d.json", R"({"type": "MeshService", "name": "d"})");
  write("readme.txt", "not a resource");
  write(".hidden.yaml", service("hidden"));
  write(".git/x.yaml", service("hidden"));
  Loader loader({root_}, settings_);
  const Load found = load(loader);
  EXPECT_EQ(names(found), "b1 b2 c d ");
  EXPECT_EQ(said(found), "");
  EXPECT_EQ(found.files, 3u);
  EXPECT_EQ(found.documents, 4u);
  EXPECT_EQ(found.parsed, 4u);
  EXPECT_EQ(names(load(Loader({root_ / "d.json"}, settings_))), "d ");
}

TEST_F(LoaderTest, TheOrderOfFilesAndDocumentsDoesNotMatter) {
  write("1.yaml", service("z") + "---\n" + service("a"));
  write("2.yaml", service("m"));
  EXPECT_EQ(names(load(Loader({root_}, settings_))), "a m z ");
}

TEST_F(LoaderTest, OnlyChangedDocumentsAreParsedAgain) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += service("s" + std::to_string(i)) + "---\n";
  write("a.yaml", text);
  write("b.yaml", service("b"));
  Loader loader({root_}, settings_);
  EXPECT_EQ(load(loader).parsed, 51u);
  EXPECT_EQ(load(loader).parsed, 0u);
  const Load before = load(loader);
  const fs::path path = write("a.yaml", service("new") + "---\n" + text);
  const Load after = reload(loader, {path});
  EXPECT_EQ(after.parsed, 1u);
  EXPECT_EQ(after.resources.services.size(), 52u);
  // Positions are those of the new file.
  const auto s0 = std::ranges::find_if(after.resources.services,
                                       [](const auto& s) { return s->meta.name == "s0"; });
  EXPECT_EQ((*s0)->meta.position.line, 6u);
  // What didn't change is the same object.
  const auto find = [](const Load& found) {
    return std::ranges::find_if(found.resources.services,
                                [](const auto& s) { return s->meta.name == "b"; })
        ->get();
  };
  EXPECT_EQ(find(before), find(after));
}

TEST_F(LoaderTest, TwoResourcesOfOneNameAreAnErrorThatNamesBoth) {
  const fs::path path = write("a.yaml", service("x", 1) + "---\n" + service("x", 2));
  const Load found = load(Loader({root_}, settings_));
  ASSERT_EQ(found.resources.services.size(), 1u);
  EXPECT_EQ(found.resources.services[0]->ports[0].port, 1) << "the first stays";
  EXPECT_NE(said(found).find(path.string() + ":6:7: error: name: \"x\" is already used at " +
                             path.string() + ":2:7"),
            std::string::npos)
      << said(found);
}

TEST_F(LoaderTest, ABrokenDocumentLeavesTheOthers) {
  write("a.yaml", service("good") + "---\ntype: MeshService\nname: [\n---\n" + service("fine"));
  const Load found = load(Loader({root_}, settings_));
  EXPECT_EQ(names(found), "fine good ");
  EXPECT_TRUE(mesh::has_errors(found.diagnostics));
}

TEST_F(LoaderTest, ABrokenFileKeepsItsLastGoodVersion) {
  const fs::path path = write("a.yaml", service("one") + "---\n" + service("two"));
  Loader loader({root_}, settings_);
  load(loader);
  write("a.yaml", service("one", 81) + "---\ntype: MeshService\nname: [\n");
  const Load broken = reload(loader, {path});
  EXPECT_EQ(names(broken), "one two ");
  EXPECT_EQ(broken.kept, 1u);
  EXPECT_EQ(broken.resources.services[0]->ports[0].port, 81) << "a good document of it is new";
  EXPECT_NE(said(broken).find("last good version of MeshService two"), std::string::npos);
  // Broken once more, in another way: the last good one is still the last good one.
  write("a.yaml", "\xff");
  EXPECT_EQ(names(reload(loader, {path})), "one two ");
  write("a.yaml", service("three"));
  const Load mended = reload(loader, {path});
  EXPECT_EQ(names(mended), "three ");
  EXPECT_EQ(mended.kept, 0u);
  EXPECT_EQ(said(mended), "");
}

TEST_F(LoaderTest, AnUnreadableFileKeepsItsLastGoodVersion) {
  const fs::path path = write("a.yaml", service("one"));
  Loader loader({root_}, settings_);
  load(loader);
  fs::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const Load found = reload(loader, {path});
  EXPECT_EQ(names(found), "one ");
  EXPECT_NE(said(found).find("is no regular file"), std::string::npos) << said(found);
}

TEST_F(LoaderTest, AFileThatGoesTakesItsResourcesWithIt) {
  const fs::path a = write("a.yaml", service("a"));
  write("sub/b.yaml", service("b"));
  Loader loader({root_}, settings_);
  load(loader);
  fs::remove(a);
  EXPECT_EQ(names(reload(loader, {a})), "b ");
  fs::remove_all(root_ / "sub");
  EXPECT_EQ(names(reload(loader, {root_ / "sub"})), "");
  write("sub/b.yaml", service("b"));
  EXPECT_EQ(names(reload(loader, {root_ / "sub"})), "b ");
}

TEST_F(LoaderTest, ADirectoryThatVanishesKeepsWhatWasInIt) {
  write("a.yaml", service("a"));
  Loader loader({root_}, settings_);
  EXPECT_FALSE(load(loader).missing_path);
  fs::rename(root_, folder_ / "elsewhere");
  const Load gone = reload(loader, {root_});
  EXPECT_EQ(names(gone), "a ");
  EXPECT_TRUE(gone.missing_path);
  EXPECT_NE(said(gone).find("is gone; what was in it is still served"), std::string::npos);
  fs::rename(folder_ / "elsewhere", root_);
  EXPECT_EQ(said(reload(loader, {root_})), "");
}

TEST_F(LoaderTest, APathThatNeverWas) {
  const Load found = load(Loader({root_ / "nowhere"}, settings_));
  EXPECT_TRUE(found.missing_path);
  EXPECT_NE(said(found).find("nowhere: error: no such file or directory"), std::string::npos)
      << said(found);
}

// The folder above is watched for the sake of the path itself, and others write there too.
TEST_F(LoaderTest, WhatIsNotReadIsNotLookedAt) {
  const fs::path a = write("a.yaml", service("a"));
  fs::create_directory(root_ / "sub");
  Loader loader({root_}, settings_);
  EXPECT_TRUE(load(loader).looked);
  const auto looked = [&](const fs::path& path) { return reload(loader, {path}).looked; };
  EXPECT_FALSE(looked(folder_ / "beside.yaml"));
  EXPECT_FALSE(looked(folder_ / "state.db-wal"));
  EXPECT_FALSE(looked(write("README.md", "")));
  EXPECT_FALSE(looked(write(".a.yaml.swp", "")));
  EXPECT_FALSE(reload(loader, {}).looked);
  EXPECT_EQ(names(reload(loader, {folder_ / "beside.yaml"})), "a ");
  EXPECT_TRUE(looked(a));
  EXPECT_TRUE(looked(root_ / "gone.yaml"));
  EXPECT_TRUE(looked(root_ / "sub"));
  EXPECT_TRUE(looked(root_ / "..data"));
  EXPECT_TRUE(looked(root_));
  EXPECT_TRUE(looked(folder_));
  EXPECT_TRUE(reload(loader, {folder_ / "beside.yaml", a}).looked);
}

TEST_F(LoaderTest, AnEmptyDirectoryIsAWarning) {
  const Load found = load(Loader({root_}, settings_));
  EXPECT_NE(said(found).find("warning: there are no resources in this directory"),
            std::string::npos);
  EXPECT_FALSE(mesh::has_errors(found.diagnostics));
}

TEST_F(LoaderTest, ConfigMapsSwapASymlink) {
  // As the kubelet mounts them: a.yaml -> ..data/a.yaml, ..data -> ..2024_1.
  const auto publish = [&](const std::string& version, const std::string& text) {
    fs::create_directory(root_ / version);
    std::ofstream(root_ / version / "a.yaml") << text;
    fs::create_directory_symlink(version, root_ / "..tmp");
    fs::rename(root_ / "..tmp", root_ / "..data");
  };
  publish("..2024_1", service("one"));
  fs::create_symlink("..data/a.yaml", root_ / "a.yaml");
  Loader loader({root_}, settings_);
  EXPECT_EQ(names(load(loader)), "one ");
  publish("..2024_2", service("two"));
  EXPECT_EQ(names(reload(loader, {root_ / "..data"})), "two ");
}

TEST_F(LoaderTest, SymlinksAreFollowedAndTheirTargetsWatched) {
  fs::create_directories(folder_ / "elsewhere" / "sub");
  std::ofstream(folder_ / "elsewhere" / "x.yaml") << service("x");
  std::ofstream(folder_ / "elsewhere" / "sub" / "y.yaml") << service("y");
  fs::create_symlink(folder_ / "elsewhere" / "x.yaml", root_ / "link.yaml");
  fs::create_directory_symlink(folder_ / "elsewhere" / "sub", root_ / "sub");
  Loader loader({root_}, settings_);
  EXPECT_EQ(names(load(loader)), "x y ");
  const auto watched = loader.directories();
  EXPECT_TRUE(std::ranges::count(watched, (folder_ / "elsewhere").string()) == 1);
  std::ofstream(folder_ / "elsewhere" / "x.yaml") << service("changed");
  EXPECT_EQ(names(reload(loader, {folder_ / "elsewhere" / "x.yaml"})), "changed y ");
  EXPECT_TRUE(reload(loader, {folder_ / "elsewhere" / "x.yaml"}).looked);
}

TEST_F(LoaderTest, CyclesEnd) {
  write("a/b/x.yaml", service("x"));
  fs::create_directory_symlink(root_, root_ / "a" / "b" / "loop");
  fs::create_directory_symlink(".", root_ / "self");
  const Load found = load(Loader({root_}, settings_));
  EXPECT_EQ(names(found), "x ");
  EXPECT_NE(said(found).find("a loop"), std::string::npos);
}

TEST_F(LoaderTest, AFileThatIsFoundTwiceCountsOnce) {
  const fs::path path = write("a.yaml", service("a"));
  fs::create_symlink("a.yaml", root_ / "b.yaml");
  fs::create_hard_link(path, root_ / "c.yaml");
  EXPECT_EQ(said(load(Loader({root_, path}, settings_))), "");
}

TEST_F(LoaderTest, Limits) {
  settings_.limits.file_size = 2000;
  settings_.limits.documents = 3;
  write("good.yaml", service("good"));
  write("big.yaml", std::string(3000, '#'));
  write("many.yaml",
        service("a") + "---\n" + service("b") + "---\n" + service("c") + "---\n" + service("d"));
  const Load found = load(Loader({root_}, settings_));
  EXPECT_EQ(names(found), "good ");
  for (const char* part :
       {"big.yaml: error: has 3000 bytes, more than limits.fileSize allows (2000)",
        "many.yaml:13:1: error: has 4 documents, more than limits.documents"}) {
    EXPECT_NE(said(found).find(part), std::string::npos) << said(found);
  }
}

TEST_F(LoaderTest, AHundredThousandDocumentsAreNeverOneTree) {
  settings_.limits.file_size = 64 << 20;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += service("s" + std::to_string(i)) + "---\n";
  write("a.yaml", text);
  const Load found = load(Loader({root_}, settings_));
  EXPECT_EQ(found.resources.services.size(), 20'000u);
  EXPECT_EQ(said(found), "");
}

TEST_F(LoaderTest, OnlyWhatChangedIsAChange) {
  write("a.yaml", service("a") + "---\n" + service("b", 1) + "---\n" + service("c"));
  write("b.yaml", service("d"));
  Loader loader({root_}, settings_);
  EXPECT_EQ(loader.load().changes.services.size(), 4u);
  EXPECT_TRUE(loader.load().changes.empty());
  const fs::path path =
      write("a.yaml", service("a") + "---\n" + service("b", 2) + "---\n" + service("e"));
  Load found = loader.reload({path});
  ASSERT_EQ(found.changes.services.size(), 3u);
  std::ranges::sort(found.changes.services, {},
                    [](const auto& changed) { return changed.either().meta.name; });
  EXPECT_EQ(found.changes.services[0].before->ports[0].port, 1);
  EXPECT_EQ(found.changes.services[0].after->ports[0].port, 2);
  EXPECT_EQ(found.changes.services[1].after, nullptr) << "c";
  EXPECT_EQ(found.changes.services[2].before, nullptr) << "e";
  EXPECT_TRUE(found.diagnostic_changes.empty());
}

TEST_F(LoaderTest, WhereTheFirstOfOneNameGoesTheNextTakesItsPlace) {
  const fs::path a = write("a.yaml", service("x", 1));
  write("b.yaml", service("x", 2));
  Loader loader({root_}, settings_);
  EXPECT_EQ(loader.load().diagnostic_changes.added.size(), 1u);
  fs::remove(a);
  const Load found = loader.reload({a});
  ASSERT_EQ(found.changes.services.size(), 1u);
  EXPECT_EQ(found.changes.services[0].before->ports[0].port, 1);
  EXPECT_EQ(found.changes.services[0].after->ports[0].port, 2);
  EXPECT_EQ(found.diagnostic_changes.removed.size(), 1u);
  EXPECT_EQ(found.diagnostic_changes.added.size(), 0u);
}

TEST_F(LoaderTest, AProblemOfADirectoryIsReportedOnce) {
  write("a/x.yaml", service("x"));
  fs::create_directory_symlink(root_, root_ / "a" / "loop");
  Loader loader({root_}, settings_);
  loader.load();
  const Load found = reload(loader, {root_ / "a", root_ / "a" / "..data", root_ / "a"});
  EXPECT_EQ(found.diagnostics.size(), 1u) << said(found);
}

TEST_F(LoaderTest, ADirectoryWithOneFileBesideANeighbourOfAlikeName) {
  fs::create_directory(root_ / "b");
  write("b.yaml", service("beside"));
  write("b/x.yaml", service("x"));
  EXPECT_EQ(said(load(Loader({root_ / "b", root_ / "b.yaml"}, settings_))), "");
}

TEST_F(LoaderTest, ATargetThatComesBackIsRead) {
  fs::create_directory(folder_ / "elsewhere");
  const fs::path target = folder_ / "elsewhere" / "x.yaml";
  fs::create_symlink(target, root_ / "link.yaml");
  Loader loader({root_}, settings_);
  EXPECT_EQ(names(load(loader)), "");
  std::ofstream(target) << service("x");
  EXPECT_EQ(names(reload(loader, {target})), "x ");
  fs::remove(target);
  EXPECT_EQ(reload(loader, {target}).kept, 1u);
  std::ofstream(target) << service("y");
  EXPECT_EQ(names(reload(loader, {target})), "y ");
}

TEST_F(LoaderTest, GeneratorsFirst) {
  const std::string generator =
      "type: HostnameGenerator\nname: NAME\nspec:\n  selector: {meshService: {}}\n"
      "  template: a.mesh\n";
  const auto named = [&](const char* name) {
    std::string text = generator;
    return text.replace(text.find("NAME"), 4, name);
  };
  write("a.yaml", service("a") + "---\n" + named("one") + "---\n" + service("HostnameGenerator"));
  write("b.yaml", "# no HostnameGenerator here\n" + service("b"));
  write("c/d.yaml", named("two") + "---\n" + named("three") + "---\nname: [\n");
  write("e.json", R"({"kind": "List", "items": [{"type": "Hostname\u0047enerator", "name": "four",)"
                  R"( "spec": {"selector": {"meshService": {}}, "template": "x.mesh"}}]})");
  Loader loader({root_}, settings_);
  std::string found;
  for (const auto& one : loader.generators_first()) found += one->meta.name + ' ';
  EXPECT_EQ(found, "one two three four ");
  EXPECT_EQ(load(loader).resources.generators.size(), 4u) << "nothing was taken away";
}

TEST_F(LoaderTest, PathsAreShownAsTheyWereGiven) {
  write("a.yaml", "type: Nope\n");
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  const Load found = load(Loader({"resources/"}, settings_));
  fs::current_path(before);
  EXPECT_TRUE(said(found).starts_with("resources/a.yaml:1:7: error")) << said(found);
}

}  // namespace
}  // namespace config
