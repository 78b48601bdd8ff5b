#pragma once
// Private to the fold: the state of one partition and the rules that move it, one method an input. Fold
// (fold.h) reads lines, looks ahead to warm the cache and calls these in order.
//
//   book_sessions.cc   open and stop: sessions begin, go on and close
//   book_attachments.cc  who is attached; a gateway that starts again
//   book_heartbeat.cc  what a heartbeat buys
//   book_calls.cc      what a metering of a call buys; when its blocks begin
//   book_give_back.cc  what a stop, pause, freeze, refund or closed content gives back
//   book_clock.cc      ticks become due, idle sessions close
//   book_controls.cc   limit, pause, freeze, content, refund; what the chain reports
//   book_charges.cc    tips, tickets, credits
//   book_commands.cc   who joined, who asks, payouts; how commands are answered
//   book_tables.cc     finding and adding records
//   guards.cc          the invariants, where they are cheap
//   emit.cc            lines and replies
//   views.cc           what queries see
//   snapshot.cc        the image of all of it

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aggregator/call_clock.h"
#include "aggregator/extra_table.h"
#include "aggregator/fold.h"
#include "aggregator/index_set.h"
#include "aggregator/key_index.h"
#include "aggregator/pending_links.h"
#include "aggregator/records.h"
#include "aggregator/side_table.h"
#include "aggregator/slab.h"
#include "aggregator/ticks.h"
#include "aggregator/timer_wheel.h"
#include "invariants/conservation.h"
#include "invariants/due_grows.h"
#include "invariants/limit_kept.h"
#include "model/inputs.h"
#include "model/outputs.h"

namespace paytick::aggregator {

class Book {
 public:
  explicit Book(FoldConfig config);

  // Where an input stands; the output it writes to.
  struct Place {
    Offset offset{};
    std::uint32_t line = 0;
    FoldOutput* out = nullptr;
  };
  // Time never goes backwards: several gateways' clocks do no harm.
  void begin(Place place, TimeMs append_time) {
    place_ = place;
    if (append_time.ms <= now_) return;
    if (now_ == 0) wheel_.set_cursor(append_time.ms / 1000);
    now_ = append_time.ms;
  }
  void fold(const Input& input);
  void use_rules(std::uint32_t version) { rules_ = version; }
  void reject(std::string_view code, std::string_view input);

  // Looking ahead, in four rounds over a group of inputs: each asks for the memory that the next one reads.
  // Guesses only; they change nothing.
  void warm_slots(const Input& input) const;
  std::uint32_t warm_session(const Input& input) const;  // the session's index, or kNone
  void warm_payers(std::uint32_t session) const;
  void warm_meter(std::uint32_t session) const;

  void on(const Open& e);
  void on(const Heartbeat& e);
  void on(const Stop& e);
  void on(const Pause& e);
  void on(const Resume& e);
  void on(const Limit& e);
  void on(const Freeze& e);
  void on(const Unfreeze& e);
  void on(const Charge& e);
  void on(const Credit& e);
  void on(const MeterReport& e);
  void on(const RefundRequest& e);
  void on(const ContentClosed& e);
  void on(const GatewayStarted& e);
  void on(const Clock& e);
  void on(const Join& e);
  void on(const Ask& e);
  void on(const Metering& e);
  void on(const Payout& e);

 private:
  friend class Fold;
  friend class SnapshotWriter;
  friend class SnapshotReader;

