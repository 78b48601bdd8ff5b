#include "ingest/bridge/bridge_worker.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "ingest/bridge/bridge_parts.h"
#include "ingest/bridge/bridge_snapshot.h"
#include "log/owner_step.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kFollowBytes = 4 * 1024 * 1024;        // of a partition of heartbeats at once
constexpr std::size_t kSnapshotStepBytes = 8 * 1024 * 1024;  // of chunks written between two steps
constexpr std::uint64_t kSnapshotShare = 4;  // of what is followed, a quarter is written at most
constexpr std::int64_t kKeepUpMs = 50;       // how stale the names may be
constexpr std::int64_t kAskMs = 50;          // between two questions for a partition's end
constexpr std::int64_t kSweepMs = 60'000;
constexpr std::int64_t kMeasureMs = 2'000;

// Clocks may step backwards.
bool passed(TimeMs now, TimeMs since, std::int64_t ms) { return now - since >= ms || now < since; }

}  // namespace

BridgeWorker::BridgeWorker(BridgeConfig config, log::EventLog& log, WallClock& clock, const Catalog& catalog,
                           const MeterDirectory& meters)
    : config_(config),
      log_(log),
      clock_(clock),
      catalog_(catalog),
      meters_(meters),
      sources_(log.partitions()),
      slots_(log, PartitionId{0}, kBridgeSnapshotPrefix) {}
BridgeWorker::~BridgeWorker() = default;

Result<bool> BridgeWorker::step() {
  return log::owner_step(
      dead_, [this] { return advance(); }, [this] { drop(); });
}

Result<bool> BridgeWorker::advance() {
  switch (stage_) {
    case Stage::acquire:
      return acquire();
    case Stage::load:
      return load();
    case Stage::follow:
      return follow();
    case Stage::run:
      break;
  }
  return run();
}

// Nothing that was derived under a lease outlives it.
void BridgeWorker::drop() {
  stage_ = Stage::acquire;
  acquired_ = 0;
  sources_.clear();
  sources_.resize(log_.partitions());
  known_.reset();
  pending_.reset();
  slots_.abandon();
  publish({});
}

Result<bool> BridgeWorker::acquire() {
  auto lease = log_.acquire(log::Role::bridge, PartitionId{static_cast<std::uint32_t>(acquired_)});
  if (!lease) return tl::unexpected<Error>(lease.error());
  sources_[acquired_].lease = *lease;
  if (++acquired_ == sources_.size()) {
    stage_ = Stage::load;
    BridgeStats counted;
    counted.takeovers = 1;
    publish(counted);
  }
  return true;
}

Result<bool> BridgeWorker::load() {
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    if (auto loaded = load_source(p); !loaded) return tl::unexpected<Error>(loaded.error());
  }
  const auto partitions = static_cast<std::uint32_t>(sources_.size());
  auto stored = slots_.load();
  if (!stored) return tl::unexpected<Error>(stored.error());
  std::optional<BridgeState> state;
  if (*stored) state = bridge_state(config_.platform, partitions, (*stored)->chunks);
  if (!state) state = BridgeState{{}, NameBook(config_.platform, partitions)};
  known_ = std::make_unique<Known>(std::move(state->names), std::move(state->positions), config_, log_,
                                   catalog_, meters_);
  snapshot_at_ = 0;
  follow_to_.clear();
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    const auto range = log_.range(topic(log::Topic::heartbeats, p));
    if (!range) return tl::unexpected<Error>(range.error());
    follow_to_.push_back(range->end);
  }
  stage_ = Stage::follow;
  return true;
}

Result<void> BridgeWorker::load_source(std::size_t p) {
  Source& source = sources_[p];
  const auto position = log_.position(log::Role::bridge, source.lease.partition);
  if (!position) return tl::unexpected<Error>(position.error());
  const auto range = log_.range(topic(log::Topic::heartbeats_in, p));
  if (!range) return tl::unexpected<Error>(range.error());
  source.consumed = position->value_or(range->begin);
  const auto waiting = log_.latest(topic(log::Topic::snapshots, p), kWaitingKey);
  if (!waiting) return tl::unexpected<Error>(waiting.error());
  if (*waiting) {
    const std::string_view value = (*waiting)->value;
    Offset stands_at{};
    if (value.size() < sizeof stands_at || !source.waiting.restore(value.substr(sizeof stands_at)))
      return fail("bridge_state",
                  "the waiting lines of the bridge cannot be read; another version wrote them", Next::fatal);
    std::memcpy(&stands_at, value.data(), sizeof stands_at);
    // They were committed together; an engine may have forgotten the position since (Kafka, of idle groups).
    source.consumed = std::max(source.consumed, stands_at);
  }
  source.next = source.consumed;
  return {};
}

// What the owner before has forwarded is on the log, and must be known before anything is decided.
Result<bool> BridgeWorker::follow() {
  bool more = false;
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    if (known_->follower.positions()[p] >= follow_to_[p]) continue;
    const auto moved = known_->follower.pump(sources_[p].lease.partition, kFollowBytes, clock_.now());
    if (!moved) return tl::unexpected<Error>(moved.error());
    more = more || *moved;
  }
  if (more) return true;
  static_cast<void>(known_->names.take_opened());
  for (Source& source : sources_) source.matched = !source.waiting.empty();  // whatever it waits for
  stage_ = Stage::run;
  publish({});
  return true;
}

