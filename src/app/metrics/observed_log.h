#pragma once
// An EventLog that counts and times what goes through another one: every role and every engine by the same
// measure, and no stage or engine knows of it. Adds a microsecond at most to calls that sync to disk or ask a
// broker.
//
// Threads as the port says. The inner log must outlive it; its own calls (metrics, partition sources) are
// made there.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/metrics/page.h"
#include "log/forwarding_log.h"

namespace paytick::app::metrics {

class ObservedLog final : public log::ForwardingLog {
 public:
  explicit ObservedLog(log::EventLog& inner);

  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;
  Result<log::Lease> acquire(log::Role role, PartitionId partition, Epoch at_least) override;
  Result<std::vector<Offset>> commit(const log::Step& step) override;
  Result<std::optional<Offset>> position(log::Role role, PartitionId partition) override;
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max_bytes) override;
  Result<std::optional<log::Record>> latest(log::TopicPartition tp, std::string_view key) override;
  Result<Range> range(log::TopicPartition tp) override;
  Result<void> trim(log::TopicPartition tp, Offset before) override;

  // Every series is there from the start, as zero.
  void collect(Page& page) const;

 private:
  using Counter = std::atomic<std::uint64_t>;
  static constexpr std::array<std::string_view, 6> kOutcomes = {"done",     "fenced", "aborted",
                                                                "in_doubt", "retry",  "failed"};
  using Outcomes = std::array<Counter, kOutcomes.size()>;

  struct OfRole {
    Outcomes commits{};
    Counter takeovers{0};
    Times times{kWriteSeconds};
  };
  struct OfTopic {
    Counter written_records{0}, written_bytes{0}, read_records{0}, read_bytes{0};
  };

  static std::size_t outcome_of(const Error& error);
  template <typename T>
  Result<T> noted(Result<T> result);
  void note_written(std::span<const log::NewRecord> records);
  static std::size_t index(log::Role role) { return static_cast<std::size_t>(role) - 1; }
  static std::size_t index(log::Topic topic) { return static_cast<std::size_t>(topic) - 1; }
  OfRole& of(log::Role role) { return roles_.at(index(role)); }
  OfTopic& of(log::Topic topic) { return topics_.at(index(topic)); }

  std::array<OfRole, log::kRoles.size()> roles_;
  std::array<OfTopic, log::kTopics.size()> topics_;
  Outcomes appends_{}, errors_{};
  Times append_times_{kWriteSeconds};
};

}  // namespace paytick::app::metrics
