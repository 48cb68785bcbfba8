#include "kubernetes/receiver.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kubernetes {
namespace {

boost::json::object object(const std::string& name, const std::string& mesh) {
  return {{"metadata", {{"name", name}, {"labels", {{"kuma.io/mesh", mesh}}}}}};
}

// "+a=x" for what is set, "-a" for what is removed, "!" for a notification.
class ObjectReceiverTest : public testing::Test {
 protected:
  std::string log() { return std::exchange(log_, ""); }
  void item(const std::string& name, const std::string& mesh) {
    auto json = object(name, mesh);
    receiver_.item(json);
  }
  void put(const std::string& name, const std::string& mesh) {
    auto json = object(name, mesh);
    receiver_.put(json);
  }

  std::map<Key, Namespace> known_;
  std::string log_;
  ObjectReceiver<Namespace> receiver_{
      known_,
      {[](const Key&, boost::json::object& json) {
         Namespace value = decode_namespace(json);
         return value.mesh.empty() ? std::nullopt : std::optional(value);
       },
       [this](const Key& key, std::optional<Namespace> value) {
         log_ += value ? '+' + key.name + '=' + value->mesh : '-' + key.name;
         if (!value) return known_.erase(key) != 0;
         const bool changes = known_[key] != *value;
         known_[key] = *value;
         return changes;
       },
       [this] { log_ += '!'; }}};
};

TEST_F(ObjectReceiverTest, AListReplacesWhatIsThereOnceItIsWhole) {
  put("old", "x");
  put("both", "x");
  EXPECT_EQ(log(), "+old=x!+both=x!");
  receiver_.begin();
  item("both", "y");
  item("new", "x");
  item("uninteresting", "");
  EXPECT_EQ(log(), "");
  receiver_.commit();
  EXPECT_EQ(log(), "-old+both=y+new=x!");
}

TEST_F(ObjectReceiverTest, AListThatWasNotCompletedIsForgotten) {
  receiver_.begin();
  item("half", "x");
  receiver_.begin();
  item("whole", "x");
  receiver_.commit();
  EXPECT_EQ(log(), "+whole=x!");
}

TEST_F(ObjectReceiverTest, AnEmptyListIsAnnouncedToo) {
  receiver_.begin();
  receiver_.commit();
  EXPECT_EQ(log(), "!");
}

TEST_F(ObjectReceiverTest, WhatChangesNothingIsNotAnnounced) {
  put("a", "x");
  put("a", "x");
  EXPECT_EQ(log(), "+a=x!+a=x");
  receiver_.remove(object("b", "x"));
  EXPECT_EQ(log(), "-b");
}

TEST_F(ObjectReceiverTest, WhatNoLongerCountsIsRemoved) {
  put("a", "x");
  put("a", "");
  EXPECT_EQ(log(), "+a=x!-a!");
  put("a", "x");
  receiver_.remove(object("a", ""));
  EXPECT_EQ(log(), "+a=x!-a!");
}

}  // namespace
}  // namespace kubernetes
