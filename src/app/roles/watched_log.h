#pragma once
// An EventLog that remembers whether its appends succeed, so that readiness can say it: a broker may answer
// questions and take nothing (out of disk, too few replicas). After a failed append it tries by itself with a
// clock line, which changes nothing, until one is taken: whoever is not ready gets no other writes to try
// with.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "log/event_log.h"
#include "model/ports.h"

namespace paytick::app {

class WatchedLog final : public log::EventLog {
 public:
  WatchedLog(log::EventLog& inner, WallClock& clock);  // which outlive it
  ~WatchedLog() override;

  std::optional<Error> trouble() const;  // of the latest append; nothing when it was taken

  std::uint32_t partitions() const override { return inner_.partitions(); }
  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;
  Result<log::Lease> acquire(log::Role role, PartitionId partition, Epoch at_least) override {
    return inner_.acquire(role, partition, at_least);
  }
  Result<std::vector<Offset>> commit(const log::Step& step) override { return inner_.commit(step); }
  Result<std::optional<Offset>> position(log::Role role, PartitionId partition) override {
    return inner_.position(role, partition);
  }
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max_bytes) override {
    return inner_.read(tp, from, max_bytes);
  }
  Result<std::optional<log::Record>> latest(log::TopicPartition tp, std::string_view key) override {
    return inner_.latest(tp, key);
  }
  Result<Range> range(log::TopicPartition tp) override { return inner_.range(tp); }
  bool wait(log::TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override {
    return inner_.wait(tp, seen, timeout);
  }
  void interrupt() override { inner_.interrupt(); }
  Result<void> trim(log::TopicPartition tp, Offset before) override { return inner_.trim(tp, before); }

 private:
  void run();

  log::EventLog& inner_;
  WallClock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Error> trouble_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace paytick::app