Result<bool> BridgeWorker::run() {
  if (pending_) return commit_pending();
  // Chunks and lines take turns.
  snapshot_turn_ = !snapshot_turn_;
  if (snapshot_turn_ && slots_.is_writing()) return write_snapshot();
  const TimeMs now = clock_.now();
  if (auto kept = keep_up(now); !kept) return tl::unexpected<Error>(kept.error());
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    if (auto filled = refill(p, now); !filled) return tl::unexpected<Error>(filled.error());
  }
  measure_lag(now);
  const auto chosen = choose(now);
  if (!chosen) return slots_.is_writing();
  Batch batch;
  batch.source = *chosen;
  batch.now = now;
  batch.watermark = watermark();
  batch.lines.resize(sources_.size());
  work(batch);
  if (!pending_) return true;  // those who wait go on waiting
  return commit_pending();
}

Result<void> BridgeWorker::keep_up(TimeMs now) {
  if (passed(now, swept_at_, kSweepMs)) {
    known_->names.sweep(now);
    swept_at_ = now;
  }
  if (!passed(now, kept_up_at_, kKeepUpMs)) return {};
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    const auto moved = known_->follower.pump(sources_[p].lease.partition, kFollowBytes, now);
    if (!moved) return tl::unexpected<Error>(moved.error());
  }
  match();
  kept_up_at_ = now;
  const std::uint64_t bytes = known_->follower.bytes();
  const std::uint64_t every =
      std::max<std::uint64_t>(config_.snapshot_every_bytes, kSnapshotShare * snapshot_bytes_);
  if (bytes - snapshot_at_ < every || slots_.is_writing()) return {};
  // No step is in the making: what the names hold is on the log.
  auto chunks = to_chunks(config_.platform, known_->follower.positions(), known_->names);
  snapshot_at_ = bytes;
  snapshot_bytes_ = 0;
  for (const std::string& chunk : chunks) snapshot_bytes_ += chunk.size();
  slots_.begin({}, source_of(std::move(chunks)));
  return {};
}

Result<void> BridgeWorker::refill(std::size_t p, TimeMs now) {
  Source& source = sources_[p];
  if (!source.records.empty()) return {};
  // Only the log itself knows its end, and the answer takes a while: it is asked when a stop waits for it.
  const bool ask = has_stops() && passed(now, source.asked_at, kAskMs);
  if (ask) {
    if (const auto range = log_.range(topic(log::Topic::heartbeats_in, p)); !range)
      return tl::unexpected<Error>(range.error());
    source.asked_at = now;
  }
  auto records = log_.read(topic(log::Topic::heartbeats_in, p), source.next, config_.read_bytes_max);
  if (!records && records.error().code == "out_of_range") {
    const auto range = log_.range(topic(log::Topic::heartbeats_in, p));
    if (!range) return tl::unexpected<Error>(range.error());
    if (range->begin <= source.next) return tl::unexpected<Error>(records.error());
    if (!source.lost) source.lost = source.next;
    source.next = range->begin;
    return {};
  }
  if (!records) return tl::unexpected<Error>(records.error());
  if (records->empty() && ask) source.read_up_to = now;
  source.records.assign(std::make_move_iterator(records->begin()), std::make_move_iterator(records->end()));
  if (!source.records.empty()) source.next = after(source.records.back().offset);
  return {};
}

Result<bool> BridgeWorker::commit_pending() {
  const auto done = log_.commit(pending_->step);
  if (!done) return tl::unexpected<Error>(done.error());
  const log::Step& step = pending_->step;
  if (step.consumed_to) sources_[static_cast<std::size_t>(step.lease.partition)].consumed = *step.consumed_to;
  pending_->counted.commits = 1;
  publish(pending_->counted);
  pending_.reset();
  return true;
}

Result<bool> BridgeWorker::write_snapshot() {
  log::Step step;
  step.lease = sources_.front().lease;
  step.records = slots_.next(kSnapshotStepBytes, clock_.now());
  const auto done = log_.commit(step);
  if (!done) return tl::unexpected<Error>(done.error());
  if (slots_.wrote(*done)) {
    BridgeStats counted;
    counted.snapshots = 1;
    publish(counted);
  }
  return true;
}

void BridgeWorker::measure_lag(TimeMs now) {
  if (!passed(now, measured_at_, kMeasureMs)) return;
  measured_at_ = now;
  std::vector<std::int64_t> lag;
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    const auto range = log_.range(topic(log::Topic::heartbeats_in, p));
    if (!range) return;  // the next read says so, too
    lag.push_back(std::max<std::int64_t>(0, number(range->end) - number(sources_[p].consumed)));
  }
  const std::lock_guard lock(stats_mutex_);
  stats_.lag = std::move(lag);
}

void BridgeWorker::publish(const BridgeStats& counted) {
  std::size_t waiting = 0;
  for (const Source& source : sources_) waiting += source.waiting.size();
  const std::lock_guard lock(stats_mutex_);
  stats_.records += counted.records;
  stats_.lines += counted.lines;
  stats_.opens += counted.opens;
  stats_.heartbeats += counted.heartbeats;
  stats_.stops += counted.stops;
  stats_.repeated += counted.repeated;
  stats_.waited += counted.waited;
  for (const auto& [code, n] : counted.refused) stats_.refused[code] += n;
  stats_.commits += counted.commits;
  stats_.takeovers += counted.takeovers;
  stats_.snapshots += counted.snapshots;
  stats_.running = stage_ == Stage::run;
  stats_.waiting = waiting;
  stats_.attachments = known_ ? known_->names.size() : 0;
}

BridgeStats BridgeWorker::stats() const {
  const std::lock_guard lock(stats_mutex_);
  return stats_;
}

void BridgeWorker::wait(std::chrono::milliseconds timeout) {
  if (stage_ != Stage::run) return;
  wait_next_ = (wait_next_ + 1) % sources_.size();
  log_.wait(topic(log::Topic::heartbeats_in, wait_next_), sources_[wait_next_].next, timeout);
}

}  // namespace paytick::ingest
