#include "ingest/batch_desk.h"

#include <algorithm>
#include <string_view>

#include "ingest/commands/guard_desk.h"
#include "ingest/errors.h"
#include "model/inputs.h"

namespace paytick::ingest {

RunId BatchDesk::begin(const Platform& platform, std::string body) {
  const RunId id{next_++};
  bytes_ += body.size();
  Run& run = runs_[static_cast<std::uint64_t>(id)];
  run.platform = platform;
  run.body = std::move(body);
  return id;
}

BatchDesk::Progress BatchDesk::step(RunId id, std::size_t lines_max, TimeMs now) {
  const auto it = runs_.find(static_cast<std::uint64_t>(id));
  if (it == runs_.end() || it->second.parsed) return Progress::parsed;
  Run& run = it->second;
  char* const begin = run.body.data();
  for (std::size_t n = 0; n < lines_max && run.position < run.body.size(); ++n) {
    if (feed_.full()) return Progress::wait;
    char* const text = begin + run.position;
    const std::size_t rest = run.body.size() - run.position;
    std::size_t size = std::min(std::string_view(text, rest).find('\n'), rest);
    run.position += std::min(size + 1, rest);
    if (size > 0 && text[size - 1] == '\r') --size;
    if (size == 0) continue;  // an empty line is no line
    ++run.line;
    ++counters_.batch_lines;
    if (auto taken = take(run.platform, {text, size}, now); taken) {
      accept(id, run);
    } else {
      ++counters_.batch_refused;
      run.refused.emplace_back(run.line, std::move(taken.error()));
    }
  }
  if (run.position < run.body.size()) return Progress::more;
  run.parsed = true;
  bytes_ -= run.body.size();
  run.body = {};
  finish(id, run);
  return Progress::parsed;
}

void BatchDesk::accept(RunId id, Run& run) {
  if (run.parts.empty() || run.parts.back().batch != feed_.filling()) {
    run.parts.push_back({feed_.filling(), run.line, false, {}});
    feed_.notes().runs.push_back(id);
  }
  run.parts.back().last = run.line;
}

Result<void> BatchDesk::take(const Platform& platform, codec::MutableLine text, TimeMs now) {
  const auto line = parse_batch_line(text, now);
  if (!line) return tl::unexpected(line.error());
  if (line->type == BatchLineType::open) return take_open(platform, *line, now);
  const bool stop = line->type == BatchLineType::stop;
  const auto found = shared_.sessions.find(platform.id, line->session, line->attachment, stop, now);
  if (!found) return tl::unexpected(found.error());
  const DirectoryEntry& entry = found->entry;
  if (stop) {
    feed_.add(entry.partition, Stop{entry.session, entry.attachment, line->at});
    feed_.notes().stopped.push_back(found->key);
    if (shared_.guard != nullptr) shared_.guard->left(entry.attachment);
    return {};
  }
  feed_.add(entry.partition, Heartbeat{entry.session, entry.attachment, line->seq, line->at});
  if (shared_.guard == nullptr) return {};
  guard(found->viewer, entry.partition, shared_.guard->heartbeat(GuardDesk::key_of(entry.session), line->at));
  guard(found->viewer, entry.partition, shared_.guard->beat(entry.attachment, line->at));
  return {};
}

// On suspicion: with the reason on the log, and it stands until an operator lifts it.
void BatchDesk::guard(const ViewerId& viewer, PartitionId partition, std::optional<std::string> verdict) {
  if (!verdict || viewer.is_zero()) return;
  ++counters_.freezes;
  feed_.add(partition, Freeze{viewer, std::move(*verdict), {}});
}

Result<void> BatchDesk::take_open(const Platform& platform, const BatchLine& line, TimeMs now) {
  const auto content_id = parse_id<ContentId>(line.content);
  const auto content = content_id ? shared_.catalog.find(*content_id) : nullptr;
  if (!content) return fail(code::kUnknownContent, "There is no content with this id.");
  // What a creator has put there himself, any platform may show.
  if (!content->platform.is_zero() && content->platform != platform.id)
    return fail(code::kForbidden, "This content belongs to another platform.");
  if (content->closed) return fail(code::kContentClosed, "This content was closed.");
  if (!line.plan.empty() && parse_id<PlanId>(line.plan) != content->plan.id) {
    return fail(code::kPriceChanged, "The price has changed since it was shown.");
  }
  const auto viewer = parse_id<ViewerId>(line.viewer);
  if (!viewer) return fail(code::kBadField, "The field viewer is not a Stellar account (G…).");
  const auto meter = parse_id<MeterId>(line.meter);
  const auto owner = meter ? shared_.meters.viewer_of(*meter) : std::nullopt;
  if (!owner) return fail(code::kUnknownContract, "No meter with this id is registered with the router.");
  if (*owner != *viewer) return fail(code::kForeignContract, "This meter is registered to another viewer.");
  const auto opened = shared_.sessions.open(platform.id, line.session, line.attachment, *viewer, now);
  if (!opened) return tl::unexpected(opened.error());

  Open open;
  open.session = opened->entry.session;
  open.attachment = opened->entry.attachment;
  open.viewer = *viewer;
  open.meter = *meter;
  open.content = content->id;
  open.creator = content->creator_wallet;
  open.at = line.at;
  open.plan = content->plan;
  open.resume = opened->resume;
  open.platform = platform.id;
  open.reference = line.session;
  open.late_ms = platform.backfill ? kLateMsMax : kLateMsDefault;
  open.join_required = content->join_required;
  open.ticket_required = content->ticket_price > Amount{};
  feed_.add(opened->entry.partition, open);
  if (shared_.guard != nullptr) {
    guard(*viewer, opened->entry.partition,
          shared_.guard->opened(*viewer, open.attachment, content->plan.heartbeat_ms, line.at));
  }
  feed_.notes().opened.push_back(opened->keys);
  return {};
}

void BatchDesk::on_appended(BatchId id, const BatchNotes& notes, const AppendResult& result) {
  if (!result) {
    for (const NameKeys& keys : notes.opened) shared_.sessions.forget(keys);
    for (const NameKey& key : notes.stopped) shared_.sessions.reopen(key);
  }
  for (const RunId run_id : notes.runs) {
    const auto it = runs_.find(static_cast<std::uint64_t>(run_id));
    if (it == runs_.end()) continue;
    for (Part& part : it->second.parts) {
      if (part.batch != id) continue;
      part.done = true;
      if (!result) part.failed = append_error(result.error());
    }
    finish(run_id, it->second);
  }
}

void BatchDesk::finish(RunId id, Run& run) {
  if (!run.parsed || !std::ranges::all_of(run.parts, &Part::done)) return;
  std::string lines;
  lines.reserve(run.line * std::size_t{36});
  std::uint32_t accepted = 0;
  auto part = run.parts.begin();
  auto refused = run.refused.begin();
  for (std::uint32_t n = 1; n <= run.line; ++n) {
    if (refused != run.refused.end() && refused->first == n) {
      render_refused(n, refused->second, lines);
      ++refused;
      continue;
    }
    while (part->last < n) ++part;
    if (part->failed) {
      ++counters_.batch_refused;
      render_refused(n, *part->failed, lines);
    } else {
      ++accepted;
      render_accepted(n, lines);
    }
  }
  counters_.batch_accepted += accepted;
  const std::uint32_t total = run.line;
  runs_.erase(static_cast<std::uint64_t>(id));  // `run` is gone from here on
  out_.answer(id, std::move(lines), accepted, total - accepted);
}

}  // namespace paytick::ingest
