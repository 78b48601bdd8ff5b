#pragma once
// A log that answers every n-th read with "log_busy", as one over a network does now and then.

#include "log/event_log.h"

namespace paytick::aggregator {

class StutteringLog final : public log::EventLog {
 public:
  StutteringLog(log::EventLog& log, int every) : log_(log), every_(every) {}

  std::uint32_t partitions() const override { return log_.partitions(); }
  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override {
    return log_.append(records);
  }
  Result<log::Lease> acquire(log::Role role, PartitionId p, Epoch at_least = Epoch{1}) override {
    return log_.acquire(role, p, at_least);
  }
  Result<std::vector<Offset>> commit(const log::Step& step) override { return log_.commit(step); }
  Result<std::optional<Offset>> position(log::Role role, PartitionId p) override {
    return log_.position(role, p);
  }
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max) override {
    if (++reads_ % every_ == 0) return fail("log_busy", "not now", Next::retry);
    return log_.read(tp, from, max);
  }
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
  const int every_;
  int reads_ = 0;
};

}  // namespace paytick::aggregator
