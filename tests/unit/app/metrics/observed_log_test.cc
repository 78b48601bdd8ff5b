#include "app/metrics/observed_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/memory/memory_log.h"

namespace paytick::app::metrics {
namespace {

using log::Role;
using log::Topic;
using testing::HasSubstr;
using testing::Not;

constexpr PartitionId kPartition{0};

class ObservedLogTest : public testing::Test {
 protected:
  std::string text() const {
    Page page;
    observed_.collect(page);
    return page.text();
  }
  static log::Step step(const log::Lease& lease) {
    return {lease, {{{Topic::ticks, kPartition}, TimeMs{1}, {}, "twelve bytes"}}, std::nullopt};
  }

  log::MemoryLog inner_{log::MemoryOptions{.partitions = 1}};
  ObservedLog observed_{inner_};
};

TEST_F(ObservedLogTest, HasEverySeriesFromTheStart) {
  EXPECT_THAT(text(), HasSubstr("paytick_log_commits_total{role=\"aggregator\",outcome=\"in_doubt\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_commit_seconds_count{role=\"settler\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_read_bytes_total{topic=\"heartbeats\"} 0\n"));
}

TEST_F(ObservedLogTest, CountsAndTimesWhatIsCommitted) {
  const auto lease = observed_.acquire(Role::aggregator, kPartition, Epoch{1});
  ASSERT_TRUE(lease);
  ASSERT_TRUE(observed_.commit(step(*lease)));
  ASSERT_TRUE(observed_.read({Topic::ticks, kPartition}, Offset{0}, 1'000));
  EXPECT_THAT(text(), HasSubstr("paytick_log_takeovers_total{role=\"aggregator\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_commits_total{role=\"aggregator\",outcome=\"done\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_commit_seconds_count{role=\"aggregator\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_written_bytes_total{topic=\"ticks\"} 12\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_read_records_total{topic=\"ticks\"} 1\n"));
}

TEST_F(ObservedLogTest, TellsAFencedCommitFromADoneOne) {
  const auto old = observed_.acquire(Role::settler, kPartition, Epoch{1});
  ASSERT_TRUE(observed_.acquire(Role::settler, kPartition, Epoch{1}));
  EXPECT_FALSE(observed_.commit(step(*old)));
  EXPECT_THAT(text(), HasSubstr("paytick_log_commits_total{role=\"settler\",outcome=\"fenced\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_commits_total{role=\"settler\",outcome=\"done\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_commit_seconds_count{role=\"settler\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_written_records_total{topic=\"ticks\"} 0\n"));
}

TEST_F(ObservedLogTest, CountsAppends) {
  const std::vector<log::NewRecord> records = {{{Topic::heartbeats, kPartition}, TimeMs{1}, {}, "1234"},
                                               {{Topic::heartbeats, kPartition}, TimeMs{1}, {}, "56"}};
  ASSERT_TRUE(observed_.append(records));
  EXPECT_THAT(text(), HasSubstr("paytick_log_appends_total{outcome=\"done\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_append_seconds_count 1\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_written_records_total{topic=\"heartbeats\"} 2\n"));
  EXPECT_THAT(text(), HasSubstr("paytick_log_written_bytes_total{topic=\"heartbeats\"} 6\n"));
}

TEST_F(ObservedLogTest, CountsWhatElseFails) {
  EXPECT_FALSE(observed_.read({Topic::ticks, PartitionId{7}}, Offset{0}, 1'000));
  EXPECT_THAT(text(), HasSubstr("paytick_log_errors_total{outcome=\"failed\"} 1\n"));
  EXPECT_THAT(text(), Not(HasSubstr("paytick_log_errors_total{outcome=\"done\"}")));
}

}  // namespace
}  // namespace paytick::app::metrics
