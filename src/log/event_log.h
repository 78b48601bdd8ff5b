#pragma once
// The EventLog port: partitioned, ordered records; appended in atomic steps together with the consumed
// position; fenced by owner. Engines: embedded/ (one process, durable, the default), memory/ (tests and the
// simulator), kafka/ (where users outgrow one machine). tests/integration/log holds one
// conformance suite that every engine passes.
//
// Offsets of a partition rise. They are not dense: an engine may leave some out (Kafka's transaction markers
// take them), so that the record after offset n is the next one read, not n + 1, and an end may lie beyond
// the last record by more than one.
//
// Threads: every method may be called from any thread. Calls block; they are made from shells' own
// threads, never from an event loop.
//
// Errors (model/error.h):
//   "fenced"      abort     another owner holds the lease; drop all state derived under it
//   "log_full"    retry     no space: nothing was written, readers go on
//   "log_busy"    retry     the engine did not take the write now: nothing was written
//   "log_io"      fatal     the storage failed or is corrupt
//   "in_doubt"    in_doubt  the write may have happened; acquire again and read back
//   "out_of_range" refused  the offset was trimmed away or lies beyond the end
//   "too_large"   refused   a record above codec::kRecordBytesMax, or more than kStepBytesMax in one step
//   "bad_partition", "missing_key"  refused  no such topic or partition; a compacted topic needs a key

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::log {

// Explicit numbers: they are persisted.
enum class Topic : std::uint8_t {
  heartbeats = 1,
  heartbeats_in = 2,
  ticks = 3,
  settlements = 4,
  replies = 5,
  catalog = 6,    // compacted by key
  snapshots = 7,  // compacted by key
  refusals = 8    // lines of heartbeats-in that were not taken, and why
};
inline constexpr std::array kTopics{Topic::heartbeats,  Topic::heartbeats_in, Topic::ticks,
                                    Topic::settlements, Topic::replies,       Topic::catalog,
                                    Topic::snapshots,   Topic::refusals};
std::string_view to_text(Topic topic);
constexpr bool is_compacted(Topic topic) { return topic == Topic::catalog || topic == Topic::snapshots; }

struct TopicPartition {
  Topic topic{};
  PartitionId partition{};
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

inline constexpr std::size_t kStepBytesMax = 64 * 1024 * 1024;  // bounds the memory of one atomic step

struct NewRecord {
  TopicPartition to;
  TimeMs append_time;  // by the clock of the role that appends; frozen with the record
  std::string key;     // for compaction; the viewer or content; may be empty in topics that are not compacted
  std::string value;   // an empty value in a compacted topic deletes the key
};

struct Record {
  Offset offset{};
  TimeMs append_time;
  std::string key;
  std::string value;
};

// Who works on a partition. One role has one owner a partition; a new one fences the old.
enum class Role : std::uint8_t { aggregator = 1, settler = 2, bridge = 3 };
inline constexpr std::array kRoles{Role::aggregator, Role::settler, Role::bridge};
std::string_view to_text(Role role);

struct Lease {
  Role role{};
  PartitionId partition{};
  Epoch epoch{};  // grows with every acquire, the first is 1
};

struct Step {
  Lease lease;
  std::vector<NewRecord> records;
  std::optional<Offset> consumed_to;  // exclusive; the role's new position in its source topic
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  virtual std::uint32_t partitions() const = 0;  // fixed when the log was created

  // Unfenced append (gateways, catalogue). Durable when it returns; gives the offset of each record. Records
  // of a partition keep their order; others' may come between them. After "in_doubt" any of them may have
  // been written, after another error none. Concurrent calls share one sync.
  virtual Result<std::vector<Offset>> append(std::span<const NewRecord> records) = 0;

  // Takes the partition over for a role: durable, and every earlier lease is fenced from here on. The epoch
  // is above every earlier one, and at least `at_least`: what an owner has read may know of a higher one than
  // the engine, which keeps less (Kafka forgets the positions of a group that is long idle).
  virtual Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least = Epoch{1}) = 0;

  // Records and position in one atomic, durable step, if the lease still holds.
  virtual Result<std::vector<Offset>> commit(const Step& step) = 0;

  // The position last committed for the role; nothing when none ever was.
  virtual Result<std::optional<Offset>> position(Role role, PartitionId partition) = 0;

  // Records from `from` on, in order, up to about max_bytes (at least one if there is one), visible only once
  // durable. Empty at the end, as far as this process can know it: what it has written itself, and what
  // range() has shown, is never missing. In compacted topics superseded records may be left out (offsets
  // stay).
  virtual Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes) = 0;

  // Newest record of a key in a compacted topic. May read much of it: not for every record.
  virtual Result<std::optional<Record>> latest(TopicPartition tp, std::string_view key) = 0;

  // [begin, end) of what can be read; asks the log itself, so the end is at least what was committed before.
  struct Range {
    Offset begin{};
    Offset end{};
  };
  virtual Result<Range> range(TopicPartition tp) = 0;

  // Returns true when there is a record at or after `seen`; false at the deadline or after interrupt().
  virtual bool wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) = 0;
  // Every wait under way returns now (shutdown); later ones wait as usual, so pass short timeouts and look at
  // your own stop flag.
  virtual void interrupt() = 0;

  // Retention: forgets records below `before`. Never touches compacted topics.
  virtual Result<void> trim(TopicPartition tp, Offset before) = 0;
};

}  // namespace paytick::log
