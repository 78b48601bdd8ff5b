#pragma once
// Base of the logs that stand before another one and change a little of what goes through: it hands every
// call on, and who derives from it overrides what is to be different, ForwardingLog::x() being the log
// behind. A member of the port that is new is forwarded in one place.
//
// Threads as the port says.

#include "log/event_log.h"

namespace paytick::log {

class ForwardingLog : public EventLog {
 public:
  std::uint32_t partitions() const override { return behind_.partitions(); }
  Result<std::vector<Offset>> append(std::span<const NewRecord> records) override {
    return behind_.append(records);
  }
  Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least = Epoch{1}) override {
    return behind_.acquire(role, partition, at_least);
  }
  Result<std::vector<Offset>> commit(const Step& step) override { return behind_.commit(step); }
  Result<std::optional<Offset>> position(Role role, PartitionId partition) override {
    return behind_.position(role, partition);
  }
  Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes) override {
    return behind_.read(tp, from, max_bytes);
  }
  Result<std::optional<Record>> latest(TopicPartition tp, std::string_view key) override {
    return behind_.latest(tp, key);
  }
  Result<Range> range(TopicPartition tp) override { return behind_.range(tp); }
  bool wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override {
    return behind_.wait(tp, seen, timeout);
  }
  void interrupt() override { behind_.interrupt(); }
  Result<void> trim(TopicPartition tp, Offset before) override { return behind_.trim(tp, before); }

 protected:
  explicit ForwardingLog(EventLog& behind) : behind_(behind) {}  // which outlives it

 private:
  EventLog& behind_;
};

}  // namespace paytick::log