  // ---- Tables (book_tables.cc).
  bool belongs_here(const AccountId& viewer) const;
  std::uint32_t viewer_of(const AccountId& id);
  std::uint32_t meter_of(const MeterId& id);
  std::uint32_t find_meter(const MeterId& id) const;
  std::uint32_t creator_of(const AccountId& id);
  std::uint32_t content_of(const ContentId& id);
  std::uint32_t offer_of(std::uint32_t content, const Plan& plan, std::int64_t late_ms);
  std::uint32_t offer_of(const Offer& offer);
  std::uint32_t payee_of(std::uint32_t creator, std::uint16_t bps);
  std::uint32_t life_of(const GatewayId& gateway, std::uint64_t boot);  // kNone: kLivesMax
  // Introduces the sum with a `sum` line when it is new.
  std::uint32_t sum_of(std::uint32_t viewer, std::uint32_t meter, std::uint32_t creator, std::uint16_t bps);
  std::uint32_t find_session(const SessionId& id) const;
  std::uint32_t find_attached(const AttachmentId& id) const;  // the session's index
  SumLine sum_line(std::uint32_t sum, const AccountId& viewer) const;
  void index_all();  // after a restore
  // Calls add(hash, index) for every record that a table of keys leads to.
  template <typename Add>
  void each_session_key(Add&& add) const;
  template <typename Add>
  void each_attachment_key(Add&& add) const;
  void index_session(std::uint32_t i);
  void index_attachment(std::uint32_t i);  // the first one

  // What the chain has reported of a meter.
  Totals totals_of(const Meter& meter, std::uint32_t i) const;
  void set_totals(std::uint32_t meter, const Totals& totals);
  std::int64_t spendable(std::uint32_t meter) const {
    const Meter& m = meters_[meter];
    return m.wide ? wides_[meter].spendable(m.charged) : m.short_spendable();
  }
  bool is_asked_back(std::uint32_t meter) const {
    return meters_[meter].wide && wides_[meter].refund_from >= 0;
  }
  std::uint32_t meter_index_of(const Session& s) const { return sums_[s.sum].meter; }
  std::int64_t limit_of(std::uint32_t viewer) const {
    return viewers_[viewer].has_terms ? terms_[viewer].limit : kDefaultLimit;
  }
  Terms& terms_of(std::uint32_t viewer);

  TickSet ticks_of(std::uint32_t i) { return {i, sessions_[i], offers_[sessions_[i].offer], extras_}; }
  Meter& meter_of_session(const Session& s) { return meters_[sums_[s.sum].meter]; }
  const Meter& meter_of_session(const Session& s) const { return meters_[sums_[s.sum].meter]; }
  bool foreign(const Meter& meter, std::uint32_t viewer) const {
    return meter.viewer != kNone && meter.viewer != viewer;
  }
  bool in_time(std::int64_t at, std::int64_t late_ms) const {
    return at >= now_ - late_ms && at <= now_ + kAheadMs;
  }

  // ---- Attachments (book_attachments.cc).
  void attach(std::uint32_t i, const Attachment& fresh);
  void detach(std::uint32_t i, const AttachmentId& id);
  void touch(std::uint32_t i, const AttachmentId& id, std::int64_t at);
  void depart(const AttachmentId& id, std::int64_t at, std::int64_t late_ms);
  std::vector<Attachment> attachments_of(std::uint32_t i) const;
  bool is_alive(const Session& s, const Attachment& a) const;
  bool any_alive(std::uint32_t i) const;
  bool was_used(const AttachmentId& id) const;

  // ---- Sessions.
  std::uint32_t to_continue(const Open& e, std::uint32_t viewer, std::uint32_t meter, std::uint32_t content);
  std::uint32_t begin_session(const Open& e, std::uint32_t viewer, std::uint32_t meter,
                              std::uint32_t content);
  void raise_late(std::uint32_t i, std::int64_t late_ms);
  void leave(std::uint32_t i, std::int64_t at, AdjustReason reason);
  void close(std::uint32_t i);
  void unlink(std::uint32_t i);
  std::uint32_t next_of(std::uint32_t i) const { return sessions_[i].has_next ? nexts_[i] : kNone; }
  void set_next(std::uint32_t i, std::uint32_t next);
  void forget(std::uint32_t i);
  void arm(std::uint32_t i) { arm(i, wake_time(i)); }  // so that the clock looks at it in time
  void arm(std::uint32_t i, std::int64_t at);
  void wake(std::uint32_t i, std::uint32_t bucket);
  std::int64_t wake_time(std::uint32_t i);
  std::int64_t next_look(std::uint32_t i, std::int64_t idle);
  std::int64_t idle_time(std::uint32_t i);
  void warm_entry(std::uint32_t entry, bool sum) const;
  void forget_departed(std::uint32_t i);
  template <typename F>
  void each_open(std::uint32_t viewer, F&& f) {
    for (std::uint32_t i = viewers_[viewer].sessions; i != kNone;) {
      const std::uint32_t next = next_of(i);
      f(i);
      i = next;
    }
  }

