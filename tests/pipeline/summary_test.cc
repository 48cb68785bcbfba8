#include "pipeline/summary.h"

#include <gtest/gtest.h>

namespace pipeline {
namespace {

TEST(SummaryTest, WhatASummaryCounts) {
  Build build;
  using hostname::Reason;
  build.hostnames.outcomes = {
      {{0, Reason::Generated, "a.mesh", ""}, {1, Reason::Collision, "", ""}},
      {{0, Reason::TemplateError, "", ""}, {1, Reason::Collision, "", ""}},
      {{0, Reason::ClusterDomain, "", ""}}};
  build.resources.services.resize(3);
  build.allocation.missing = {"", "pool 241.0.0.0/30 is exhausted", ""};
  const Summary summary = summarize(build, {});
  EXPECT_EQ(summary.services, 3u);
  EXPECT_EQ(summary.collisions, 2u);
  EXPECT_EQ(summary.template_errors, 1u);
  EXPECT_EQ(summary.cluster_domain, 1u);
  EXPECT_EQ(summary.without_vip, 1u);
}

}  // namespace
}  // namespace pipeline
