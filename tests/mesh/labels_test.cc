#include "mesh/labels.h"

#include <gtest/gtest.h>

#include <map>

#include <map>
#include <random>

namespace mesh {
namespace {

TEST(LabelsTest, SetGetAndDefault) {
  Labels labels = {{"team", "db"}, {"app", "redis"}};
  EXPECT_EQ(labels.get("team"), "db");
  EXPECT_EQ(labels.get("nope"), std::nullopt);
  EXPECT_EQ(labels.get_or_empty("nope"), "");
  labels.set("team", "web");
  EXPECT_EQ(labels.get("team"), "web");
  labels.set_default("team", "other");
  EXPECT_EQ(labels.get("team"), "web");
  labels.set_default("zone", "west");
  EXPECT_EQ(labels.get("zone"), "west");
  labels.set("empty", "");
  EXPECT_EQ(labels.get("empty"), "");
}

TEST(LabelsTest, OrderOfSettingDoesNotMatter) {
  EXPECT_EQ((Labels{{"a", "1"}, {"b", "2"}}), (Labels{{"b", "2"}, {"a", "1"}}));
  const Labels labels = {{"b", "2"}, {"a", "1"}, {"ab", "3"}};
  const std::vector<Labels::Pair> sorted = {{"a", "1"}, {"ab", "3"}, {"b", "2"}};
  EXPECT_EQ(labels.pairs(), sorted);
}

TEST(LabelsTest, ContainsAll) {
  const Labels labels = {{"a", "1"}, {"b", ""}};
  EXPECT_TRUE(labels.contains_all({}));
  EXPECT_TRUE(labels.contains_all({{"a", "1"}}));
  EXPECT_TRUE(labels.contains_all({{"b", ""}, {"a", "1"}}));
  EXPECT_FALSE(labels.contains_all({{"a", "2"}}));
  EXPECT_FALSE(labels.contains_all({{"c", ""}})) << "a key that isn't there is not an empty value";
  EXPECT_FALSE(Labels().contains_all({{"a", "1"}}));
}

TEST(LabelsTest, BehavesAsAMap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Labels labels;
    std::map<std::string, std::string> model;
    for (int i = 0; i < 12; ++i) {
      const std::string key(random() % 3 + 1, static_cast<char>('a' + random() % 3));
      const std::string value = std::to_string(random() % 100);
      labels.set(key, value);
      model[key] = value;
    }
    std::vector<Labels::Pair> expected(model.begin(), model.end());
    ASSERT_EQ(labels.pairs(), expected);
    for (const auto& [key, value] : model) ASSERT_EQ(labels.get(key), value);
  }
}

// Against a map, in both forms that a buffer has.
TEST(LabelsTest, SharingChangesNoValue) {
  const std::vector<std::string> keys = {"a", "kuma.io/display-name", "kuma.io/display-nam",
                                         "kuma.io/display-name2", "z"};
  std::vector<Labels> all;
  std::map<std::string, std::string> model;
  Labels labels;
  for (unsigned step = 0; step < 3000; ++step) {
    const std::string& key = keys[step * 7 / 3 % keys.size()];
    const std::string value = std::to_string(step % 3);
    if (step % 20 == 0) {
      labels = {};
      model.clear();
    } else if (step % 5 == 0) {
      labels.set_default(key, value);
      model.emplace(key, value);
    } else if (step % 7 == 0) {
      labels.set_defaults({{"b", value}, {"kuma.io/display-name", value}});
      model.emplace("b", value);
      model.emplace("kuma.io/display-name", value);
    } else {
      labels.set(key, value);
      model[key] = value;
    }
    Labels shared = labels;
    shared.share();
    if (step % 2 == 0) labels = shared;
    const std::vector<Labels::Pair> pairs(model.begin(), model.end());
    ASSERT_EQ(labels.pairs(), pairs) << step;
    ASSERT_EQ(shared.pairs(), pairs) << step;
    ASSERT_EQ(shared, labels) << step;
    ASSERT_EQ(labels.empty(), model.empty());
    ASSERT_TRUE(shared.contains_all(labels));
    for (const std::string& each : keys) {
      const auto found = model.find(each);
      ASSERT_EQ(shared.get(each).has_value(), found != model.end());
      ASSERT_EQ(shared.get_or_empty(each), found == model.end() ? "" : found->second);
    }
    all.push_back(shared);
  }
  for (std::size_t i = 1; i < all.size(); ++i) {
    ASSERT_EQ(all[i - 1] < all[i], all[i - 1].pairs() < all[i].pairs()) << i;
    ASSERT_EQ(all[i - 1] == all[i], all[i - 1].pairs() == all[i].pairs()) << i;
  }
}

}  // namespace
}  // namespace mesh
