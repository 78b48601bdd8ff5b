// SIGKILL at random moments loses nothing that was acknowledged and tears no step.

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "log/embedded/embedded_log.h"
#include "temporary_folder.h"

extern char** environ;

namespace paytick::log::testing {
namespace {

constexpr TopicPartition kInputs{Topic::heartbeats, PartitionId{0}};
constexpr TopicPartition kTicks{Topic::ticks, PartitionId{1}};

struct Acknowledged {
  std::map<std::int64_t, std::string> appends;  // offset → "round:writer:n"
  std::int64_t steps = 0;
};

// Lets a writer run until `lines` acknowledgements came, kills it, and takes in what else it had said.
void run_and_kill(const std::filesystem::path& folder, const std::string& round, int lines,
                  Acknowledged& out) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  std::string program = PAYTICK_BINARY_DIR "/log_crash_writer";
  std::string where = folder.string();
  std::string which = round;
  char* arguments[] = {program.data(), where.data(), which.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);

  std::FILE* said = ::fdopen(pipe_ends[0], "r");
  char line[128];
  int count = 0;
  while (std::fgets(line, sizeof line, said) != nullptr) {
    const std::string text(line);
    if (text.back() != '\n') break;
    std::istringstream words(text);
    char kind = 0;
    words >> kind;
    if (kind == 'a') {
      std::int64_t writer = 0, n = 0, offset = 0;
      words >> writer >> n >> offset;
      const std::string id = round + ":" + std::to_string(writer) + ":" + std::to_string(n);
      EXPECT_TRUE(out.appends.emplace(offset, id).second) << "offset " << offset << " was given twice";
    } else {
      std::int64_t n = 0;
      words >> n;
      EXPECT_GE(n, out.steps);  // one that was durable but not acknowledged may lie between
      out.steps = n + 1;
    }
    if (++count == lines) ::kill(child, SIGKILL);
  }
  std::fclose(said);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
}

void check(const std::filesystem::path& folder, const Acknowledged& acknowledged) {
  auto log = EmbeddedLog::open({.folder = folder, .partitions = 2});
  ASSERT_TRUE(log) << log.error().message;

  std::map<std::int64_t, std::string> found;
  std::map<std::string, std::int64_t> next;  // by round and writer: what was not acknowledged leaves no hole
  for (Offset at{};;) {
    const auto some = (*log)->read(kInputs, at, 1 << 20);
    ASSERT_TRUE(some);
    if (some->empty()) break;
    for (const Record& record : *some) {
      const std::string id = record.value.substr(0, record.value.rfind(':'));
      const auto colon = id.rfind(':');
      EXPECT_EQ(id.substr(colon + 1), std::to_string(next[id.substr(0, colon)]++));
      found[static_cast<std::int64_t>(record.offset)] = id;
    }
    at = Offset{static_cast<std::int64_t>(some->back().offset) + 1};
  }
  for (const auto& [offset, id] : acknowledged.appends) ASSERT_EQ(found[offset], id) << "offset " << offset;

  const auto position = (*log)->position(Role::aggregator, PartitionId{1});
  ASSERT_TRUE(position);
  const auto steps = static_cast<std::int64_t>(position->value_or(Offset{}));
  EXPECT_GE(steps, acknowledged.steps);
  EXPECT_EQ(static_cast<std::int64_t>((*log)->range(kTicks)->end), 2 * steps);  // both records, or neither
}

TEST(Crash, KilledAtRandomNothingAcknowledgedIsLost) {
  const TemporaryFolder folder;
  Acknowledged acknowledged;
  std::mt19937 random(20'240'601);
  std::uniform_int_distribution<int> lines(1, 1'500);
  for (int round = 0; round < 12; ++round) {
    run_and_kill(folder.path, std::to_string(round), lines(random), acknowledged);
    if (HasFatalFailure()) return;
    check(folder.path, acknowledged);
    if (HasFailure()) return;
  }
  EXPECT_GT(acknowledged.appends.size(), 100U);
  EXPECT_GT(acknowledged.steps, 10);
}

TEST(Opening, OneProcessAFolder) {
  const TemporaryFolder folder;
  const auto first = EmbeddedLog::open({.folder = folder.path});
  ASSERT_TRUE(first);
  const auto second = EmbeddedLog::open({.folder = folder.path});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "log_locked");
  EXPECT_EQ(second.error().next, Next::fatal);
}

TEST(Opening, ThePartitionCountIsFixed) {
  const TemporaryFolder folder;
  ASSERT_TRUE(EmbeddedLog::open({.folder = folder.path, .partitions = 3}));
  const auto other = EmbeddedLog::open({.folder = folder.path, .partitions = 4});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "log_partitions");
  EXPECT_TRUE(EmbeddedLog::open({.folder = folder.path, .partitions = 3}));
  EXPECT_EQ(EmbeddedLog::open({.folder = folder.path, .partitions = 0}).error().code, "log_partitions");
}

TEST(Opening, AFolderThatCannotBeMadeIsAnError) {
  const auto log = EmbeddedLog::open({.folder = "/proc/none/log"});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, "log_io");
}

}  // namespace
}  // namespace paytick::log::testing
