#include "ingest/bridge/line_judge.h"

#include <algorithm>
#include <string>
#include <utility>

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

Verdict refused(Error error) { return {Verdict::Kind::refused, {}, {}, std::move(error), {}}; }
Verdict refused(std::string_view code, std::string message) {
  return refused(Error{std::string(code), std::move(message)});
}
Verdict unknown(std::string_view code, std::string message, std::optional<SessionId> session = {}) {
  return {Verdict::Kind::unknown, {}, {}, Error{std::string(code), std::move(message)}, session};
}

}  // namespace

Verdict LineJudge::judge(codec::MutableLine text, TimeMs taken, TimeMs now) const {
  auto line = parse_batch_line(text, taken, OtherMembers::refused);
  if (!line) return refused(std::move(line.error()));
  // A producer tells of the last minutes. What lay here longer than sessions are allowed, the fold would put
  // on record as `late`; its time is the largest append time, so never before ours. A stop is never refused
  // for its time.
  const TimeMs earliest = std::max(taken - kLateMsDefault, now - late_ms_);
  if (line->type != BatchLineType::stop && line->at < earliest) return refused(public_error(code::kLate));
  return line->type == BatchLineType::open ? judge_open(*line) : judge_known(*line);
}

Verdict LineJudge::judge_open(const BatchLine& line) const {
  const auto viewer = parse_id<ViewerId>(line.viewer);
  if (!viewer) return refused(code::kBadField, "The field viewer is not a Stellar account (G…).");
  const auto meter = parse_id<MeterId>(line.meter);
  if (!meter) return refused(code::kBadField, "The field meter is not a Stellar contract (C…).");
  const auto content_id = parse_id<ContentId>(line.content);
  if (!content_id) return refused(code::kBadField, "The field content is not an id of a content.");
  const auto plan = parse_id<PlanId>(line.plan);
  if (!line.plan.empty() && !plan)
    return refused(code::kBadField, "The field planId is not an id of a rate plan.");

  const auto owner = meters_.viewer_of(*meter);
  if (!owner) return unknown(code::kUnknownContract, "No meter with this id is registered with the router.");
  if (*owner != *viewer)
    return refused(code::kForeignContract, "This meter is registered to another viewer.");
  const auto content = catalog_.find(*content_id);
  if (!content) return unknown(code::kUnknownContent, "There is no content with this id.");
  if (content->closed) return refused(code::kContentClosed, "This content was closed.");
  if (plan && *plan != content->plan.id)
    return refused(code::kPriceChanged, "The price has changed since it was shown.");

  auto opening = names_.opening(line.session, line.attachment, *viewer);
  if (!opening) {
    const bool later = opening.error().next == Next::retry;
    return {later ? Verdict::Kind::unknown : Verdict::Kind::refused, {}, {}, std::move(opening.error()), {}};
  }
  Open open;
  open.session = opening->entry.session;
  open.attachment = opening->entry.attachment;
  open.viewer = *viewer;
  open.meter = *meter;
  open.content = content->id;
  open.creator = content->creator_wallet;
  open.at = line.at;
  open.plan = content->plan;
  open.resume = opening->resume;
  open.platform = platform_;
  open.reference = line.session;
  open.late_ms = late_ms_;
  return {Verdict::Kind::forward, opening->entry.partition, std::move(open), {}, {}};
}

Verdict LineJudge::judge_known(const BatchLine& line) const {
  const auto entry = names_.find(line.session, line.attachment);
  if (!entry) {
    return unknown(code::kUnknownSession,
                   "No open session and attachment of these names; send their open again.",
                   names_.id_of(line.session));
  }
  if (line.type == BatchLineType::stop) {
    if (entry->closed) return {Verdict::Kind::repeated, {}, {}, {}, {}};
    return {
        Verdict::Kind::forward, entry->partition, Stop{entry->session, entry->attachment, line.at}, {}, {}};
  }
  if (entry->closed) {
    return refused(code::kSessionClosed,
                   "This attachment was closed; open again with a new attachment name.");
  }
  return {Verdict::Kind::forward,
          entry->partition,
          Heartbeat{entry->session, entry->attachment, line.seq, line.at},
          {},
          {}};
}

}  // namespace paytick::ingest
