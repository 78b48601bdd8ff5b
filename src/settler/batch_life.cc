#include "settler/batch_life.h"

namespace paytick::settler {

namespace {

// Says nothing about the transaction itself: it may still be taken, by this node or another.
bool is_passing(std::string_view code) { return code == "tx_too_early" || code == "tx_internal_error"; }

class Judge {
 public:
  explicit Judge(const Flight& flight) : flight_(flight) {}

  Decision operator()(const ReadBack& a) const {
    return a.found ? next(Stage::ready, Action::send) : next(flight_.stage, Action::abandon);
  }

  Decision operator()(const SendPending&) const { return next(Stage::submitted, Action::look_up, kPollMs); }
  Decision operator()(const SendDuplicate&) const { return next(Stage::submitted, Action::look_up, kPollMs); }
  // Another transaction of this account is pending, or this one has just landed: ask, then send the same
  // bytes.
  Decision operator()(const SendTryAgain&) const { return next(Stage::unsure, Action::look_up, kTryAgainMs); }
  Decision operator()(const SendLost&) const { return next(Stage::unsure, Action::look_up, kPollMs); }
  Decision operator()(const SendUnmade&) const {
    return next(flight_.stage, first_action(flight_.stage), kTryAgainMs);
  }
  Decision operator()(const SendRejected&) const { return definite("rpc_refused"); }
  Decision operator()(const SendError& a) const {
    if (is_passing(a.code)) return next(Stage::unsure, Action::look_up, kTryAgainMs);
    return definite(a.code);
  }

  Decision operator()(const LookedUpSuccess&) const { return next(flight_.stage, Action::confirm); }
  Decision operator()(const LookedUpFailed& a) const {
    Decision d = next(flight_.stage, Action::fail);
    d.code = a.code;
    return d;
  }
  Decision operator()(const LookUpUnmade&) const { return next(flight_.stage, Action::look_up, kTryAgainMs); }
  Decision operator()(const LookedUpNotFound& a) const {
    if (a.newest_close > flight_.max_time) {
      // Final only from a node that remembers every ledger since it was prepared.
      const bool remembers = a.oldest_ledger > 0 && a.oldest_ledger <= flight_.ledger + 1;
      return next(flight_.stage, remembers ? Action::expire : Action::ask_totals);
    }
    Decision d = next(flight_.stage, Action::look_up, kPollMs);
    d.looks = flight_.looks + 1;
    const bool resend = flight_.stage == Stage::unsure || flight_.stage == Stage::ready ||
                        (flight_.stage == Stage::submitted && d.looks >= kLooksBeforeResend);
    if (!resend) return d;
    d.action = Action::send;
    d.stage = flight_.stage == Stage::ready ? Stage::ready : Stage::unsure;
    d.delay_ms = 0;
    d.looks = 0;
    return d;
  }

  Decision operator()(const Totals& a) const {
    return next(flight_.stage, a.all_paid ? Action::settle_by_totals : Action::expire);
  }
  Decision operator()(const TotalsUnmade&) const {
    return next(flight_.stage, Action::ask_totals, kTryAgainMs);
  }

 private:
  Decision next(Stage stage, Action action, std::int64_t delay_ms = 0) const {
    return {stage, action, delay_ms, 0, {}};
  }

  // A refusal ends a batch only if it was never sent before; a resend may be refused because it has been
  // applied.
  Decision definite(std::string_view code) const {
    if (flight_.stage != Stage::ready) return next(Stage::refused, Action::look_up, kPollMs);
    Decision d = next(Stage::ready, Action::fail);
    d.code = code;
    return d;
  }

  const Flight& flight_;
};

}  // namespace

Decision decide(const Flight& flight, const Answer& answer) { return std::visit(Judge(flight), answer); }

Action first_action(Stage stage) {
  switch (stage) {
    case Stage::written:
      return Action::read_back;
    case Stage::ready:
      return Action::send;
    case Stage::submitted:
    case Stage::unsure:
    case Stage::refused:
      return Action::look_up;
  }
  return Action::look_up;
}

std::string_view to_text(Stage stage) {
  switch (stage) {
    case Stage::written:
      return "written";
    case Stage::ready:
      return "ready";
    case Stage::submitted:
      return "submitted";
    case Stage::unsure:
      return "unsure";
    case Stage::refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace paytick::settler
