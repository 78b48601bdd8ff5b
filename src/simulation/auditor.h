#pragma once
// What a partition's inputs must cost, written plainly as sets of ticks (DESIGN.md §3). Shares no code with
// the fold, only the model's types. Slow and simple on purpose: no index, no window, nothing is forgotten.
//
// Left to the fold's own tests: the bounds on how much one viewer may have at once (sessions, screens,
// gateways), the window of remembered ticks, and the partition check.

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/inputs.h"
#include "model/outputs.h"
#include "model/reply.h"

namespace paytick::simulation {

class Auditor {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kKeyMs = 7 * 86'400'000LL;  // keys are remembered
  struct Money {
    std::int64_t charged = 0, due = 0;
  };
  using SumKey = std::tuple<MeterId, CreatorId, std::uint16_t>;
  using Halts = std::vector<HaltReason>;
  struct SessionBill {
    std::int64_t ticks = 0, amount = 0;
    bool closed = false;
    std::optional<HaltReason> halt;
  };

  void input(TimeMs append_time, const Input& input);
  // A line that counts on `ticks`, in order. Together they must tell the same bill.
  void output(const Output& line);

  // Nothing when the lines agree with the inputs; else the first difference in words.
  std::optional<std::string> difference() const;

  // By the inputs alone.
  const std::map<SumKey, Money>& sums() const { return sums_; }
  std::map<SessionId, SessionBill> sessions() const;
  std::int64_t spendable(const MeterId& meter) const;
  const std::map<MeterId, std::int64_t>& credited() const { return credited_; }  // ordered, of each meter
  // Whether this is how a command of the inputs ended, or how things stood when somebody asked; a command
  // that is on the log several times may be answered as any of them.
  std::optional<std::string> difference(const Outcome& told) const;
  std::uint64_t refused() const { return refused_; }
  std::uint64_t late() const { return late_; }

 private:
  struct Periods {  // what a time belongs to
    std::int64_t day = 0, month = 0;
  };
  struct Screen {
    GatewayId gateway;
    std::uint64_t boot = 0;
    std::int64_t at = 0, t = 0;
  };
  struct Session {
    Open open;  // with the plan that the viewer got
    std::set<std::int64_t> bought, due, fixed;
    std::map<std::int64_t, Periods> when;  // a tick was bought
    std::map<AttachmentId, Screen> screens;
    bool closed = false, paused = false;
    std::int64_t last = 0, late_ms = kLateMsDefault;
    std::optional<HaltReason> halt;
    Halts halts;
    // Of a call: when block 0 begins, from when to when its clock stood, and when it ended.
    std::int64_t first = 0, end = kNever;
    std::vector<std::pair<std::int64_t, std::int64_t>> holds;
    std::int64_t begins(std::int64_t k) const { return open.at.ms + k * open.plan.tick_ms; }
    std::int64_t ends() const;
    // Never while its clock stands before it; `forecast`: as though the clock went on now.
    std::int64_t block_begins(std::int64_t k, bool forecast = false) const;
    std::int64_t price(std::int64_t k) const;
    bool runs() const { return open.call && end == kNever && !bought.empty(); }
    SumKey sum() const { return {open.meter, open.creator, open.plan.platform_bps}; }
  };
  struct Meter {
    std::optional<ViewerId> viewer;
    std::int64_t deposited = 0, refunded = 0, allowance = 0, charged = 0;
    std::optional<std::uint64_t> version;
    bool asked_back = false;  // a refund is pending
    std::uint32_t ledger = 0;
    std::int64_t spendable() const { return std::min(deposited - refunded, allowance) - charged; }
    bool foreign(const ViewerId& v) const { return viewer && *viewer != v; }
  };
  struct Remembered {
    std::int64_t t = 0;
    Input what;
    std::optional<ContentId> ticket;  // ends with its content, and not with time
    Amount amount;
  };
  using Keys = std::map<std::string, Remembered>;
  struct Viewer {
    std::int64_t limit = 100'000'000;  // 10 XLM
    Period period = Period::total;
    std::array<std::int64_t, 3> spent{};  // by Period
    Periods now;
    bool paused = false, frozen = false;
    Keys charges, credits;
    std::set<ContentId> joined, given_free;  // ticks, once
    std::int64_t left() const { return limit - spent[static_cast<std::size_t>(period)]; }
  };

