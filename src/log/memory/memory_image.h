#pragma once
// What the memory engine holds durable: copyable, so that a simulated restart opens what a crash left.
// Records are shared between copies and never change; a copy costs one pointer a record. Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/event_log.h"

namespace paytick::log {

class MemoryImage {
 public:
  explicit MemoryImage(std::uint32_t partitions);

  std::uint32_t partitions() const { return partitions_; }
  std::size_t bytes() const { return bytes_; }  // of the records that are kept

  Offset append(const NewRecord& record);
  void skip(TopicPartition tp);  // one offset that holds no record, as a transaction's marker
  EventLog::Range range(TopicPartition tp) const;
  std::vector<Record> read(TopicPartition tp, Offset from, std::size_t max_bytes) const;
  std::optional<Record> latest(TopicPartition tp, std::string_view key) const;
  void trim(TopicPartition tp, Offset before);

  Epoch epoch(Role role, PartitionId partition) const;  // 0 before the first lease
  Epoch next_epoch(Role role, PartitionId partition, Epoch at_least = Epoch{1});
  std::optional<Offset> position(Role role, PartitionId partition) const;
  void set_position(Role role, PartitionId partition, Offset to);

 private:
  using Owner = std::pair<Role, PartitionId>;
  struct Lane {
    Offset begin{};                                     // what readers are told; 0 in compacted topics
    std::int64_t first = 0;                             // offset of records.front()
    std::deque<std::shared_ptr<const Record>> records;  // null: superseded or skipped
    std::map<std::string, Offset, std::less<>> newest;  // compacted topics only
    std::int64_t end() const { return first + static_cast<std::int64_t>(records.size()); }
  };
  const Lane& lane(TopicPartition tp) const;
  Lane& lane(TopicPartition tp);
  void drop(std::shared_ptr<const Record>& record);

  std::uint32_t partitions_;
  std::size_t bytes_ = 0;
  std::vector<Lane> lanes_;
  std::map<Owner, Epoch> epochs_;
  std::map<Owner, Offset> positions_;
};

}  // namespace paytick::log
