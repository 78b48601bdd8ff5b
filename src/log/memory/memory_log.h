#pragma once
// The EventLog engine of tests and of the simulator: in memory, deterministic (it knows no clock and no
// randomness; only wait() looks at a clock, and only if it may block), and faulty on demand. Thread-safe.
//
// Durable here means: in the image. A restart is `MemoryLog(options, old.image())` after `old.crash()`.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "log/end_watch.h"
#include "log/event_log.h"
#include "log/memory/memory_image.h"

namespace paytick::log {

// What goes wrong in one call that writes.
enum class Fault : std::uint8_t {
  none,
  busy,              // "log_busy": nothing happened, a retry may help
  full,              // "log_full": as busy
  fenced,            // another owner takes the partition just before; only commit can meet it
  in_doubt_applied,  // "in_doubt", and it did happen
  in_doubt_dropped,  // "in_doubt", and it did not
  crash_before,      // the process dies before the write is durable …
  crash_after        // … and after: durable, but never acknowledged
};

enum class Write : std::uint8_t { append, acquire, commit, trim };

struct MemoryOptions {
  std::uint32_t partitions = 4;  // 1 … kPartitionsMax
  std::size_t bytes_max = 0;     // of what is kept; 0: no limit. Appends stop at 95 %: the rest is for steps
  bool wait_blocks = true;       // false: wait() only looks, for a simulator with one thread
  bool markers = false;          // behind a step's records of a partition an offset holds none, as on Kafka
};

class MemoryLog final : public EventLog {
 public:
  explicit MemoryLog(MemoryOptions options);
  // Opens what another one left; the image's partition count rules.
  MemoryLog(MemoryOptions options, MemoryImage image);

  std::uint32_t partitions() const override;
  Result<std::vector<Offset>> append(std::span<const NewRecord> records) override;
  Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least = Epoch{1}) override;
  Result<std::vector<Offset>> commit(const Step& step) override;
  Result<std::optional<Offset>> position(Role role, PartitionId partition) override;
  Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes) override;
  Result<std::optional<Record>> latest(TopicPartition tp, std::string_view key) override;
  Result<Range> range(TopicPartition tp) override;
  bool wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override;
  void interrupt() override;
  Result<void> trim(TopicPartition tp, Offset before) override;

  // The next `times` writes meet `fault`, in the order given. Before the fault source is asked.
  void fail_next(Fault fault, std::size_t times = 1);

  // Asked before every write, under the engine's lock: it must not call the engine. A simulator draws from
  // its seed here.
  using FaultSource = std::function<Fault(Write)>;
  void set_fault_source(FaultSource source);

  // The process dies: from here on every call answers "log_io", waiters return, and image() is what a restart
  // finds. What was acknowledged is in it; what was not and met `crash_before` is not.
  void crash();
  bool crashed() const;
  MemoryImage image() const;

 private:
  // Runs `write` on the image under the fault. Call with the lock held.
  template <typename T, typename F>
  Result<T> with_fault(Fault fault, F&& write);
  Fault next_fault(Write kind);
  Result<void> alive() const;
  bool has_room(std::size_t bytes, Write kind) const;
  std::vector<Offset> put(std::span<const NewRecord> records);

  const MemoryOptions options_;
  mutable std::mutex mutex_;
  MemoryImage image_;
  EndWatch ends_;
  std::deque<Fault> faults_;
  FaultSource source_;
  bool crashed_ = false;
};

}  // namespace paytick::log
