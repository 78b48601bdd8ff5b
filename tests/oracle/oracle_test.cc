// Holds the fold against the model of the bill: its worked stories, 2,000 random cases made beforehand, and,
// where the model itself is at hand (PAYTICK_ORACLE, or oracle/ beside a folder above the source tree),
// 10,000 fresh ones.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>

#include "case_runner.h"

namespace paytick::oracle {
namespace {

namespace fs = std::filesystem;

const fs::path kHere = fs::path(PAYTICK_SOURCE_DIR) / "tests" / "oracle";

std::optional<fs::path> find_model() {
  std::error_code ignored;
  if (const char* given =
          std::getenv("PAYTICK_ORACLE")) {  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    const fs::path path = fs::path(given) / "bill.py";
    return fs::exists(path, ignored) ? std::optional(path) : std::nullopt;
  }
  const fs::path source = PAYTICK_SOURCE_DIR;
  for (const fs::path& path : {source / "../shared/oracle/bill.py", source / "../../shared/oracle/bill.py"}) {
    if (fs::exists(path, ignored)) return path;
  }
  return std::nullopt;
}

void expect_agrees(const Outcome& outcome) {
  std::string text;
  for (const std::string& difference : outcome.differences) text += "\n  " + difference;
  EXPECT_TRUE(outcome.differences.empty()) << outcome.name << text;
}

std::vector<std::string> stories() {
  std::ifstream in(kHere / "stories.ndjson");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A case a line.
void each_line_of_command(const std::string& command, const std::function<void(const std::string&)>& f) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string line;
  char buffer[65536];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) {
    line += buffer;
    if (line.empty() || line.back() != '\n') continue;
    f(line);
    line.clear();
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
}

void each_random_case(const std::function<void(const std::string&)>& f) {
  for (const char* file : {"random-1.ndjson.xz", "random-2.ndjson.xz"}) {
    each_line_of_command("xz -dc '" + (kHere / file).string() + "'", f);
  }
}

TEST(Oracle, FiftyStories) {
  const auto cases = stories();
  EXPECT_EQ(cases.size(), 50U);
  for (const std::string& line : cases) expect_agrees(run_case(line));
}

TEST(Oracle, TwoThousandRandomCases) {
  int n = 0;
  each_random_case([&](const std::string& line) {
    ++n;
    expect_agrees(run_case(line));
  });
  EXPECT_EQ(n, 2000);
}

// A snapshot at any point, restored, goes on to write the same bytes.
TEST(Oracle, SnapshotsChangeNothing) {
  std::mt19937 random(7);
  const auto check = [&](const std::string& line) {
    expect_agrees(run_case(line, {static_cast<int>(random() % static_cast<unsigned>(events_in(line)))}));
  };
  for (const std::string& line : stories()) {
    for (int round = 0; round < 3; ++round) check(line);
  }
  each_random_case(check);
}

TEST(Oracle, FreshCases) {
  const auto model = find_model();
  if (!model) {
    GTEST_SKIP() << "the model is not here; set PAYTICK_ORACLE to the folder of bill.py. The cases made "
                    "beforehand have been compared";
  }
  const char* wanted = std::getenv("PAYTICK_ORACLE_CASES");  // NOLINT(concurrency-mt-unsafe)
  const int count = wanted != nullptr ? std::atoi(wanted) : 10'000;
  int seen = 0;
  each_line_of_command("/usr/bin/python3 '" + (kHere / "pack.py").string() + "' '" + model->string() +
                           "' --random 2001 " + std::to_string(count),
                       [&](const std::string& line) {
                         ++seen;
                         expect_agrees(run_case(line));
                       });
  EXPECT_EQ(seen, count);
}

}  // namespace
}  // namespace paytick::oracle
