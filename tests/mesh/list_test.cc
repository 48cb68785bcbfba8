#include "mesh/list.h"

#include <gtest/gtest.h>

#include <string>

namespace mesh {
namespace {

using Texts = List<std::string>;

TEST(ListTest, CopiesAreValues) {
  Texts a = {"x", "y"};
  const Texts b = a;
  EXPECT_EQ(a.data(), b.data()) << "one buffer";
  a.push_back("z");
  EXPECT_EQ(b, (Texts{"x", "y"}));
  EXPECT_EQ(a.back(), "z");
  EXPECT_EQ(a.size(), 3u);
  a.clear();
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(a.begin(), a.end());
  EXPECT_EQ(a, Texts());
  EXPECT_EQ(static_cast<const std::vector<std::string>&>(b), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(sizeof(Texts), sizeof(void*));
}

TEST(ListTest, EqualOnesShareABuffer) {
  Texts first = {"x"};
  first.share();
  for (int i = 0; i < 100; ++i) {
    Texts equal = {"x"};
    EXPECT_NE(equal.data(), first.data());
    equal.share();
    EXPECT_EQ(equal.data(), first.data());
    equal.push_back("y");
    EXPECT_EQ(first, Texts{"x"});
  }
}

}  // namespace
}  // namespace mesh
