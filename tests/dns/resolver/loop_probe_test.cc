// Loop probes as a function of time and of what happened.
#include "dns/resolver/loop_probe.h"

#include <gtest/gtest.h>

#include <vector>

namespace dns {
namespace {

using namespace std::chrono_literals;

Qname qname(const std::string& text) {
  const Name name = *Name::parse(text);
  Qname qname;
  qname.assign(reinterpret_cast<const std::uint8_t*>(name.wire().data()), name.wire().size());
  return qname;
}

TEST(LoopProbeTest, ANameIsRecognisedByTheResolverThatMadeItOnly) {
  const LoopProbeNames names("0123abcd");
  const struct {
    const char* why;
    const char* qname;
    std::optional<std::uint64_t> upstream;
  } kCases[] = {
      {"ours", "0123abcd-7.mesh-dns-loop.internal", 7},
      {"case does not matter", "0123ABCD-7.Mesh-DNS-loop.INTERNAL", 7},
      {"the largest number", "0123abcd-18446744073709551615.mesh-dns-loop.internal",
       18446744073709551615u},
      {"another resolver's", "ffffffff-7.mesh-dns-loop.internal", {}},
      {"longer token", "0123abcdef-7.mesh-dns-loop.internal", {}},
      {"no number", "0123abcd-.mesh-dns-loop.internal", {}},
      {"no whole number", "0123abcd-7x.mesh-dns-loop.internal", {}},
      {"a name below", "x.0123abcd-7.mesh-dns-loop.internal", {}},
      {"the zone itself", "mesh-dns-loop.internal", {}},
      {"another zone", "0123abcd-7.mesh-dns-loop.example", {}},
      {"the root", ".", {}},
  };
  for (const auto& c : kCases) EXPECT_EQ(names.upstream_of(qname(c.qname)), c.upstream) << c.why;
}

TEST(LoopProbeTest, TheQuestionIsForTheName) {
  const LoopProbeNames names("0123abcd");
  const Question question = names.question(42);
  EXPECT_EQ(Name::from_wire(question.qname()).to_string(), "0123abcd-42.mesh-dns-loop.internal.");
  EXPECT_EQ(question.qtype(), 1);  // A
}

TEST(LoopProbeTest, WhatProbesShow) {
  enum class Event { Begin, CameBack, Answered, Unanswered };
  struct Step {
    std::chrono::milliseconds at;
    Event event;
    bool news;  // what the call returns
  };
  using enum Event;
  const struct {
    const char* why;
    std::vector<Step> steps;
    bool loops;
  } kCases[] = {
      {"an upstream is innocent at first", {}, false},
      {"an answer that did not come from us", {{0ms, Begin, true}, {5ms, Answered, false}}, false},
      {"a probe that came back",
       {{0ms, Begin, true}, {5ms, CameBack, true}, {6ms, Answered, false}},
       true},
      {"a probe that came back twice is news once",
       {{0ms, Begin, true}, {5ms, CameBack, true}, {6ms, CameBack, false}},
       true},
      {"a probe that came back and got no answer",
       {{0ms, Begin, true}, {5ms, CameBack, true}, {1000ms, Unanswered, false}},
       true},
      {"one probe at a time", {{0ms, Begin, true}, {90s, Begin, false}}, false},
      {"no second probe within 30 s of an answer",
       {{0ms, Begin, true}, {5ms, Answered, false}, {29'999ms, Begin, false}},
       false},
      {"a second probe after 30 s",
       {{0ms, Begin, true}, {5ms, Answered, false}, {30s, Begin, true}},
       false},
      {"nothing was learned from a timeout: the next probe may follow at once",
       {{0ms, Begin, true}, {1000ms, Unanswered, false}, {1001ms, Begin, true}},
       false},
      {"a timeout does not end a loop",
       {{0ms, Begin, true},
        {5ms, CameBack, true},
        {6ms, Answered, false},
        {30s, Begin, true},
        {31s, Unanswered, false}},
       true},
      {"an answer that did not come from us ends a loop",
       {{0ms, Begin, true},
        {5ms, CameBack, true},
        {6ms, Answered, false},
        {30s, Begin, true},
        {31s, Answered, true}},
       false},
  };
  const LoopProbe::Time start = LoopProbe::Time() + 1h;
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.why);
    LoopProbe probe;
    for (std::size_t i = 0; i < c.steps.size(); ++i) {
      const Step& step = c.steps[i];
      bool news = false;
      if (step.event == Begin) news = probe.begin(start + step.at);
      if (step.event == CameBack) news = probe.came_back();
      if (step.event == Answered) news = probe.end(true);
      if (step.event == Unanswered) news = probe.end(false);
      EXPECT_EQ(news, step.news) << "step " << i;
    }
    EXPECT_EQ(probe.loops(), c.loops);
  }
}

}  // namespace
}  // namespace dns
