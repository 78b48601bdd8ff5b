#include "log/checks.h"

#include <string>

#include "model/codec.h"

namespace paytick::log {
namespace {

std::string name(TopicPartition tp) {
  return std::string(to_text(tp.topic)) + "/" + std::to_string(static_cast<std::uint32_t>(tp.partition));
}

std::string number(Offset offset) { return std::to_string(static_cast<std::int64_t>(offset)); }

}  // namespace

Result<void> check_partition(PartitionId partition, std::uint32_t partitions) {
  if (static_cast<std::uint32_t>(partition) < partitions) return {};
  return fail("bad_partition", "There is no partition " +
                                   std::to_string(static_cast<std::uint32_t>(partition)) +
                                   "; the log was created with " + std::to_string(partitions) + ".");
}

Result<void> check_lane(TopicPartition tp, std::uint32_t partitions) {
  const auto topic = static_cast<std::size_t>(tp.topic);
  if (topic < 1 || topic > kTopics.size())
    return fail("bad_partition", "There is no topic with the number " + std::to_string(topic) + ".");
  return check_partition(tp.partition, partitions);
}

Result<std::size_t> check_records(std::span<const NewRecord> records, std::uint32_t partitions) {
  std::size_t bytes = 0;
  for (const NewRecord& record : records) {
    if (auto ok = check_lane(record.to, partitions); !ok) return tl::unexpected(ok.error());
    if (record.value.size() > codec::kRecordBytesMax || record.key.size() > kKeyBytesMax)
      return fail("too_large", "A record for " + name(record.to) + " has a key of " +
                                   std::to_string(record.key.size()) + " and a value of " +
                                   std::to_string(record.value.size()) + " bytes; at most " +
                                   std::to_string(kKeyBytesMax) + " and " +
                                   std::to_string(codec::kRecordBytesMax) + " are taken. Split it.");
    if (is_compacted(record.to.topic) && record.key.empty())
      return fail("missing_key", "A record for " + name(record.to) + " needs a key: the topic is compacted.");
    bytes += record.key.size() + record.value.size() + kRecordOverheadBytes;
  }
  if (bytes > kStepBytesMax)
    return fail("too_large", "One step holds " + std::to_string(bytes) + " bytes; at most " +
                                 std::to_string(kStepBytesMax) + " are taken. Split it.");
  return bytes;
}

Result<void> check_offset(TopicPartition tp, Offset from, EventLog::Range range) {
  if (from >= range.begin && from <= range.end) return {};
  return fail("out_of_range", "Offset " + number(from) + " of " + name(tp) + " is not there: the log holds " +
                                  number(range.begin) + " up to " + number(range.end) + ".");
}

tl::unexpected<Error> fenced(const Lease& lease, Epoch newest) {
  return fail("fenced",
              "Epoch " + std::to_string(static_cast<std::uint64_t>(lease.epoch)) + " of partition " +
                  std::to_string(static_cast<std::uint32_t>(lease.partition)) + " was fenced by epoch " +
                  std::to_string(static_cast<std::uint64_t>(newest)) + "; acquire the partition again.",
              Next::abort);
}

tl::unexpected<Error> log_full() {
  return fail("log_full", "The log has no space left; free some, raise its limit or trim, and try again.",
              Next::retry);
}

}  // namespace paytick::log
