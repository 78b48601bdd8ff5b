#include "simulation/faulty_log.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "aggregator/fold.h"
#include "model/codec.h"
#include "model/frame.h"
#include "settler/settler_snapshot.h"

namespace paytick::simulation {
namespace {

constexpr std::array<std::pair<std::string_view, Bug>, 6> kNames{
    {{"lost-position", Bug::lost_position},
     {"double-settle", Bug::double_settle},
     {"off-by-one", Bug::off_by_one},
     {"missing-fence", Bug::missing_fence},
     {"stale-snapshot", Bug::stale_snapshot},
     {"swallowed-in-doubt", Bug::swallowed_in_doubt}}};

// A fence of another epoch; nothing for other records.
std::optional<std::string> with_epoch(const std::string& record, int by) {
  std::string line = record.substr(0, record.find('\n'));
  auto fence = codec::parse_fence({line.data(), line.size()});
  if (!fence) return std::nullopt;
  fence->epoch = Epoch{static_cast<std::uint64_t>(fence->epoch) + static_cast<std::uint64_t>(by)};
  return build_fence(*fence);
}

std::string one_tick_earlier(std::string value) {
  std::string out;
  codec::for_each_line(value, [&](codec::MutableLine line) {
    auto input = codec::parse_input(line);
    if (!input) return;
    if (auto* e = std::get_if<Heartbeat>(&*input)) e->at = e->at - 10'000;
    codec::write(*input, out);
  });
  return out;
}

}  // namespace

std::optional<Bug> bug_named(std::string_view name) {
  std::string with_hyphens(name);
  std::ranges::replace(with_hyphens, '_', '-');
  for (const auto& [text, bug] : kNames)
    if (text == with_hyphens) return bug;
  return std::nullopt;
}

std::string_view to_text(Bug bug) {
  for (const auto& [text, known] : kNames)
    if (known == bug) return text;
  return "none";
}

// Keeps the snapshot for the next one, and writes the one before it, dressed as the newest.
void FaultyLog::age(log::Step& step) {
  std::vector<std::string> now;
  for (const log::NewRecord& r : step.records)
    if (r.to.topic == log::Topic::snapshots && r.key != "newest" &&
        !r.key.starts_with(settler::kSettlerSnapshotPrefix))
      now.push_back(r.value);
  if (now.empty()) return;
  const PartitionId partition = step.records[0].to.partition;
  const aggregator::FoldConfig config{partition, partitions()};
  const auto before = std::exchange(last_chunks_[partition], now);
  const auto old = aggregator::Fold::restore(config, source_of(before));
  const auto fresh = aggregator::Fold::restore(config, source_of(now));
  if (before.empty() || !old || !fresh) return;
  const auto dressed = old->fold.snapshot(fresh->position, fresh->prev).all();
  if (dressed.size() != now.size()) return;
  for (std::size_t i = 0; i < dressed.size(); ++i) step.records[i].value = dressed[i];
}

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
  if (bug_ == Bug::stale_snapshot) {
    log::Step stale = step;
    age(stale);
    return ForwardingLog::commit(stale);
  }
  auto done = ForwardingLog::commit(step);
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
  for (log::Record& r : *records) {
    if (bug_ == Bug::off_by_one) r.value = one_tick_earlier(std::move(r.value));
    if (bug_ == Bug::lost_position && static_cast<std::int64_t>(r.offset) % 13 == 12) {
      r.value.clear();  // what stood here is passed over
      codec::write(Clock{}, r.value);
    }
  }
  return records;
}

Result<std::optional<log::Record>> FaultyLog::latest(log::TopicPartition tp, std::string_view key) {
  auto record = ForwardingLog::latest(tp, key);
  if (record && *record && tp.topic == log::Topic::snapshots && key == "newest") ++snapshots_loaded_;
  return record;
}

}  // namespace paytick::simulation
