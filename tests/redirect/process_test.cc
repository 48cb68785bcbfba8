#include "redirect/process.h"

#include <gtest/gtest.h>

namespace redirect {
namespace {

TEST(ProcessTest, WhatAProgramSaysAndHowItEnds) {
  const std::string large(1 << 20, 'x');  // more than a pipe holds, both ways
  const struct {
    const char* why;
    std::vector<std::string> command;
    std::string input;
    int status;
    std::string out;
    std::string err;
  } kCases[] = {
      {"input and output", {"cat"}, "hello\n", 0, "hello\n", ""},
      {"much of both", {"cat"}, large, 0, large, ""},
      {"no input", {"cat"}, "", 0, "", ""},
      {"a program that doesn't read", {"true"}, large, 0, "", ""},
      {"errors apart", {"sh", "-c", "echo out; echo err >&2; exit 3"}, "", 3, "out\n", "err\n"},
      {"a signal", {"sh", "-c", "kill -9 $$"}, "", 137, "", ""},
      {"an argument is one word", {"printf", "%s.", "a b", "$HOME"}, "", 0, "a b.$HOME.", ""},
  };
  for (const auto& row : kCases) {
    const Finished finished = run(row.command, row.input);
    EXPECT_TRUE(finished.found) << row.why;
    EXPECT_EQ(finished.status, row.status) << row.why;
    EXPECT_EQ(finished.out, row.out) << row.why;
    EXPECT_EQ(finished.err, row.err) << row.why;
  }
  EXPECT_FALSE(run({"no-such-program-anywhere"}).found);
}

}  // namespace
}  // namespace redirect
