#include "kubernetes/wanted_statuses.h"

#include <gtest/gtest.h>

namespace kubernetes {
namespace {

const std::string kOld = R"({"vips":[{"ip":"241.0.0.1"}]})";
const std::string kNew = R"({"vips":[{"ip":"241.0.0.2"}]})";

CustomId id(const std::string& name) {
  return {CustomKind::MeshService, {"ns", name}};
}
ResourceStatus status(const std::string& name, const std::string& json) {
  return {mesh::Kind::MeshService, "ns", name, json};
}

// "+name" for a status that is to be written, "-name" for none.
std::string text_of(const StatusEdits& edits) {
  std::string text;
  for (const StatusEdit& edit : edits) {
    text += (text.empty() ? "" : " ") + std::string(edit.write ? "+" : "-") + edit.id.key.name;
  }
  return text;
}

class WantedStatusesTest : public testing::Test {
 protected:
  WantedStatusesTest() {
    for (const char* name : {"a", "b", "c"}) actual_[id(name)] = {"u", true, kOld};
  }
  std::string set(const std::vector<ResourceStatus>& statuses) {
    return text_of(statuses_.set(statuses));
  }

  std::map<CustomId, ActualStatus> actual_;
  WantedStatuses statuses_{[this](const CustomId& wanted) {
    const auto found = actual_.find(wanted);
    return found == actual_.end() ? std::nullopt : std::optional(found->second);
  }};
};

TEST_F(WantedStatusesTest, WhatDiffersIsWritten) {
  EXPECT_EQ(set({status("a", kNew), status("b", kOld), status("unheard-of", kNew)}),
            "+a -b -unheard-of");
  const StatusWrite write{id("a"), "u", true, kNew};
  EXPECT_EQ(statuses_.status_changed(id("a")), (StatusEdits{{id("a"), write}}));
}

TEST_F(WantedStatusesTest, WhatWeDoNotWriteIsNotCompared) {
  EXPECT_EQ(set({status("a", R"({"conditions":[],"vips":[{"ip":"241.0.0.1"}],"vip":null})")}),
            "-a");
}

TEST_F(WantedStatusesTest, WhatTheBuildDoesNotNameStaysWanted) {
  set({status("a", kOld), status("b", kOld)});
  EXPECT_EQ(set({}), "");
  actual_[id("a")].status = kNew;
  EXPECT_EQ(text_of(statuses_.status_changed(id("a"))), "+a") << "somebody changed it";
  actual_[id("a")].status = kOld;
  EXPECT_EQ(text_of(statuses_.status_changed(id("a"))), "-a") << "and back";
}

TEST_F(WantedStatusesTest, WhatWeHaveNoStatusForIsLeftAlone) {
  set({status("a", kNew)});
  EXPECT_EQ(set({status("a", "")}), "-a");
  EXPECT_EQ(text_of(statuses_.status_changed(id("a"))), "-a");
}

TEST_F(WantedStatusesTest, AResourceThatChangedWaitsForTheNextBuild) {
  set({status("a", kOld)});
  actual_[id("a")] = {"v", true, "{}"};
  statuses_.resource_changed(id("a"));
  EXPECT_EQ(text_of(statuses_.status_changed(id("a"))), "");
  EXPECT_EQ(text_of(statuses_.kind_changed(CustomKind::MeshService)), "");
  EXPECT_EQ(set({}), "+a");
  EXPECT_EQ(set({}), "") << "once";
}

TEST_F(WantedStatusesTest, ADefinitionThatChangedComparesItsOwnKind) {
  set({status("a", kOld), status("b", kNew), {mesh::Kind::MeshExternalService, "ns", "x", kNew}});
  EXPECT_EQ(text_of(statuses_.kind_changed(CustomKind::MeshService)), "-a +b");
}

TEST_F(WantedStatusesTest, AllOfABuildTakeThePlaceOfWhatWasWanted) {
  set({status("a", kNew), status("b", kNew)});
  EXPECT_EQ(text_of(statuses_.set_all(std::vector{status("b", kNew), status("c", kNew)})),
            "-a +b +c");
}

}  // namespace
}  // namespace kubernetes
