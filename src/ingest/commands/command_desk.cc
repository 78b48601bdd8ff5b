#include "ingest/commands/command_desk.h"

#include <cassert>
#include <utility>
#include <vector>

#include "model/partition.h"

namespace paytick::ingest {
namespace {

Error busy() {
  return {std::string(code::kTryAgain), "The gateway is busy; send the same again in a moment.", Next::retry};
}

Error no_outcome() {
  return {std::string(code::kTryAgain),
          "It is not known yet what became of this; send the same again, with the same Idempotency-Key.",
          Next::retry};
}

bool set_reply(Input& line, const ReplyTo& to) {
  return std::visit(
      [&to](auto& one) {
        if constexpr (requires { one.reply; }) one.reply = to;
        return requires { one.reply; };
      },
      line);
}

// A repeat changes nothing, so the line itself is the question.
bool repeatable(const Input& line) {
  return std::holds_alternative<Charge>(line) || std::holds_alternative<Credit>(line) ||
         std::holds_alternative<Join>(line) || std::holds_alternative<Ask>(line) ||
         std::holds_alternative<Metering>(line) || std::holds_alternative<Payout>(line);
}

// How things stand for what a control names. The log has the control before the question.
Ask question(const ViewerId& viewer, const Input& line) {
  Ask ask;
  ask.viewer = viewer;
  if (const auto* pause = std::get_if<Pause>(&line)) ask.session = pause->session.value_or(SessionId{});
  if (const auto* resume = std::get_if<Resume>(&line)) ask.session = resume->session.value_or(SessionId{});
  return ask;
}

// Whether a control's effect stands, as the answer to the question says.
bool stands(const Input& line, const Outcome& now) {
  if (const auto* limit = std::get_if<Limit>(&line)) {
    return now.limit == limit->amount && now.period == limit->period;
  }
  if (std::holds_alternative<Pause>(line)) return now.paused;
  if (std::holds_alternative<Resume>(line)) return !now.paused;
  if (std::holds_alternative<Freeze>(line)) return now.frozen;
  if (std::holds_alternative<Unfreeze>(line)) return !now.frozen;
  return true;
}

}  // namespace

void CommandDesk::submit(const ViewerId& viewer, Input line, Done done, TimeMs now) {
  if (waiting_.size() >= kCommandsMax || feed_.full() ||
      feed_.in_flight_ms(now) > config_.append_patience_ms) {
    return done(tl::unexpected(busy()));
  }
  const auto held = by_viewer_.find(viewer);
  if (held != by_viewer_.end() && held->second >= kCommandsPerViewerMax) {
    return done(
        fail(code::kRateLimited, "Too many requests of this viewer wait; send fewer at once.", Next::retry));
  }
  const CommandId id = write(viewer, line, now);
  ++by_viewer_[viewer];
  waiting_.emplace(id, Waiting{viewer, std::move(line), std::move(done), now, std::nullopt});
  feed_.notes().tasks.push_back([this, id](const AppendResult& result) {
    if (!result) finish(id, tl::unexpected(append_error(result.error())));
  });
}

CommandId CommandDesk::write(const ViewerId& viewer, Input line, TimeMs) {
  auto id = shared_.random.id<CommandId>();
  id.bytes.back() = config_.lane;  // so that the outcome finds its lane
  const bool answered = set_reply(line, {config_.gateway, id});
  assert(answered);
  (void)answered;
  feed_.add(partition_of(viewer, feed_.partitions()), line);
  return id;
}

bool CommandDesk::on_outcome(const Outcome& outcome) {
  const auto asked = asks_.find(outcome.command);
  const CommandId id = asked == asks_.end() ? outcome.command : asked->second;
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return false;
  const bool told = asked == asks_.end() || repeatable(found->second.line) ||
                    (outcome.refused.empty() && stands(found->second.line, outcome));
  finish(id, told ? Result<Outcome>(outcome) : Result<Outcome>(tl::unexpected(no_outcome())));
  return true;
}

void CommandDesk::ask(const CommandId& id, Waiting& waiting, TimeMs now) {
  if (feed_.full()) return;
  waiting.asked =
      write(waiting.viewer,
            repeatable(waiting.line) ? waiting.line : Input(question(waiting.viewer, waiting.line)), now);
  asks_.emplace(*waiting.asked, id);
}

void CommandDesk::on_tick(TimeMs now) {
  std::vector<CommandId> late;
  for (auto& [id, waiting] : waiting_) {
    const std::int64_t ms = now - waiting.since;
    if (ms >= kCommandPatienceMs) {
      late.push_back(id);
    } else if (ms >= kCommandAskMs && !waiting.asked) {
      ask(id, waiting, now);
    }
  }
  for (const CommandId& id : late) finish(id, tl::unexpected(no_outcome()));
}

void CommandDesk::finish(const CommandId& id, const Result<Outcome>& result) {
  auto node = waiting_.extract(id);
  if (node.empty()) return;  // answered before
  const Waiting& waiting = node.mapped();
  if (waiting.asked) asks_.erase(*waiting.asked);
  const auto held = by_viewer_.find(waiting.viewer);
  if (held != by_viewer_.end() && --held->second == 0) by_viewer_.erase(held);
  waiting.done(result);
}

std::optional<Error> refusal(const Outcome& outcome) {
  if (outcome.refused.empty()) return std::nullopt;
  return public_error(outcome.refused);
}

Result<Outcome> accepted(const Result<Outcome>& result) {
  if (!result) return result;
  if (auto refused = refusal(*result)) return tl::unexpected(std::move(*refused));
  return result;
}

}  // namespace paytick::ingest
