#pragma once
// What every engine refuses before it touches storage, and the errors that all engines word alike.

#include <cstddef>
#include <cstdint>
#include <span>

#include "log/event_log.h"
#include "model/error.h"

namespace paytick::log {

inline constexpr std::size_t kKeyBytesMax = 1024;      // keys are ids and short names; bounds the index
inline constexpr std::uint32_t kPartitionsMax = 1024;  // bounds the tables that are kept per partition

// What a record costs besides its key and value; an estimate, used alike for every bound.
inline constexpr std::size_t kRecordOverheadBytes = 64;

// Dense index of a topic's partition, for tables of topics × partitions.
constexpr std::size_t lane_index(TopicPartition tp, std::uint32_t partitions) {
  return (static_cast<std::size_t>(tp.topic) - 1) * partitions + static_cast<std::uint32_t>(tp.partition);
}

// Codes: "bad_partition" (no such topic or partition).
Result<void> check_lane(TopicPartition tp, std::uint32_t partitions);
Result<void> check_partition(PartitionId partition, std::uint32_t partitions);

// Codes: "bad_partition", "too_large", "missing_key" (a compacted topic needs one). Gives the bytes of the
// step.
Result<std::size_t> check_records(std::span<const NewRecord> records, std::uint32_t partitions);

// Whether [begin, end] holds `from`; "out_of_range" otherwise. `from == end` is allowed: it reads nothing.
Result<void> check_offset(TopicPartition tp, Offset from, EventLog::Range range);

tl::unexpected<Error> fenced(const Lease& lease, Epoch newest);
tl::unexpected<Error> log_full();

}  // namespace paytick::log
