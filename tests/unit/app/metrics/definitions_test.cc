#include "app/metrics/definitions.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace paytick::app::metrics {
namespace {

TEST(MetricDefinitions, AreWhatTheDocumentationSays) {
  std::stringstream page;
  page << std::ifstream(PAYTICK_SOURCE_DIR "/docs/metrics.md").rdbuf();
  EXPECT_NE(page.str().find(reference()), std::string::npos)
      << "docs/metrics.md is out of date; its tables should read:\n"
      << reference();
}

TEST(MetricDefinitions, FollowTheConventionsOfPrometheus) {
  const std::regex good("(paytick|process)_[a-z][a-z0-9_]*");
  std::set<std::string_view> seen;
  for (const Definition& d : kDefinitions) {
    EXPECT_TRUE(seen.insert(d.name).second) << d.name << " is there twice";
    EXPECT_TRUE(std::regex_match(std::string(d.name), good)) << d.name;
    EXPECT_EQ(d.name.ends_with("_total"), d.type == Type::counter) << d.name;
    EXPECT_EQ(d.name.ends_with("_seconds") || d.name.ends_with("_seconds_total"), d.unit == "seconds")
        << d.name;
    EXPECT_EQ(d.name.ends_with("_bytes") || d.name.ends_with("_bytes_total"), d.unit == "bytes") << d.name;
    EXPECT_TRUE(d.help.ends_with('.')) << d.name;
  }
}

TEST(MetricDefinitions, HaveBoundedLabels) {
  const std::set<std::string> known = {"partition", "role", "outcome", "code", "topic", "part", "version"};
  for (const Definition& d : kDefinitions) {
    std::stringstream labels{std::string(d.labels)};
    for (std::string label; std::getline(labels, label, ',');)
      EXPECT_TRUE(known.contains(label)) << d.name << ": " << label;
  }
}

}  // namespace
}  // namespace paytick::app::metrics
