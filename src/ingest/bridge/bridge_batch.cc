// The bridge's worker: from records of heartbeats-in to a step. Nothing here touches the log.

#include <algorithm>
#include <limits>
#include <utility>

#include "ingest/bridge/bridge_parts.h"
#include "ingest/bridge/refusals.h"
#include "ingest/errors.h"
#include "ingest/log_feed.h"

namespace paytick::ingest {
namespace {

// How far one partition may be ahead of another, by the time of their records: what is read too early has to
// wait, what is read in small pieces costs commits.
constexpr std::int64_t kAheadOfOthersMs = 100;

}  // namespace

// Everything with an earlier time has been read, in every partition.
TimeMs BridgeWorker::watermark() const {
  TimeMs low = kTimeMax;
  for (const Source& source : sources_)
    low = std::min(low, source.records.empty() ? source.read_up_to : source.records.front().append_time);
  return low;
}

bool BridgeWorker::has_stops() const {
  return std::ranges::any_of(sources_, [](const Source& source) { return source.waiting.has_stops(); });
}

// Contents and meters known; both only grow.
std::size_t BridgeWorker::listed() const { return catalog_.size() + meters_.size(); }

// Finds who waits for the sessions that were opened since.
void BridgeWorker::match() {
  for (const SessionId& session : known_->names.take_opened()) {
    for (Source& source : sources_) source.matched = source.matched || source.waiting.waits_for(session);
  }
}

bool BridgeWorker::is_due(const Source& source, TimeMs now, TimeMs watermark) const {
  if (source.lost || source.matched) return true;
  const WaitingRoom& waiting = source.waiting;
  if (waiting.empty()) return false;
  return now - waiting.oldest() >= config_.unknown_ms ||
         (waiting.waits_for_more() && source.seen != listed()) ||
         (waiting.has_stops() && source.seen_watermark != watermark);
}

// First where somebody waits for what is known now: a stop must not overtake it. Then where others who wait
// can be decided. Then the partition whose next record is the oldest.
std::optional<std::size_t> BridgeWorker::choose(TimeMs now) const {
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    if (sources_[p].matched) return p;
  }
  const TimeMs read_up_to = watermark();
  std::optional<std::size_t> chosen;
  TimeMs oldest = kTimeMax;
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    const Source& source = sources_[p];
    if (is_due(source, now, read_up_to)) return p;
    if (source.records.empty() || (chosen && source.records.front().append_time >= oldest)) continue;
    chosen = p;
    oldest = source.records.front().append_time;
  }
  return chosen;
}

void BridgeWorker::work(Batch& batch) {
  Source& source = sources_[batch.source];
  if (const auto lost = std::exchange(source.lost, std::nullopt)) {
    const Offset to = source.records.empty() ? source.next : source.records.front().offset;
    refuse(batch, {*lost, 0, {}, {}, {}},
           {std::string(code::kTrimmed), "The records up to offset " + std::to_string(number(to)) +
                                             " were trimmed away before they were read."});
    batch.consumed_to = to;
  }
  if (is_due(source, batch.now, batch.watermark)) look_again(batch);
  TimeMs until = kTimeMax;
  for (std::size_t p = 0; p < sources_.size(); ++p) {
    if (p != batch.source && !sources_[p].records.empty())
      until = std::min(until, sources_[p].records.front().append_time + kAheadOfOthersMs);
  }
  std::size_t read = 0;
  while (!source.records.empty() && read < config_.read_bytes_max && batch.bytes < config_.step_bytes_max) {
    log::Record& record = source.records.front();
    if (read != 0 && record.append_time > until) break;
    read += record.value.size() + 1;
    take_record(batch, record);
    batch.consumed_to = after(record.offset);
    source.records.pop_front();
  }
  finish(batch);
}

void BridgeWorker::look_again(Batch& batch) {
  Source& source = sources_[batch.source];
  source.matched = false;
  source.seen = listed();
  source.seen_watermark = batch.watermark;
  for (WaitingLine& line : source.waiting.take()) {
    const LineRef ref{line.offset, line.line, line.taken, line.since, line.text};
    const Decision decision = decide(batch, ref, false);
    if (decision.fate == Fate::decided) {
      batch.waiting_changed = true;
    } else {
      line.stop = decision.fate == Fate::waits_as_stop;
      line.session = decision.session;
      source.waiting.put(std::move(line));
    }
  }
}

void BridgeWorker::take_record(Batch& batch, log::Record& record) {
  ++batch.counted.records;
  LineRef ref{record.offset, 0, std::min(record.append_time, batch.now), batch.now, record.value};
  if (record.value.size() > codec::kRecordBytesMax) {
    return refuse(batch, ref,
                  {std::string(code::kTooLarge),
                   "A record may have " + std::to_string(codec::kRecordBytesMax) + " bytes at most."});
  }
  std::string_view rest = record.value;
  while (!rest.empty()) {
    std::string_view text = rest.substr(0, rest.find('\n'));
    const std::string_view from_here = rest;
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) continue;  // an empty line is no line
    ++ref.line;
    ref.text = text;
    if (ref.line > kRecordLinesMax) {
      ref.text = from_here;
      return refuse(
          batch, ref,
          {std::string(code::kTooManyLines),
           "A record may hold " + std::to_string(kRecordLinesMax) + " lines; the rest is refused."});
    }
    take_line(batch, ref);
  }
}

