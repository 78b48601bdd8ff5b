#include "ingest/log_feed.h"

#include <cassert>
#include <utility>

#include "model/codec.h"

namespace paytick::ingest {

void LogFeed::add(PartitionId partition, const Input& line) {
  const auto p = static_cast<std::uint32_t>(partition);
  std::string& record = open_[p];
  const std::size_t before = record.size();
  codec::write(line, record);
  bytes_ += record.size() - before;
  if (record.size() >= kRecordBytesTarget) seal(p);
}

void LogFeed::add_record(log::NewRecord record) {
  bytes_ += record.value.size();
  sealed_.push_back(std::move(record));
}

void LogFeed::seal(std::uint32_t partition) {
  std::string& record = open_[partition];
  if (record.empty()) return;
  const std::size_t size = record.size();
  sealed_.push_back({{log::Topic::heartbeats, PartitionId{partition}}, {}, {}, std::move(record)});
  record = {};
  // A busy partition fills records of the same size again.
  if (size >= kRecordBytesTarget) record.reserve(size + size / 8);
}

std::optional<LogBatch> LogFeed::take(TimeMs append_time) {
  if (in_flight_ || bytes_ == 0) return std::nullopt;
  for (std::uint32_t p = 0; p < open_.size(); ++p) seal(p);
  LogBatch batch{filling_, std::exchange(sealed_, {})};
  for (log::NewRecord& record : batch.records) record.append_time = append_time;
  bytes_ = 0;
  in_flight_ = true;
  taken_ = append_time;
  flying_notes_ = std::exchange(notes_, {});
  filling_ = BatchId{static_cast<std::uint64_t>(filling_) + 1};
  return batch;
}

BatchNotes LogFeed::complete(BatchId id) {
  assert(in_flight_ && static_cast<std::uint64_t>(id) + 1 == static_cast<std::uint64_t>(filling_));
  (void)id;
  in_flight_ = false;
  return std::exchange(flying_notes_, {});
}

}  // namespace paytick::ingest
