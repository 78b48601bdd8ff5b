#pragma once
// A log and a fold that cost the gateway's threads nothing: what is appended goes to a thread that answers
// every heartbeat, and is forgotten. Holds the catalogue only.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "log/event_log.h"
#include "model/reply.h"

namespace paytick::bench {

class EchoLog final : public log::EventLog {
 public:
  using Deliver = std::function<void(std::span<const Reply>)>;
  // `delay`: how long an append takes.
  EchoLog(std::uint32_t partitions, std::chrono::microseconds delay);
  ~EchoLog() override;

  void answer_with(Deliver deliver) { deliver_ = std::move(deliver); }
  std::uint64_t ticks() const { return ticks_; }

  std::uint32_t partitions() const override { return partitions_; }
  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;
  Result<log::Lease> acquire(log::Role, PartitionId, Epoch) override;
  Result<std::vector<Offset>> commit(const log::Step&) override;
  Result<std::optional<Offset>> position(log::Role, PartitionId) override;
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max_bytes) override;
  Result<std::optional<log::Record>> latest(log::TopicPartition, std::string_view) override;
  Result<Range> range(log::TopicPartition tp) override;
  bool wait(log::TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override;
  void interrupt() override {}
  Result<void> trim(log::TopicPartition, Offset) override;

 private:
  void run();

  const std::uint32_t partitions_;
  const std::chrono::microseconds delay_;
  Deliver deliver_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> queue_;
  std::vector<log::Record> catalog_;
  bool stop_ = false;
  std::atomic<std::uint64_t> ticks_{0};
  std::thread thread_;
};

}  // namespace paytick::bench
