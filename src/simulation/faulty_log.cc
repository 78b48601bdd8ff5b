#include "simulation/faulty_log.h"

#include <utility>
#include <vector>

#include "model/codec.h"
#include "model/frame.h"

namespace paytick::simulation {
namespace {

// A fence of another epoch; nothing for other records.
std::optional<std::string> with_epoch(const std::string& record, int by) {
  std::string line = record.substr(0, record.find('\n'));
  auto fence = codec::parse_fence({line.data(), line.size()});
  if (!fence) return std::nullopt;
  fence->epoch = Epoch{static_cast<std::uint64_t>(fence->epoch) + static_cast<std::uint64_t>(by)};
  return build_fence(*fence);
}

}  // namespace

Result<std::vector<Offset>> FaultyLog::append(std::span<const log::NewRecord> records) {
  auto done = ForwardingLog::append(records);
  if (!done && bug_ == Bug::swallowed_in_doubt && done.error().next == Next::in_doubt)
    return std::vector<Offset>(records.size());
  return done;
}

Result<std::vector<Offset>> FaultyLog::commit(const log::Step& step) {
  if (bug_ == Bug::missing_fence && step.records.size() == 1) {
    if (auto value = with_epoch(step.records[0].value, -1)) {
      log::Step silent = step;
      silent.records[0].value = std::move(*value);
      return ForwardingLog::commit(silent);
    }
  }
  log::Step spoilt = step;
  snapshots_.spoil(spoilt, partitions());
  auto done = ForwardingLog::commit(spoilt);
  if (!done && bug_ == Bug::swallowed_in_doubt && done.error().next == Next::in_doubt)
    return std::vector<Offset>(step.records.size());
  return done;
}

Result<std::vector<log::Record>> FaultyLog::read(log::TopicPartition tp, Offset from, std::size_t max) {
  auto records = ForwardingLog::read(tp, from, max);
  if (!records) return records;
  // The fence that is not there: nobody of the product misses it.
  if (bug_ == Bug::missing_fence)
    for (log::Record& r : *records)
      if (auto value = with_epoch(r.value, 1)) r.value = std::move(*value);
  if (tp.topic != log::Topic::heartbeats) return records;
  if (PlantedInputs::has(bug_)) return planted(tp, std::move(*records));
  for (log::Record& r : *records) {
    if (bug_ == Bug::lost_position && static_cast<std::int64_t>(r.offset) % 13 == 12) {
      r.value.clear();  // what stood here is passed over
      codec::write(Clock{}, r.value);
    }
  }
  return records;
}

// What a record is read as depends on those before it, wherever the reader begins.
Result<std::vector<log::Record>> FaultyLog::planted(log::TopicPartition tp,
                                                    std::vector<log::Record> records) {
  auto [at, is_new] = inputs_.try_emplace(tp.partition, bug_);
  Inputs& inputs = at->second;
  while (!records.empty() && inputs.next <= records.back().offset) {
    auto more = ForwardingLog::read(tp, inputs.next, 1U << 20);
    if (!more || more->empty()) return more;
    for (log::Record& r : *more) {
      inputs.values[r.offset] = inputs.planted.next(std::move(r.value));
      inputs.next = Offset{static_cast<std::int64_t>(r.offset) + 1};
    }
  }
  for (log::Record& r : records) r.value = inputs.values.at(r.offset);
  return records;
}

Result<std::optional<log::Record>> FaultyLog::latest(log::TopicPartition tp, std::string_view key) {
  auto record = ForwardingLog::latest(tp, key);
  if (record && *record && tp.topic == log::Topic::snapshots && key == "newest") ++snapshots_loaded_;
  return record;
}

}  // namespace paytick::simulation