void BridgeWorker::take_line(Batch& batch, const LineRef& line) {
  ++batch.counted.lines;
  const Decision decision = decide(batch, line, false);
  if (decision.fate == Fate::decided) return;
  ++batch.counted.waited;
  batch.waiting_changed = true;
  WaitingRoom& waiting = sources_[batch.source].waiting;
  while (const auto out = waiting.make_room(line.text.size()))
    decide(batch, {out->offset, out->line, out->taken, out->since, out->text}, true);
  waiting.put({line.offset, line.line, decision.fate == Fate::waits_as_stop, decision.session, line.taken,
               line.since, std::string(line.text)});
}

BridgeWorker::Decision BridgeWorker::decide(Batch& batch, const LineRef& line, bool last_chance) {
  const bool expired = last_chance || batch.now - line.since >= config_.unknown_ms;
  scratch_ = line.text;
  const Verdict verdict = known_->judge.judge({scratch_.data(), scratch_.size()}, line.taken, batch.now);
  switch (verdict.kind) {
    case Verdict::Kind::unknown:
      if (!expired) return {Fate::waits, verdict.session};
      refuse(batch, line, verdict.error);
      break;
    case Verdict::Kind::refused:
      refuse(batch, line, verdict.error);
      break;
    case Verdict::Kind::repeated:
      ++batch.counted.repeated;
      break;
    case Verdict::Kind::forward:
      if (std::holds_alternative<Stop>(verdict.input) && !expired && must_wait(batch, line))
        return {Fate::waits_as_stop, {}};
      forward(batch, verdict);
      break;
  }
  return {};
}

// Whether something that was written before this stop may not have been decided.
bool BridgeWorker::must_wait(const Batch& batch, const LineRef& stop) {
  if (batch.watermark - stop.taken < config_.stop_ms) return true;
  if (std::ranges::none_of(sources_, &Source::matched)) return false;
  sources_[batch.source].seen_watermark = {};  // again, when they have been looked at
  return true;
}

void BridgeWorker::forward(Batch& batch, const Verdict& verdict) {
  if (const auto* open = std::get_if<Open>(&verdict.input)) {
    known_->names.apply(*open, batch.now);
    match();
    ++batch.counted.opens;
  } else if (const auto* stop = std::get_if<Stop>(&verdict.input)) {
    known_->names.apply(*stop, batch.now);
    ++batch.counted.stops;
  } else if (const auto* heartbeat = std::get_if<Heartbeat>(&verdict.input)) {
    known_->names.touch(heartbeat->attachment, batch.now);
    ++batch.counted.heartbeats;
  }
  const auto p = static_cast<std::size_t>(verdict.partition);
  codec::write(verdict.input, batch.lines[p]);
  if (batch.lines[p].size() >= kRecordBytesTarget) seal(batch, p);
}

void BridgeWorker::refuse(Batch& batch, const LineRef& line, const Error& error) {
  const PartitionId partition = sources_[batch.source].lease.partition;
  codec::write(make_refusal(partition, line.offset, line.line, error, line.text), batch.refusals);
  ++batch.counted.refused[error.code];
  if (batch.refusals.size() >= kRecordBytesTarget) seal_refusals(batch);
}

void BridgeWorker::seal(Batch& batch, std::size_t partition) {
  std::string& lines = batch.lines[partition];
  if (lines.empty()) return;
  batch.bytes += lines.size();
  batch.records.push_back(
      {topic(log::Topic::heartbeats, partition), batch.now, {}, std::exchange(lines, {})});
}

void BridgeWorker::seal_refusals(Batch& batch) {
  if (batch.refusals.empty()) return;
  batch.bytes += batch.refusals.size();
  batch.records.push_back(
      {topic(log::Topic::refusals, batch.source), batch.now, {}, std::exchange(batch.refusals, {})});
}

// Makes the step, if there is anything to commit.
void BridgeWorker::finish(Batch& batch) {
  Source& source = sources_[batch.source];
  for (std::size_t p = 0; p < batch.lines.size(); ++p) seal(batch, p);
  seal_refusals(batch);
  if (batch.waiting_changed) {
    const Offset stands_at = batch.consumed_to.value_or(source.consumed);
    std::string value(reinterpret_cast<const char*>(&stands_at), sizeof stands_at);
    value += source.waiting.image();
    batch.records.push_back(
        {topic(log::Topic::snapshots, batch.source), batch.now, kWaitingKey, std::move(value)});
  }
  if (batch.records.empty() && !batch.consumed_to) return;
  pending_ = Pending{{source.lease, std::move(batch.records), batch.consumed_to}, std::move(batch.counted)};
}

}  // namespace paytick::ingest
