#include "log/memory/memory_log.h"

#include <set>
#include <utility>

#include "log/checks.h"

namespace paytick::log {
namespace {

tl::unexpected<Error> in_doubt() {
  return fail("in_doubt", "The write may have happened; acquire the partition again and read back.",
              Next::in_doubt);
}

}  // namespace

MemoryLog::MemoryLog(MemoryOptions options) : MemoryLog(options, MemoryImage(options.partitions)) {}

MemoryLog::MemoryLog(MemoryOptions options, MemoryImage image)
    : options_(options), image_(std::move(image)), ends_(image_.partitions()) {
  for (const Topic topic : kTopics)
    for (std::uint32_t p = 0; p < image_.partitions(); ++p) {
      const TopicPartition tp{topic, PartitionId{p}};
      ends_.publish(lane_index(tp, image_.partitions()), image_.range(tp).end);
    }
}

std::uint32_t MemoryLog::partitions() const {
  const std::lock_guard lock(mutex_);
  return image_.partitions();
}

Result<void> MemoryLog::alive() const {
  if (!crashed_) return {};
  return fail("log_io", "This log crashed; open its image again.", Next::fatal);
}

Fault MemoryLog::next_fault(Write kind) {
  if (!faults_.empty()) {
    const Fault fault = faults_.front();
    faults_.pop_front();
    return fault;
  }
  return source_ ? source_(kind) : Fault::none;
}

template <typename T, typename F>
Result<T> MemoryLog::with_fault(Fault fault, F&& write) {
  switch (fault) {
    case Fault::none:
    case Fault::fenced:  // only commit can meet it, and has dealt with it
      return write();
    case Fault::busy:
      return fail("log_busy", "The log did not take the write; try again.", Next::retry);
    case Fault::full:
      return log_full();
    case Fault::in_doubt_applied:
      if (Result<T> done = write(); !done) return done;
      return in_doubt();
    case Fault::in_doubt_dropped:
      return in_doubt();
    case Fault::crash_before:
      crashed_ = true;
      break;
    case Fault::crash_after:
      (void)write();
      crashed_ = true;
      break;
  }
  ends_.interrupt();
  return in_doubt();
}

bool MemoryLog::has_room(std::size_t bytes, Write kind) const {
  if (options_.bytes_max == 0) return true;
  // The last twentieth is for steps: they move positions on, so that something can be trimmed.
  const std::size_t reserve = kind == Write::commit ? 0 : options_.bytes_max / 20;
  return image_.bytes() + bytes + reserve <= options_.bytes_max;
}

std::vector<Offset> MemoryLog::put(std::span<const NewRecord> records) {
  std::vector<Offset> offsets;
  offsets.reserve(records.size());
  for (const NewRecord& record : records) offsets.push_back(image_.append(record));
  for (std::size_t i = 0; i < records.size(); ++i)
    ends_.publish(lane_index(records[i].to, image_.partitions()),
                  Offset{static_cast<std::int64_t>(offsets[i]) + 1});
  return offsets;
}

Result<std::vector<Offset>> MemoryLog::append(std::span<const NewRecord> records) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  const auto bytes = check_records(records, image_.partitions());
  if (!bytes) return tl::unexpected(bytes.error());
  return with_fault<std::vector<Offset>>(next_fault(Write::append), [&]() -> Result<std::vector<Offset>> {
    if (!has_room(*bytes, Write::append)) return log_full();
    return put(records);
  });
}

Result<Lease> MemoryLog::acquire(Role role, PartitionId partition, Epoch at_least) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_partition(partition, image_.partitions()); !ok) return tl::unexpected(ok.error());
  return with_fault<Lease>(next_fault(Write::acquire), [&]() -> Result<Lease> {
    return Lease{role, partition, image_.next_epoch(role, partition, at_least)};
  });
}

Result<std::vector<Offset>> MemoryLog::commit(const Step& step) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  const Lease& lease = step.lease;
  if (auto ok = check_partition(lease.partition, image_.partitions()); !ok) return tl::unexpected(ok.error());
  const auto bytes = check_records(step.records, image_.partitions());
  if (!bytes) return tl::unexpected(bytes.error());

  const Fault fault = next_fault(Write::commit);
  if (fault == Fault::fenced) image_.next_epoch(lease.role, lease.partition);
  if (const Epoch newest = image_.epoch(lease.role, lease.partition); newest != lease.epoch)
    return fenced(lease, newest);
  return with_fault<std::vector<Offset>>(fault, [&]() -> Result<std::vector<Offset>> {
    if (!has_room(*bytes, Write::commit)) return log_full();
    if (step.consumed_to) image_.set_position(lease.role, lease.partition, *step.consumed_to);
    auto offsets = put(step.records);
    if (options_.markers) {
      std::set<TopicPartition> written;
      for (const NewRecord& record : step.records) written.insert(record.to);
      for (const TopicPartition tp : written) image_.skip(tp);
    }
    return offsets;
  });
}

Result<std::optional<Offset>> MemoryLog::position(Role role, PartitionId partition) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_partition(partition, image_.partitions()); !ok) return tl::unexpected(ok.error());
  return image_.position(role, partition);
}

Result<std::vector<Record>> MemoryLog::read(TopicPartition tp, Offset from, std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_lane(tp, image_.partitions()); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_offset(tp, from, image_.range(tp)); !ok) return tl::unexpected(ok.error());
  return image_.read(tp, from, max_bytes);
}

Result<std::optional<Record>> MemoryLog::latest(TopicPartition tp, std::string_view key) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_lane(tp, image_.partitions()); !ok) return tl::unexpected(ok.error());
  return image_.latest(tp, key);
}

Result<EventLog::Range> MemoryLog::range(TopicPartition tp) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_lane(tp, image_.partitions()); !ok) return tl::unexpected(ok.error());
  return image_.range(tp);
}

bool MemoryLog::wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) {
  std::size_t lane = 0;
  {
    const std::lock_guard lock(mutex_);
    if (crashed_ || !check_lane(tp, image_.partitions())) return false;
    lane = lane_index(tp, image_.partitions());
  }
  return options_.wait_blocks ? ends_.wait(lane, seen, timeout) : ends_.end(lane) > seen;
}

void MemoryLog::interrupt() { ends_.interrupt(); }

Result<void> MemoryLog::trim(TopicPartition tp, Offset before) {
  const std::lock_guard lock(mutex_);
  if (auto ok = alive(); !ok) return ok;
  if (auto ok = check_lane(tp, image_.partitions()); !ok) return ok;
  return with_fault<void>(next_fault(Write::trim), [&]() -> Result<void> {
    image_.trim(tp, before);
    return {};
  });
}

void MemoryLog::fail_next(Fault fault, std::size_t times) {
  const std::lock_guard lock(mutex_);
  faults_.insert(faults_.end(), times, fault);
}

void MemoryLog::set_fault_source(FaultSource source) {
  const std::lock_guard lock(mutex_);
  source_ = std::move(source);
}

void MemoryLog::crash() {
  {
    const std::lock_guard lock(mutex_);
    crashed_ = true;
  }
  ends_.interrupt();
}

bool MemoryLog::crashed() const {
  const std::lock_guard lock(mutex_);
  return crashed_;
}

MemoryImage MemoryLog::image() const {
  const std::lock_guard lock(mutex_);
  return image_;
}

}  // namespace paytick::log