  void on(const Open& e);
  void on(const Heartbeat& e);
  void on(const Stop& e);
  void on(const Clock& e);
  void on(const GatewayStarted& e);
  void on(const MeterReport& e);
  void on(const Limit& e);
  void on(const Pause& e) { hold(e.viewer, e.session, true, e.reply); }
  void on(const Resume& e) { hold(e.viewer, e.session, false, e.reply); }
  void on(const Freeze& e);
  void on(const Unfreeze& e);
  void on(const Charge& e);
  void on(const Credit& e);
  void on(const RefundRequest& e);
  void on(const ContentClosed& e);
  void on(const Join& e);
  void on(const Ask& e);
  void on(const Metering& e);
  void on(const Payout& e);

  bool in_time(TimeMs at, std::int64_t late_ms) const;
  std::optional<std::size_t> continued(const Open& e) const;
  bool may_open(const Open& e) const;
  void begin(const Open& e);
  void leave(Session& s, std::int64_t at);  // the last screen has gone
  std::optional<HaltReason> held(const Session& s) const;
  std::optional<HaltReason> stopped(const Session& s) const;  // by what is no pause and no freeze
  std::optional<HaltReason> too_dear(const Session& s, std::int64_t price) const;
  // As many of them as can be paid, from the first; `reason`: none.
  void buy_all(Session& s, const std::set<std::int64_t>& wanted, std::optional<HaltReason> reason);
  void buy(Session& s, std::int64_t k);
  void make_due(Session& s, std::int64_t k);
  void give_back(Session& s, std::int64_t at);
  void give_back_all(const ViewerId& viewer);
  void halt(Session& s, HaltReason reason);
  void ask_back(const ViewerId& viewer, const MeterId& meter);
  void hold(const ViewerId& viewer, const std::optional<SessionId>& session, bool on, const ReplyTo& to);
  void holds_changed(const ViewerId& viewer);  // clocks of calls stop or go on
  void ping_call(Session& s, std::int64_t at);
  void meter_call(Session& s, std::int64_t at);
  void end_call(Session& s, std::int64_t at);
  const Session* newest(const ViewerId& viewer, const ContentId& content) const;
  // How a command ended: what is said of a viewer and a meter is how they stand.
  void done(const ReplyTo& to, const ViewerId* viewer, const MeterId* meter, Outcome outcome = {});
  void refuse(const ReplyTo& to);
  // Whether the key is new: then it may be remembered. A conflict is refused.
  static std::int64_t timed_keys(const Keys& keys);  // that time takes away
  static Input claim_of(const std::string& key);
  std::optional<bool> claimed(Keys& keys, const std::string& claim, const std::string& of) const;
  bool fresh(Keys& keys, const std::string& key, const Input& what, const ReplyTo& to, const ViewerId& viewer,
             const MeterId& meter);
  void roll(Viewer& v) const;
  void spend(const ViewerId& viewer, std::int64_t amount);
  bool alive(const Session& s, const Screen& a) const;
  Session* find(const AttachmentId& id);

  std::optional<std::string> sessions_differ() const;
  std::optional<std::string> sums_differ() const;
  std::optional<std::string> viewers_differ() const;

  std::int64_t now_ = 0;
  std::vector<Session> sessions_;
  std::set<AttachmentId> known_;
  std::map<AttachmentId, std::size_t> where_;
  std::map<MeterId, Meter> meters_;
  std::map<ViewerId, Viewer> viewers_;
  std::map<SumKey, Money> sums_;
  std::set<ContentId> closed_contents_;
  std::multiset<std::string> keys_charged_, keys_credited_;
  std::map<MeterId, std::int64_t> credited_;
  std::set<std::pair<ViewerId, ContentId>> joins_;
  std::multiset<CreatorId> payouts_;
  std::multimap<CommandId, Outcome> outcomes_;
  std::uint64_t refused_ = 0, late_ = 0;

  // As the lines tell it.
  std::map<SumId, SumKey> line_names_;
  std::map<SumId, Money> line_sums_;
  std::map<SessionId, std::set<std::int64_t>> line_ticks_;
  std::map<SessionId, Halts> line_halts_;
  std::map<SessionId, std::int64_t> line_closed_;  // its ticks
  std::multiset<std::string> line_charged_, line_credited_;
  std::map<MeterId, std::int64_t> line_credited_sums_;
  std::set<std::pair<ViewerId, ContentId>> line_joins_;
  std::multiset<CreatorId> line_payouts_;
  std::map<ViewerId, ViewerLine> line_viewers_;
  std::uint64_t line_refused_ = 0, line_late_ = 0;
};

}  // namespace paytick::simulation