  // ---- Buying and giving back.
  struct Wanted;
  struct Verdict {  // how many ticks can be paid, from the first; and why not all
    std::uint32_t n = 0;
    std::optional<HaltReason> reason;
  };
  Wanted wanted_ticks(std::uint32_t i, std::int64_t k);
  // `initial`: the ticks are the first ones of the session. `reason`: nothing may be bought at all.
  Verdict judge(const Session& s, const Viewer& v, std::uint32_t n, bool initial,
                std::optional<HaltReason> reason) const;
  std::optional<HaltReason> held(const Session& s, const Viewer& v) const;
  std::optional<HaltReason> stopped(const Session& s) const;  // by what is no pause and no freeze
  bool fits(const Session& s, const Viewer& v, std::uint32_t n, bool initial) const;
  void buy(std::uint32_t i, Run run);
  void buy(std::uint32_t i, Run run, std::int64_t price);
  Amount amount_of(const Session& s) const;
  std::int64_t paid_until(std::uint32_t i);
  void roll(Viewer& v) const;
  void give_back(std::uint32_t i, std::int64_t at, AdjustReason reason);
  void give_back_all(std::uint32_t viewer, AdjustReason reason);
  void halt(std::uint32_t i, HaltReason reason);
  void ask_back(std::uint32_t viewer, std::uint32_t meter);
  void hold(const AccountId& viewer, const std::optional<SessionId>& session, bool on, const ReplyTo& reply,
            std::string_view input);

  // ---- Calls (book_calls.cc).
  CallGrid grid_of(const Session& s) const;
  void begin_call(std::uint32_t i);
  void append_call(std::uint32_t i);
  void forget_call(std::uint32_t i);
  void hold_call(std::uint32_t i);  // or lifts the hold, as things stand
  void end_call(std::uint32_t i, std::int64_t at);
  std::int64_t call_idle_time(std::uint32_t i);
  // False when sums would not fit 64 bits.
  bool begin_or_meter_call(std::uint32_t i, std::int64_t at);
  bool meter_call(std::uint32_t i, std::int64_t at);
  void meter_one(const Metering& e);
  bool buy_blocks(std::uint32_t i, std::uint32_t n, std::optional<HaltReason> reason);

  // ---- Charges.
  void forget_keys(Terms& terms) const;
  void forget_keys_of(std::uint32_t content);  // which was closed
  bool has_ticket(std::uint32_t viewer, std::uint32_t content) const;
  // The plan that the viewer gets of the content's: free ticks once. Remembers that they were given.
  Plan plan_for(std::uint32_t viewer, std::uint32_t content, const Plan& plan);
  std::string_view refusal(const Charge& e, const Viewer& v, std::uint32_t meter, const Terms& terms);
  const std::string& claim_in(const auto& e) const;
  bool claim(Terms& terms, const std::string& key, std::string_view of, bool credit) const;

  // ---- Commands (book_commands.cc).
  // Whose command it is, and what it names of theirs: indices, or kNone.
  struct Subject {
    std::uint32_t viewer = kNone;
    std::uint32_t meter = kNone;
    std::uint32_t session = kNone;
  };
  // Fills in how the subject stands now, and answers whoever waits.
  void answer(const ReplyTo& to, const Subject& subject, Outcome outcome);
  void refuse(const ReplyTo& to, const Subject& subject, std::string_view code, std::string_view input);
  void write_viewer(std::uint32_t viewer, std::string_view reason);
  bool has_joined(std::uint32_t viewer, const ContentId& content) const;

