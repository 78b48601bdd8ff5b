#pragma once
// From lines to records: packs the lines of a partition that arrive together into one record, gathers the
// records of all partitions into a batch, and remembers who waits for it. While one batch is being written
// the next fills, so that a group commit forms by itself and an idle gateway waits for nothing.
//
// Pure: the caller carries the batches to the log and reports back. Not thread-safe: one lane owns a feed.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ingest/session_directory.h"
#include "log/event_log.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/inputs.h"
#include "model/time.h"

namespace paytick::ingest {

enum class BatchId : std::uint64_t {};  // counts from 1
enum class RunId : std::uint64_t {};    // of an HTTP batch; see batch_desk.h

inline constexpr std::size_t kRecordBytesTarget = 64 * 1024;
// A batch that holds this much takes nothing new until the one before it is written.
inline constexpr std::size_t kBatchBytesFull = 8 * 1024 * 1024;

struct LogBatch {
  BatchId id{};
  std::vector<log::NewRecord> records;
};

using AppendResult = Result<void>;

// Who waits for a batch.
struct BatchNotes {
  struct Ping {
    AttachmentId attachment;
    std::uint64_t seq = 0;
  };
  std::vector<Ping> pings;                          // of sockets, in it
  std::vector<std::pair<PartitionId, Stop>> stops;  // of sockets: written again if the batch fails
  std::vector<NameKeys> opened;                     // to be forgotten if it fails
  std::vector<NameKey> stopped;                     // to be reopened if it fails
  std::vector<RunId> runs;                          // HTTP batches, each once
  std::vector<std::function<void(const AppendResult&)>> tasks;
};

class LogFeed {
 public:
  explicit LogFeed(std::uint32_t partitions) : open_(partitions) {}

  BatchId filling() const { return filling_; }
  BatchNotes& notes() { return notes_; }
  bool full() const { return bytes_ >= kBatchBytesFull; }
  bool idle() const { return bytes_ == 0 && !in_flight_; }
  // How long the batch under way has been; 0 without one.
  std::int64_t in_flight_ms(TimeMs now) const {
    return in_flight_ ? std::max<std::int64_t>(now - taken_, 0) : 0;
  }
  std::uint32_t partitions() const { return static_cast<std::uint32_t>(open_.size()); }

  void add(PartitionId partition, const Input& line);
  void add_record(log::NewRecord record);

  // The next batch to write: nothing while one is in flight or there is nothing to write.
  std::optional<LogBatch> take(TimeMs append_time);
  // The batch in flight is written, or is not: those who waited for it.
  BatchNotes complete(BatchId id);

 private:
  void seal(std::uint32_t partition);

  std::vector<std::string> open_;  // the record that fills, one a partition
  std::vector<log::NewRecord> sealed_;
  std::size_t bytes_ = 0;
  BatchId filling_{1};
  BatchNotes notes_, flying_notes_;
  bool in_flight_ = false;
  TimeMs taken_{};
};

}  // namespace paytick::ingest
