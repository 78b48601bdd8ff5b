#pragma once
// Keeps the newest snapshot of a stage's state in the compacted topic `snapshots`. Chunks go under the keys
// of one of two slots, "0/0", "0/1", … or "1/0", …, in turn; last comes the record "newest", which names the
// slot and the offsets of its first and last chunk, so that a half-written snapshot is never seen and never
// harms the one before it, and a restart reads forward from there instead of looking every chunk up.
//
// Chunks are made and read one at a time: a snapshot may be larger than what is to be in memory beside the
// state.
//
// Who writes the records does so in steps under its lease, so that an owner that was fenced cannot replace
// its successor's snapshot. Not thread-safe.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "model/chunks.h"

namespace paytick::log {

class SnapshotSlots {
 public:
  // `prefix` stands before every key and tells apart what shares a partition.
  SnapshotSlots(EventLog& log, PartitionId partition, std::string prefix = {})
      : log_(log), at_{Topic::snapshots, partition}, prefix_(std::move(prefix)) {}

  // The newest complete snapshot, as it lies on the log. The slots outlive it.
  class Reader {
   public:
    const std::string& about() const { return about_; }  // what its writer wants to know first
    // The next chunk. Nothing after the last one, or when one is missing (is_complete() tells). Errors: the
    // log's, and "snapshot_replaced" (retry): a newer one was written over it meanwhile; open again.
    Result<std::optional<std::string>> next();
    bool is_complete() const { return taken_ == chunks_; }  // every chunk was handed out

   private:
    friend class SnapshotSlots;
    Reader(SnapshotSlots& slots, std::string manifest) : slots_(&slots), manifest_(std::move(manifest)) {}
    Result<void> replaced() const;

    SnapshotSlots* slots_;
    std::string manifest_;  // the value of "newest" that is being followed
    std::string about_;
    std::string keys_;  // what the keys of its chunks begin with
    std::uint32_t chunks_ = 0;
    std::uint32_t taken_ = 0;
    Offset from_{}, last_{};
    std::deque<Record> ahead_;
  };
  // Nothing when there is none, or one of another version.
  Result<std::optional<Reader>> open();

  // The same, whole: for small ones.
  struct Stored {
    std::string about;
    std::vector<std::string> chunks;
  };
  Result<std::optional<Stored>> load();

  // Takes a snapshot to write; one that is half written is given up. Each chunk becomes a
  // record; there is at least one.
  void begin(std::string about, ChunkSource chunks);
  bool is_writing() const { return source_ != nullptr; }
  // The next records, at most about `bytes_max`, and the same again until wrote() is called with the offsets
  // that the log gave them. "newest" goes alone, once all chunks are durable.
  const std::vector<NewRecord>& next(std::size_t bytes_max, TimeMs append_time);
  // True when the snapshot is complete.
  bool wrote(std::span<const Offset> offsets);
  void abandon();

 private:
  EventLog& log_;
  TopicPartition at_;
  std::string prefix_;
  std::uint32_t slot_ = 1;  // of the newest complete one; the other is written next

  // Writing only.
  std::string about_;
  ChunkSource source_;
  std::vector<NewRecord> batch_;  // handed out and not durable yet
  std::uint32_t chunks_ = 0;      // taken from the source
  bool is_last_ = false;          // batch_ is "newest"
  std::optional<Offset> first_;   // of the first chunk, once it is durable
  Offset last_{};                 // of the newest durable one
};

}  // namespace paytick::log
