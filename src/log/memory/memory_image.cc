#include "log/memory/memory_image.h"

#include <algorithm>

#include "log/checks.h"

namespace paytick::log {
namespace {

std::size_t bytes_of(const Record& record) {
  return record.key.size() + record.value.size() + kRecordOverheadBytes;
}

}  // namespace

MemoryImage::MemoryImage(std::uint32_t partitions)
    : partitions_(partitions), lanes_(kTopics.size() * partitions) {}

const MemoryImage::Lane& MemoryImage::lane(TopicPartition tp) const {
  return lanes_[lane_index(tp, partitions_)];
}
MemoryImage::Lane& MemoryImage::lane(TopicPartition tp) { return lanes_[lane_index(tp, partitions_)]; }

void MemoryImage::drop(std::shared_ptr<const Record>& record) {
  if (!record) return;
  bytes_ -= bytes_of(*record);
  record.reset();
}

Offset MemoryImage::append(const NewRecord& record) {
  Lane& to = lane(record.to);
  const Offset offset{to.end()};
  auto stored = std::make_shared<const Record>(Record{offset, record.append_time, record.key, record.value});
  bytes_ += bytes_of(*stored);
  to.records.push_back(std::move(stored));
  if (is_compacted(record.to.topic)) {
    const auto [entry, is_new] = to.newest.try_emplace(record.key, offset);
    if (!is_new) {
      drop(to.records[static_cast<std::size_t>(static_cast<std::int64_t>(entry->second) - to.first)]);
      entry->second = offset;
      for (; !to.records.front(); ++to.first) to.records.pop_front();
    }
  }
  return offset;
}

void MemoryImage::skip(TopicPartition tp) { lane(tp).records.push_back(nullptr); }

EventLog::Range MemoryImage::range(TopicPartition tp) const {
  const Lane& from = lane(tp);
  return {from.begin, Offset{from.end()}};
}

std::vector<Record> MemoryImage::read(TopicPartition tp, Offset from, std::size_t max_bytes) const {
  const Lane& source = lane(tp);
  std::vector<Record> out;
  std::size_t bytes = 0;
  const std::int64_t start = std::max(static_cast<std::int64_t>(from), source.first);
  for (auto i = static_cast<std::size_t>(start - source.first); i < source.records.size(); ++i) {
    if (!source.records[i]) continue;
    bytes += bytes_of(*source.records[i]);
    if (!out.empty() && bytes > max_bytes) break;
    out.push_back(*source.records[i]);
  }
  return out;
}

std::optional<Record> MemoryImage::latest(TopicPartition tp, std::string_view key) const {
  const Lane& from = lane(tp);
  const auto entry = from.newest.find(key);
  if (entry == from.newest.end()) return std::nullopt;
  const auto& record =
      from.records[static_cast<std::size_t>(static_cast<std::int64_t>(entry->second) - from.first)];
  if (record->value.empty()) return std::nullopt;
  return *record;
}

void MemoryImage::trim(TopicPartition tp, Offset before) {
  if (is_compacted(tp.topic)) return;
  Lane& from = lane(tp);
  const std::int64_t stop = std::min(static_cast<std::int64_t>(before), from.end());
  for (; from.first < stop; ++from.first) {
    drop(from.records.front());
    from.records.pop_front();
  }
  from.begin = Offset{from.first};
}

Epoch MemoryImage::epoch(Role role, PartitionId partition) const {
  const auto entry = epochs_.find({role, partition});
  return entry == epochs_.end() ? Epoch{} : entry->second;
}

Epoch MemoryImage::next_epoch(Role role, PartitionId partition, Epoch at_least) {
  Epoch& epoch = epochs_[{role, partition}];
  epoch = std::max(Epoch{static_cast<std::uint64_t>(epoch) + 1}, at_least);
  return epoch;
}

std::optional<Offset> MemoryImage::position(Role role, PartitionId partition) const {
  const auto entry = positions_.find({role, partition});
  if (entry == positions_.end()) return std::nullopt;
  return entry->second;
}

void MemoryImage::set_position(Role role, PartitionId partition, Offset to) {
  positions_[{role, partition}] = to;
}

}  // namespace paytick::log
