#pragma once
// The log as a product with a planted bug would use it; without one it hands every call through. The bugs
// live here so that no product code has a switch for them.

#include <cstdint>

#include "log/event_log.h"

namespace paytick::simulation {

enum class Bug : std::uint8_t {
  none,
  lost_position,      // goes on one record too far
  double_settle,      // planted in the chain
  off_by_one,         // each heartbeat counts one tick earlier
  missing_fence,      // a new owner does not say so
  swallowed_in_doubt  // a doubtful write is taken for done
};

class FaultyLog final : public log::EventLog {
 public:
  FaultyLog(log::EventLog& log, Bug bug) : log_(log), bug_(bug) {}

  std::uint32_t partitions() const override { return log_.partitions(); }
  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;
  Result<log::Lease> acquire(log::Role role, PartitionId p) override { return log_.acquire(role, p); }
  Result<std::vector<Offset>> commit(const log::Step& step) override;
  Result<std::optional<Offset>> position(log::Role role, PartitionId p) override {
    return log_.position(role, p);
  }
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max) override;
  Result<std::optional<log::Record>> latest(log::TopicPartition tp, std::string_view key) override {
    return log_.latest(tp, key);
  }
  Result<Range> range(log::TopicPartition tp) override { return log_.range(tp); }
  bool wait(log::TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override {
    return log_.wait(tp, seen, timeout);
  }
  void interrupt() override { log_.interrupt(); }
  Result<void> trim(log::TopicPartition tp, Offset before) override { return log_.trim(tp, before); }

 private:
  log::EventLog& log_;
  Bug bug_;
};

}  // namespace paytick::simulation
