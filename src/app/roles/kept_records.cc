#include "app/roles/kept_records.h"

#include <algorithm>
#include <string>
#include <thread>

#include "model/codec.h"

namespace paytick::app {
namespace {

using log::Role;
using log::Topic;

constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kReadBytes = 4 * 1024 * 1024;
// From the end backwards, in growing steps: a frame is written about once a second, whatever else is.
constexpr std::int64_t kFirstWindow = 64;
constexpr std::int64_t kGrowth = 16;

std::int64_t number(Offset offset) { return static_cast<std::int64_t>(offset); }

std::optional<FrameHeader> frame_of(const log::Record& record) {
  std::string line = record.value.substr(0, record.value.find('\n'));
  const auto header = codec::parse_frame_header({line.data(), line.size()});
  return header ? std::optional(*header) : std::nullopt;
}

// Where the first frame of `ticks` begins; nothing without a frame. Only fences can stand before it.
Result<std::optional<Offset>> folded_from(log::EventLog& log, log::TopicPartition ticks,
                                          log::EventLog::Range range) {
  for (Offset at = range.begin; at < range.end;) {
    const auto records = log.read(ticks, at, kReadBytes);
    if (!records) return tl::unexpected(records.error());
    if (records->empty()) break;
    at = Offset{number(records->back().offset) + 1};
    for (const log::Record& record : *records)
      if (const auto frame = frame_of(record)) return frame->from;
  }
  return std::nullopt;
}

// How far the newest frame of `ticks` says that inputs were folded; nothing without a frame.
Result<std::optional<Offset>> folded_to(log::EventLog& log, log::TopicPartition ticks,
                                        log::EventLog::Range range) {
  for (std::int64_t window = kFirstWindow;; window *= kGrowth) {
    const Offset begin{std::max(number(range.begin), number(range.end) - window)};
    std::optional<Offset> newest;
    for (Offset at = begin; at < range.end;) {
      const auto records = log.read(ticks, at, kReadBytes);
      if (!records) return tl::unexpected(records.error());
      if (records->empty()) break;
      at = Offset{number(records->back().offset) + 1};
      for (const log::Record& record : *records)
        if (const auto frame = frame_of(record)) newest = frame->to;
    }
    if (newest || begin == range.begin) return newest;
  }
}

Error lost(Topic topic, PartitionId partition, const std::string& what) {
  return {"records_lost",
          std::string(to_text(topic)) + ", partition " +
              std::to_string(static_cast<std::uint32_t>(partition)) + ": " + what +
              ". What was there is lost, and going on would bill wrongly: stop all roles, bring the topic's "
              "records back from a copy, and start again (docs/kafka.md)",
          Next::fatal};
}

// "it ends at 3, but …"
Error too_short(Topic topic, PartitionId partition, Offset end, const std::string& speaker, Offset spoken) {
  return lost(topic, partition,
              "it ends at " + std::to_string(number(end)) + ", but " + speaker + " " +
                  std::to_string(number(spoken)));
}

Result<void> check_partition(log::EventLog& log, const PositionOf& position, PartitionId p) {
  // Positions first, and then what they speak of: the other way round it may have moved on meanwhile.
  const auto folded = position(Role::aggregator, p);
  const auto settled = position(Role::settler, p);
  const auto bridged = position(Role::bridge, p);
  for (const auto* one : {&folded, &settled, &bridged})
    if (!*one) return tl::unexpected(one->error());
  const auto ticks = log.range({Topic::ticks, p});
  if (!ticks) return tl::unexpected(ticks.error());
  const auto first = folded_from(log, {Topic::ticks, p}, *ticks);
  if (!first) return tl::unexpected(first.error());
  const auto frames = folded_to(log, {Topic::ticks, p}, *ticks);
  if (!frames) return tl::unexpected(frames.error());
  const auto inputs = log.range({Topic::heartbeats, p});
  const auto settlements = log.range({Topic::settlements, p});
  const auto outside = log.range({Topic::heartbeats_in, p});
  for (const auto* range : {&inputs, &settlements, &outside})
    if (!*range) return tl::unexpected(range->error());

  if (*folded && **folded > inputs->end)
    return tl::unexpected(too_short(Topic::heartbeats, p, inputs->end, "aggregators stand at", **folded));
  if (*frames && **frames > inputs->end)
    return tl::unexpected(
        too_short(Topic::heartbeats, p, inputs->end, "ticks has folded it up to", **frames));
  if (*first && ticks->begin == Offset{} && **first != Offset{})
    return tl::unexpected(lost(Topic::ticks, p,
                               "its first frame begins at input " + std::to_string(number(**first)) +
                                   ", and those before it are gone"));
  if (*folded && frames->value_or(Offset{}) < **folded)
    return tl::unexpected(lost(Topic::ticks, p,
                               "its frames reach input " +
                                   std::to_string(number(frames->value_or(Offset{}))) +
                                   ", but aggregators stand at " + std::to_string(number(**folded))));
  if (*settled && **settled > ticks->end)
    return tl::unexpected(too_short(Topic::ticks, p, ticks->end, "settlers stand at", **settled));
  if (*settled && settlements->end == Offset{})
    return tl::unexpected(lost(Topic::settlements, p, "it is empty, but settlers have written to it"));
  if (*bridged && **bridged > outside->end)
    return tl::unexpected(
        too_short(Topic::heartbeats_in, p, outside->end, "the bridge stands at", **bridged));
  return {};
}

}  // namespace

Result<void> check_records_kept(log::EventLog& log, const PositionOf& position,
                                std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (std::uint32_t p = 0; p < log.partitions();) {
    auto kept = check_partition(log, position, PartitionId{p});
    if (kept) {
      ++p;
      continue;
    }
    if (kept.error().code != "records_lost" || std::chrono::steady_clock::now() > deadline) return kept;
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

}  // namespace paytick::app