  // ---- Invariants (guards.cc).
  // After a purchase; the line is about to be written.
  void guard(std::uint32_t viewer, SumId sum, Amount spendable, std::int64_t amount) {
    const Sum& s = sums_[static_cast<std::uint32_t>(sum)];
    const Viewer& v = viewers_[viewer];
    const bool kept = !invariants::overdrawn(spendable) &&
                      !invariants::due_exceeds(Amount(s.due), Amount(s.charged)) &&
                      (amount <= 0 || !invariants::limit_passed(v.spent[v.period], Amount(limit_of(viewer))));
    if (!kept) [[unlikely]]
      violated(viewer, sum, spendable);
  }
  void violated(std::uint32_t viewer, SumId sum, Amount spendable);
  Result<void> check_sums() const;

  // ---- Lines and replies (emit.cc).
  template <typename Line>
  void write(const Line& line);
  void write_tick(std::uint32_t i, Run run, std::int64_t price, std::int64_t paid_until);
  void finish_links();
  void finish_links(std::uint32_t session);  // if it waits for one
  void write_adjust(std::uint32_t i, Run run, AdjustReason reason);
  void write_due();
  void late(const AttachmentId& attachment, std::int64_t at);
  void reply(std::uint32_t i, const AttachmentId& attachment, std::uint64_t seq);
  void reply_refused(const AttachmentId& attachment, const SessionId& session, std::uint64_t seq,
                     std::string_view code, const GatewayId& gateway);
  GatewayId gateway_of(std::uint32_t i, const AttachmentId& attachment) const;
  void hint(std::uint32_t i);  // to every attachment of a session
  void hint_all(std::uint32_t viewer);

  // ---- Views (views.cc).
  SessionView view(std::uint32_t i);
  MeterView view_meter(std::uint32_t i) const;
  std::size_t bytes() const;

  FoldConfig config_;
  std::uint32_t rules_ = kFoldVersion;  // that the next inputs are folded by
  std::int64_t now_ = 0;
  Place place_;
  FoldCounters counters_;

  Slab<Session> sessions_;
  Slab<Viewer> viewers_;
  Slab<Meter> meters_;
  Slab<Sum> sums_;
  Slab<Creator> creators_;
  Slab<Content> contents_;
  Slab<Offer> offers_;
  Slab<Life> lives_;
  Slab<Departed> departed_;
  Slab<Payee> payees_;
  ExtraTable extras_;
  SideTable<std::uint32_t> nexts_;                            // of sessions: the viewer's that opened before
  SideTable<Call> calls_;                                     // of sessions
  SideTable<Totals> wides_;                                   // of meters
  SideTable<Terms> terms_;                                    // of viewers
  std::unordered_map<std::uint32_t, Proof> charge_proofs_;    // by meter
  std::unordered_map<std::uint32_t, std::int64_t> credited_;  // by meter
  TimerWheel wheel_;
  std::uint32_t first_call_ = kNone;  // in the order of their opening
  std::uint32_t last_call_ = kNone;

  KeyIndex session_index_;
  KeyIndex attachment_index_;  // of the first one → session
  KeyIndex viewer_index_;
  KeyIndex meter_index_;
  FlatIndex other_index_;  // of all other attachments → session
  FlatIndex sum_index_;    // of all but a meter's first
  FlatIndex payee_index_;
  FlatIndex creator_index_;
  FlatIndex content_index_;
  FlatIndex offer_index_;
  FlatIndex life_index_;
  FlatIndex departed_index_;

  std::optional<Error> violation_;  // the first
  IndexSet due_moved_;              // sums, during one clock
  PendingLinks links_;              // during one record
};

// Wheel entries: a session's index, or with this bit a departed attachment's.
inline constexpr std::uint32_t kDepartedEntry = 0x8000'0000;

}  // namespace paytick::aggregator
