#pragma once
// Commands: lines whose sender wants to know what became of them. Each gets an id, goes to its viewer's
// partition, and is answered by the fold's Outcome.
//
// An outcome is a hint and may be lost. After kCommandAskMs without one the desk asks again by itself: with
// the same line where a repeat changes nothing (a charge or a credit has its key, a join or a metering call
// is one for good), else with an Ask, whose answer says whether the command's effect stands. After
// kCommandPatienceMs the sender is told "try_again".
//
// Time is an argument. Not thread-safe: a lane owns it (gateway_core.h); route handlers use commands.h.

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "ingest/errors.h"
#include "ingest/gateway_parts.h"
#include "ingest/log_feed.h"
#include "model/inputs.h"
#include "model/reply.h"

namespace paytick::ingest {

inline constexpr std::int64_t kCommandAskMs = 4'000;
inline constexpr std::int64_t kCommandPatienceMs = 10'000;
// Waiting for an outcome. Nobody honest has more than a few at once; a lane's take about 1 KB each.
inline constexpr std::size_t kCommandsPerViewerMax = 32;
inline constexpr std::size_t kCommandsMax = 20'000;

class CommandDesk {
 public:
  // What the fold answered, refusals included (outcome.refused; refusal() turns it into an error), or why
  // there is no answer. Called once, from within the desk's methods; it may submit again.
  using Done = std::function<void(const Result<Outcome>&)>;

  CommandDesk(const CoreConfig& config, const Shared& shared, LogFeed& feed)
      : config_(config), shared_(shared), feed_(feed) {}

  // `line` is one with a `reply` member, which is filled in here. Errors at once: "rate_limited" (this viewer
  // has too many waiting), "try_again" (all have, or the log does not answer); later: append_error's, and
  // "try_again".
  void submit(const ViewerId& viewer, Input line, Done done, TimeMs now);

  // False if nobody waits for it here.
  bool on_outcome(const Outcome& outcome);
  // About once a second.
  void on_tick(TimeMs now);

  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    ViewerId viewer;
    Input line;
    Done done;
    TimeMs since;
    std::optional<CommandId> asked;  // the id of the Ask
  };

  CommandId write(const ViewerId& viewer, Input line, TimeMs now);
  void ask(const CommandId& id, Waiting& waiting, TimeMs now);
  void finish(const CommandId& id, const Result<Outcome>& result);

  const CoreConfig& config_;
  const Shared& shared_;
  LogFeed& feed_;
  std::unordered_map<CommandId, Waiting> waiting_;
  std::unordered_map<CommandId, CommandId> asks_;  // from an Ask's id to the command's
  std::unordered_map<ViewerId, std::size_t> by_viewer_;
};

// What the fold refused, as an error for the client; nothing when it was done.
std::optional<Error> refusal(const Outcome& outcome);

// For handlers that only tell success from error: the outcome, or the error of a refusal.
Result<Outcome> accepted(const Result<Outcome>& result);

}  // namespace paytick::ingest
