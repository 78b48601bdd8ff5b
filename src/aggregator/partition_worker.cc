#include "aggregator/partition_worker.h"

#include <malloc.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "log/owner_step.h"
#include "model/codec.h"

namespace paytick::aggregator {
namespace {

constexpr std::size_t kReplayBytes = 1024 * 1024;  // read at once while restoring

std::int64_t number(Offset o) { return static_cast<std::int64_t>(o); }

}  // namespace

PartitionWorker::PartitionWorker(WorkerConfig config, log::EventLog& log, Random& random, ReplySink& replies)
    : config_(std::move(config)),
      log_(log),
      random_(random),
      replies_(replies),
      store_(log, config_.partition, config_.snapshot_turn) {}
PartitionWorker::~PartitionWorker() = default;

Result<StepResult> PartitionWorker::step() {
  return log::owner_step(
      dead_, [this] { return advance(); }, [this] { drop(); });
}

Result<StepResult> PartitionWorker::advance() {
  switch (stage_) {
    case Stage::acquire:
      return acquire();
    case Stage::fence:
      return write_fence();
    case Stage::load:
      return load();
    case Stage::replay: {
      auto result = replay();
      // A frame may be folded in part: there is no going on in the middle of it.
      if (!result && result.error().next == Next::retry) result.error().next = Next::abort;
      return result;
    }
    case Stage::run:
      break;
  }
  return run();
}

// Nothing that was derived under a lease outlives it.
void PartitionWorker::drop() {
  stage_ = Stage::acquire;
  fold_.reset();
  pending_.reset();
  inputs_.clear();
  held_.clear();
  out_.clear();
  store_.abandon();
  bytes_since_snapshot_ = 0;
  records_since_snapshot_ = 0;
}

Result<StepResult> PartitionWorker::acquire() {
  auto lease = log_.acquire(log::Role::aggregator, config_.partition, epoch_min_);
  if (!lease) return tl::unexpected<Error>(lease.error());
  lease_ = *lease;
  owner_ = random_.id<OwnerId>();
  ++counters_.takeovers;
  stage_ = Stage::fence;
  return StepResult::worked;
}

Result<StepResult> PartitionWorker::write_fence() {
  log::Step step;
  step.lease = lease_;
  step.records.push_back(
      {topic(log::Topic::ticks), append_time_, {}, build_fence({config_.partition, lease_.epoch, owner_})});
  if (auto done = log_.commit(step); !done) return tl::unexpected<Error>(done.error());
  stage_ = Stage::load;
  return StepResult::worked;
}

Result<StepResult> PartitionWorker::load() {
  const FoldConfig config{config_.partition, log_.partitions()};
  auto loaded = store_.load(config);
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  position_ = {};
  ticks_next_ = {};
  if (*loaded) {
    fold_ = std::move((*loaded)->fold);
    position_ = (*loaded)->point.position;
    ticks_next_ = (*loaded)->point.ticks_next;
    // Its writer came after this owner; it may stand beyond this owner's fence, which replay would then miss.
    if (position_.epoch >= lease_.epoch) return taken_by_another(position_.epoch);
  }
  // Also tells the log how far replay has to see.
  for (const log::Topic t : {log::Topic::heartbeats, log::Topic::ticks}) {
    const auto range = log_.range(topic(t));
    if (!range) return tl::unexpected<Error>(range.error());
    if (*loaded || range->begin == Offset{}) continue;
    return fail("snapshot_needed",
                "partition " + std::to_string(static_cast<std::uint32_t>(config_.partition)) +
                    ": the log begins at " + std::to_string(number(range->begin)) +
                    " and no snapshot can be used; restore one",
                Next::fatal);
  }
  if (!*loaded) fold_.emplace(config);
  reader_ = FrameReader(position_);
  inputs_next_ = position_.to;
  stage_ = Stage::replay;
  return StepResult::worked;
}

// An epoch as high as ours: there is another owner, or the engine has forgotten how far epochs had come.
Result<StepResult> PartitionWorker::taken_by_another(Epoch epoch) {
  epoch_min_ = Epoch{static_cast<std::uint64_t>(epoch) + 1};
  return fail("fenced", "another owner has taken the partition", Next::abort);
}

// A restore's buffers are many times a step's: what is free again would stay resident for good.
void PartitionWorker::give_back_memory() {
  out_ = {};
  held_ = {};
  ::malloc_trim(0);
}

Result<void> PartitionWorker::compare_positions() {
  const auto committed = log_.position(log::Role::aggregator, config_.partition);
  if (!committed) return tl::unexpected<Error>(committed.error());
  if (*committed && **committed != position_.to) ++counters_.positions_apart;
  return {};
}

// Reads `ticks` up to the own fence, folding again what its frames cover.
Result<StepResult> PartitionWorker::replay() {
  auto records = log_.read(topic(log::Topic::ticks), ticks_next_, kReplayBytes);
  if (!records) return tl::unexpected<Error>(records.error());
  for (const log::Record& record : *records) {
    if (auto good = replay_record(record.value); !good) return tl::unexpected<Error>(good.error());
    ticks_next_ = Offset{number(record.offset) + 1};
    position_ = reader_.position();
    if (position_.epoch > lease_.epoch || (position_.epoch == lease_.epoch && position_.owner != owner_))
      return taken_by_another(position_.epoch);
    if (position_.epoch == lease_.epoch) {
      if (auto compared = compare_positions(); !compared) return tl::unexpected<Error>(compared.error());
      stage_ = Stage::run;
      fold_->use_rules(kFoldVersion);
      fold_->take_violation();  // what is on the log was judged when it was written
      give_back_memory();
      return StepResult::worked;
    }
  }
  if (!records->empty()) return StepResult::worked;
  return fail("log_io", "the fence that was committed is not on the log", Next::fatal);
}

Result<void> PartitionWorker::replay_record(const std::string& value) {
  const auto verdict = reader_.read(value);
  if (!verdict) return tl::unexpected<Error>(verdict.error());
  switch (*verdict) {
    case FrameVerdict::hold:
      held_.push_back(value);
      break;
    case FrameVerdict::accept:
      held_.push_back(value);
      return replay_frame();
    case FrameVerdict::fence:
      held_.clear();
      break;
    case FrameVerdict::ignore:
      break;
  }
  return {};
}

Result<void> PartitionWorker::fill_inputs(std::size_t max_bytes) {
  if (!inputs_.empty()) return {};
  auto records = log_.read(topic(log::Topic::heartbeats), inputs_next_, max_bytes);
  if (!records) return tl::unexpected<Error>(records.error());
  if (records->empty()) return {};
  inputs_next_ = Offset{number(records->back().offset) + 1};
  inputs_.assign(std::make_move_iterator(records->begin()), std::make_move_iterator(records->end()));
  return {};
}

// Folds the inputs of the frame in held_ again. The same rules must write the same bytes.
Result<void> PartitionWorker::replay_frame() {
  std::string line = held_.back().substr(0, held_.back().find('\n'));
  const auto header = codec::parse_frame_header({line.data(), line.size()});
  if (!header) return tl::unexpected<Error>(header.error());
  if (header->fold == 0 || header->fold > kFoldVersion) {
    return fail("fold_version",
                "the log was folded by version " + std::to_string(header->fold) + " of the rules, this is " +
                    std::to_string(kFoldVersion),
                Next::fatal);
  }
  fold_->use_rules(header->fold);
  out_.clear();
  for (Offset at = header->from; at < header->to;) {
    if (auto more = fill_inputs(kReplayBytes); !more) return tl::unexpected<Error>(more.error());
    // A frame ends right behind the last input that it covers.
    if (inputs_.empty() || inputs_.front().offset >= header->to) {
      return fail("replay_mismatch",
                  "an input between " + std::to_string(number(at)) + " and " +
                      std::to_string(number(header->to)) + " is missing",
                  Next::fatal);
    }
    log::Record& record = inputs_.front();
    at = Offset{number(record.offset) + 1};
    append_time_ = std::max(append_time_, record.append_time);
    fold_->apply(record.offset, record.append_time, record.value, out_);
    inputs_.pop_front();
    ++counters_.replayed;
  }
  FrameHash prev = position_.prev;
  const FrameSpan span{config_.partition, header->epoch, header->from, header->to, header->fold};
  if (build_frame(span, out_.lines, prev) != held_) {
    return fail("replay_mismatch",
                "folding the inputs [" + std::to_string(number(header->from)) + ", " +
                    std::to_string(number(header->to)) + ") again does not give the frame on the log",
                Next::fatal);
  }
  held_.clear();
  return {};
}

Result<StepResult> PartitionWorker::run() {
  if (pending_) return commit_pending();
  // Chunks and folding take turns, so that a snapshot does not hold up replies for long.
  snapshot_turn_ = !snapshot_turn_;
  if (snapshot_turn_ && store_.is_writing()) return write_snapshot();
  return fold_step();
}

Result<StepResult> PartitionWorker::fold_step() {
  if (auto more = fill_inputs(config_.step_bytes_max); !more) return tl::unexpected<Error>(more.error());
  if (inputs_.empty()) return store_.is_writing() ? StepResult::worked : StepResult::idle;
  out_.clear();
  Pending pending;
  pending.after = position_;
  FrameSpan span{config_.partition, lease_.epoch, position_.to, position_.to, kFoldVersion};
  std::size_t bytes = 0, step_bytes = 0;
  const auto add = [&](std::string record) {
    bytes += record.size();
    step_bytes += record.size();
    if (pending.steps.empty() || step_bytes > config_.commit_bytes_max) {
      pending.steps.push_back({lease_, {}, std::nullopt});
      step_bytes = record.size();
    }
    pending.steps.back().records.push_back({topic(log::Topic::ticks), {}, {}, std::move(record)});
  };
  while (!inputs_.empty() && bytes + out_.lines.size() < config_.output_bytes_max) {
    log::Record& record = inputs_.front();
    pending.bytes += record.value.size();
    ++pending.records;
    append_time_ = std::max(append_time_, record.append_time);
    fold_->apply(record.offset, record.append_time, record.value, out_);
    span.to = Offset{number(record.offset) + 1};
    inputs_.pop_front();
    while (auto part = cut_frame(span, out_.lines, pending.after.prev)) add(std::move(*part));
  }
  // Nothing of it is written yet.
  if (auto violation = fold_->take_violation()) return tl::unexpected<Error>(std::move(*violation));
  for (std::string& part : build_frame(span, out_.lines, pending.after.prev)) add(std::move(part));
  for (log::Step& step : pending.steps)
    for (log::NewRecord& record : step.records) record.append_time = append_time_;
  pending.steps.back().consumed_to = pending.after.to = span.to;
  pending_ = std::move(pending);
  return commit_pending();
}

Result<StepResult> PartitionWorker::commit_pending() {
  const auto done = log_.commit(pending_->steps.front());
  if (!done) return tl::unexpected<Error>(done.error());
  for (const log::NewRecord& r : pending_->steps.front().records) counters_.bytes_out += r.value.size();
  pending_->steps.pop_front();
  if (!pending_->steps.empty()) return StepResult::worked;
  position_ = pending_->after;
  ticks_next_ = Offset{number(done->back()) + 1};
  ++counters_.commits;
  counters_.records += pending_->records;
  counters_.bytes_in += pending_->bytes;
  bytes_since_snapshot_ += pending_->bytes;
  records_since_snapshot_ += pending_->records;
  pending_.reset();
  if (!out_.replies.empty()) replies_.deliver(config_.partition, out_.replies);
  if (!out_.outcomes.empty()) replies_.answer(config_.partition, out_.outcomes);

  const bool by_bytes =
      config_.snapshot_every_bytes != 0 && bytes_since_snapshot_ >= config_.snapshot_every_bytes;
  const bool by_records =
      config_.snapshot_every_records != 0 && records_since_snapshot_ >= config_.snapshot_every_records;
  if ((by_bytes || by_records) && !store_.is_writing() && store_.begin(*fold_, {position_, ticks_next_})) {
    bytes_since_snapshot_ = 0;
    records_since_snapshot_ = 0;
    if (auto kept = fold_->check_sums(); !kept) return tl::unexpected<Error>(kept.error());
  }
  return StepResult::worked;
}

Result<StepResult> PartitionWorker::write_snapshot() {
  log::Step step;
  step.lease = lease_;
  step.records = store_.next(config_.snapshot_step_bytes, append_time_);
  const auto done = log_.commit(step);
  if (!done) return tl::unexpected<Error>(done.error());
  store_.wrote(*done);
  if (!store_.is_writing()) ++counters_.snapshots;
  return StepResult::worked;
}

}  // namespace paytick::aggregator
