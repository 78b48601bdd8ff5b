#include "ingest/meter_directory.h"

#include <cstring>
#include <mutex>
#include <string_view>
#include <variant>

#include "ingest/commands/guard_desk.h"
#include "ingest/session_directory.h"
#include "model/codec.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kReadBytes = 4 * 1024 * 1024;
// How the codec begins such a line; members come in a fixed order, and text inside strings has its quotes
// escaped.
constexpr std::string_view kMeterMark = R"("type":"meter")";
constexpr std::string_view kOpenMark = R"("type":"open")";
constexpr std::string_view kStopMark = R"("type":"stop")";
constexpr std::string_view kHeartbeatMark = R"("type":"heartbeat")";

bool holds(std::string_view text, std::string_view mark) {
  return memmem(text.data(), text.size(), mark.data(), mark.size()) != nullptr;
}

}  // namespace

void MeterDirectory::put(const MeterId& meter, const ViewerId& viewer) {
  const std::unique_lock lock(mutex_);
  if (!viewers_.try_emplace(meter, viewer).second) return;
  const auto [it, first] = owned_.try_emplace(viewer, Owned{meter, {}});
  if (!first && it->second.others.size() + 1 < kMetersListedMax) it->second.others.push_back(meter);
}

std::vector<MeterId> MeterDirectory::meters_of(const ViewerId& viewer) const {
  const std::shared_lock lock(mutex_);
  const auto it = owned_.find(viewer);
  if (it == owned_.end()) return {};
  std::vector<MeterId> meters{it->second.first};
  meters.insert(meters.end(), it->second.others.begin(), it->second.others.end());
  return meters;
}

std::optional<ViewerId> MeterDirectory::viewer_of(const MeterId& meter) const {
  const std::shared_lock lock(mutex_);
  const auto it = viewers_.find(meter);
  if (it == viewers_.end()) return std::nullopt;
  return it->second;
}

std::size_t MeterDirectory::size() const {
  const std::shared_lock lock(mutex_);
  return viewers_.size();
}

MeterFollower::MeterFollower(log::EventLog& log, MeterDirectory& directory, std::vector<Offset> from,
                             GuardDesk* guard)
    : log_(log), directory_(directory), guard_(guard), next_(std::move(from)) {
  next_.resize(log_.partitions(), Offset{0});
}

Result<bool> MeterFollower::pump(SessionDirectory* sessions) {
  bool moved = false;
  for (std::uint32_t p = 0; p < next_.size(); ++p) {
    auto result = pump(PartitionId{p}, sessions);
    if (!result) return result;
    moved = moved || *result;
  }
  return moved;
}

Result<bool> MeterFollower::pump(PartitionId partition, SessionDirectory* sessions) {
  const bool heartbeats = sessions != nullptr && guard_ != nullptr && guard_->counts_screens();
  const auto wanted = [sessions, heartbeats](std::string_view text) {
    return (heartbeats && holds(text, kHeartbeatMark)) || holds(text, kMeterMark) ||
           (sessions != nullptr && (holds(text, kOpenMark) || holds(text, kStopMark)));
  };
  const log::TopicPartition topic{log::Topic::heartbeats, partition};
  Offset& next = next_[static_cast<std::uint32_t>(partition)];
  bool moved = false;
  for (;;) {
    auto records = log_.read(topic, next, kReadBytes);
    if (!records && records.error().code == "out_of_range") {
      // Trimmed below us: go on at the first record that is left.
      const auto range = log_.range(topic);
      if (!range) return tl::unexpected(range.error());
      if (range->begin <= next) return tl::unexpected(std::move(records.error()));
      next = range->begin;
      continue;
    }
    if (!records) return tl::unexpected(std::move(records.error()));
    if (records->empty()) return moved;
    for (log::Record& record : *records) {
      next = Offset{static_cast<std::int64_t>(record.offset) + 1};
      if (!wanted(record.value)) continue;
      codec::for_each_line(record.value, [&](codec::MutableLine line) {
        if (!wanted({line.data, line.size})) return;
        const auto input = codec::parse_input(line);
        if (!input) return;
        if (const auto* report = std::get_if<MeterReport>(&*input)) {
          directory_.put(report->meter, report->viewer);
        } else if (const auto* open = std::get_if<Open>(&*input); open != nullptr && sessions != nullptr) {
          if (guard_ != nullptr) {
            guard_->read_open(open->viewer, open->attachment, open->plan.heartbeat_ms, open->at);
          }
          if (open->reference.empty()) return;  // a socket's: nobody knows it by a name
          sessions->restore(open->viewer, open->resume.value_or(open->session), open->attachment);
        } else if (const auto* stop = std::get_if<Stop>(&*input); stop != nullptr && sessions != nullptr) {
          sessions->close(stop->attachment, record.append_time);
          if (guard_ != nullptr) guard_->left(stop->attachment);
        } else if (const auto* beat = std::get_if<Heartbeat>(&*input); beat != nullptr && heartbeats) {
          guard_->read_beat(beat->attachment, beat->at);
        }
      });
    }
    moved = true;
  }
}

}  // namespace paytick::ingest
