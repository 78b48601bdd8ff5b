// Holds calls against a plain model: random cases of meterings that are late, doubled, parallel and out of
// order, with pauses, freezes, top-ups, limits, closed content and ends in between. The model knows sets of
// holds and no clock arithmetic; it shares no code with the fold.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "teller.h"

namespace paytick::aggregator {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDay = 86'400'000;
constexpr int kCases = 3'000;

struct Block {
  int call = 0;
  std::int64_t k = 0, begins = 0, price = 0;
  friend bool operator==(const Block&, const Block&) = default;
};
[[maybe_unused]] void PrintTo(const Block& b, std::ostream* out) {
  *out << "call " << b.call << " block " << b.k << " at " << b.begins << " for " << b.price;
}

// Everything as told: a block not yet begun when a hold starts begins later by the hold's length.
class PlainCalls {
 public:
  struct Call {
    int viewer = 0;
    Plan plan;
    std::int64_t first = 0;                                    // when block 0 begins, holds apart
    std::vector<std::pair<std::int64_t, std::int64_t>> holds;  // from, to; the last may not have ended
    std::int64_t end = kNever, last = 0, bought = 0, paid = 0;
    std::optional<HaltReason> halt;
    bool attached = true, paused = false, closed = false, content_closed = false, retried = false;

    std::int64_t begins(std::int64_t k, bool forecast = false) const {
      std::int64_t at = first + k * plan.tick_ms;
      for (const auto& [from, to] : holds) {
        if (at < from || (forecast && to == kNever)) continue;
        if (to == kNever) return kNever;
        at += to - from;
      }
      return at;
    }
    std::int64_t price(std::int64_t k) const {
      if (k >= plan.initial_ticks) return plan.price_per_tick.units();
      return k == 0 ? plan.initial_price.units() : 0;
    }
  };
  struct Viewer {
    std::int64_t deposited = 0, charged = 0, limit = 100'000'000;
    bool paused = false, frozen = false;
  };

  std::map<int, Call> calls;  // by the order of their opening
  std::array<Viewer, 2> viewers;
  std::vector<Block> log;

  bool is_held(const Call& c) const {
    return c.paused || viewers.at(u(c.viewer)).paused || viewers.at(u(c.viewer)).frozen;
  }
  // After each change of what holds: ongoing holds begin or end.
  void holds_changed(std::int64_t t) {
    for (auto& [id, c] : calls) {
      const bool standing = !c.holds.empty() && c.holds.back().second == kNever;
      if (c.closed || c.end != kNever || standing == is_held(c)) continue;
      if (standing)
        c.holds.back().second = t;
      else
        c.holds.emplace_back(t, kNever);
    }
  }

  void init(int id, std::int64_t t, std::int64_t at) {
    Call& c = calls.at(id);
    if (c.closed || !c.attached) return;
    c.last = t;
    if (c.bought != 0) return metering(id, t, at);
    if (c.halt) {  // tried before
      c.first = at;
      c.retried = true;
      c.holds.clear();
      holds_changed(t);
    }
    std::int64_t n = 0;
    while (n < 10 && c.begins(n) <= at) ++n;
    n = std::max<std::int64_t>({n, c.plan.minimum_ticks, 1});
    const Viewer& v = viewers.at(u(c.viewer));
    std::optional<HaltReason> why;
    if (c.content_closed) why = HaltReason::content;
    if (v.paused || c.paused) why = HaltReason::paused;
    if (v.frozen) why = HaltReason::frozen;
    c.halt = why ? why : buy(id, n);
  }

  void metering(int id, std::int64_t t, std::int64_t at) {
    Call& c = calls.at(id);
    if (c.closed || c.bought == 0) return;
    std::int64_t n = 0;
    while (n < 10 && c.begins(c.bought + n) <= at && c.begins(c.bought + n) < c.end) ++n;
    const std::int64_t before = c.bought;
    if (n != 0) c.halt = c.content_closed ? std::optional(HaltReason::content) : buy(id, n);
    if (c.end == kNever || c.bought != before) c.last = t;
  }

  void stop(int id, std::int64_t t, std::int64_t at) {
    Call& c = calls.at(id);
    if (c.closed || !c.attached) return;
    c.attached = false;
    end(c, t, std::clamp(at, t - kLateMsDefault, t));
  }
  void close_content(int id, std::int64_t t) {
    Call& c = calls.at(id);
    if (c.content_closed) return;
    c.content_closed = true;
    if (c.closed) return;
    c.halt = HaltReason::content;
    end(c, t, t);
  }
  void clock(std::int64_t t) {
    for (auto& [id, c] : calls) {
      const bool running = c.end == kNever && c.bought != 0;
      const std::int64_t idle = c.last + (running ? kDay : 60'000);
      if (!c.closed && t >= std::max(idle, c.begins(c.bought, true))) c.closed = true;
    }
  }

 private:
  static std::size_t u(int i) { return static_cast<std::size_t>(i); }
  static void end(Call& c, std::int64_t t, std::int64_t at) {
    if (c.end == kNever) c.end = at, c.last = t;
  }
  std::optional<HaltReason> buy(int id, std::int64_t n) {
    Call& c = calls.at(id);
    Viewer& v = viewers.at(u(c.viewer));
    for (; n != 0; --n) {
      const std::int64_t price = c.price(c.bought);
      if (price > v.deposited - v.charged) return HaltReason::balance;
      if (price > v.limit - v.charged) return HaltReason::limit;
      log.push_back({id, c.bought, c.begins(c.bought, true), price});
      v.charged += price;
      c.paid += price;
      ++c.bought;
    }
    return std::nullopt;
  }
};

class CallCase {
 public:
  explicit CallCase(std::uint64_t seed) : random_(seed) {}

  // What all cases together must have seen, for them to mean anything.
  struct Seen {
    int blocks = 0, shifted = 0, closed = 0, ended = 0, balance = 0, limit = 0, content = 0, retried = 0;
  };
  void count(Seen& seen) const {
    std::map<int, std::int64_t> begins;
    for (const Block& block : plain_.log) {
      ++seen.blocks;
      const std::int64_t grid = begins.try_emplace(block.call, block.begins).first->second +
                                block.k * plain_.calls.at(block.call).plan.tick_ms;
      seen.shifted += block.begins != grid ? 1 : 0;
    }
    for (const auto& [c, call] : plain_.calls) {
      seen.closed += call.closed ? 1 : 0;
      seen.ended += call.end != kNever && call.bought != 0 ? 1 : 0;
      seen.balance += call.halt == HaltReason::balance ? 1 : 0;
      seen.limit += call.halt == HaltReason::limit ? 1 : 0;
      seen.content += call.halt == HaltReason::content ? 1 : 0;
      seen.retried += call.retried && call.bought != 0 ? 1 : 0;
    }
  }

  void run() {
    for (int v = 0; v < 2; ++v) top_up(v, one_of<std::int64_t>({0, 500, 3'000, 900'000}));
    if (chance(20)) set_limit();
    shared_ = chance(30);
    const int events = between(10, 90);
    const int restart = between(0, 2 * events);
    for (int i = 0; i < events && !testing::Test::HasFailure(); ++i) {
      now_ += one_of<std::int64_t>({0, 0, 1, 900, 1'000, 5'000, 10'000, 29'999, 30'000, 30'001, 61'000,
                                    between(0, 90'000), between(0, 700'000)});
      if (chance(1)) now_ += kDay;
      tell_.at(now_ - Teller::kBegin);
      if (i == restart) restore();
      something();
      compare();
    }
    // Whatever comes too late, and once more.
    for (int i = 0; i < 3; ++i) meter_all(now_);
    compare();
  }

 private:
  using Which = std::uniform_int_distribution<int>;
  int between(int low, int high) { return Which(low, high)(random_); }
  bool chance(int percent) { return between(1, 100) <= percent; }
  template <typename T>
  T one_of(std::vector<T> items) {
    return items[static_cast<std::size_t>(between(0, static_cast<int>(items.size()) - 1))];
  }

  static ViewerId viewer(int v) { return named<ViewerId>("v" + std::to_string(v)); }
  static MeterId meter(int v) { return named<MeterId>("m" + std::to_string(v)); }
  static SessionId session(int c) { return named<SessionId>("s" + std::to_string(c)); }
  static AttachmentId attachment(int c) { return named<AttachmentId>("a" + std::to_string(c)); }
  // Calls may share a content, none goes on with another; then it is not closed, and nothing is free once.
  ContentId content(int c) const { return named<ContentId>("c" + std::to_string(shared_ ? 0 : c)); }
  int a_call() { return between(0, opened_ - 1); }
  // When a metering is said to have been: now, a little ahead, late, or very late.
  std::int64_t some_time() {
    return now_ -
           one_of<std::int64_t>({0, 0, 0, 0, -2'000, 40, 1'000, between(0, 60'000), between(0, 1'000'000)});
  }

  void something() {
    const int x = between(1, 100);
    if (opened_ == 0 || x <= 10) return open();
    if (x <= 50) return meter_one(a_call(), some_time(), chance(25) ? 2 : 1);
    if (x <= 55) return meter_all(some_time());
    if (x <= 62) return ping(a_call());
    if (x <= 68) return stop(a_call());
    if (x <= 76) return clock();
    if (x <= 92) return hold_or_lift();
    if (x <= 96) {
      const int v = between(0, 1);
      return top_up(v, plain_.viewers.at(static_cast<std::size_t>(v)).deposited + between(0, 2'000));
    }
    if (x <= 98) return set_limit();
    if (!shared_) close_content(a_call());
  }

  Plan a_plan() {
    Plan plan;
    plan.tick_ms = one_of<std::int32_t>({30'000, 30'000, 10'000, 1'000});
    plan.heartbeat_ms = plan.tick_ms;
    plan.price_per_tick = Amount(one_of<std::int64_t>({50, 50, 333, 0}));
    plan.minimum_ticks = one_of<std::int32_t>({1, 1, 1, 0, 3});
    if (!shared_ && plan.minimum_ticks == 3 && chance(50)) {
      plan.initial_ticks = between(1, 3);
      plan.initial_price = Amount(one_of<std::int64_t>({0, 120}));
    }
    plan.platform_bps = 2'000;
    plan.refund_unused = false;
    plan.id = derive_plan_id(plan);
    return plan;
  }

  void open() {
    const int c = opened_++;
    PlainCalls::Call call;
    call.viewer = between(0, 1);
    call.plan = a_plan();
    call.first = now_ - one_of<std::int64_t>({0, 0, 5, 300});
    call.last = now_;
    Open e;
    e.session = session(c);
    e.attachment = attachment(c);
    e.viewer = viewer(call.viewer);
    e.meter = meter(call.viewer);
    e.content = content(c);
    e.creator = named<CreatorId>("k");
    e.at = {call.first};
    e.plan = call.plan;
    e.call = true;
    std::string record;
    codec::write(e, record);
    const bool begin = chance(95);
    if (begin) codec::write(Heartbeat{session(c), attachment(c), 1, {call.first}}, record);
    tell_.say_raw(record);
    plain_.calls[c] = call;
    plain_.holds_changed(now_);
    if (begin) plain_.init(c, now_, call.first);
  }
  void meter_one(int c, std::int64_t at, int times) {
    std::string record;
    Metering e;
    e.viewer = viewer(plain_.calls.at(c).viewer);
    e.session = session(c);
    e.at = {at};
    for (int i = 0; i < times; ++i) codec::write(e, record);
    tell_.say_raw(record);
    for (int i = 0; i < times; ++i) plain_.metering(c, now_, at);
  }
  void meter_all(std::int64_t at) {
    Metering e;
    e.at = {at};
    tell_.say(e);
    for (const auto& [c, call] : plain_.calls) plain_.metering(c, now_, at);
  }
  void ping(int c) {
    const std::int64_t at = std::max(now_ - one_of<std::int64_t>({0, 0, 700}), plain_.calls.at(c).first);
    if (at > now_ + kAheadMs) return;
    tell_.say(Heartbeat{session(c), attachment(c), 2, {at}});
    plain_.init(c, now_, at);
  }
  void stop(int c) {
    const std::int64_t at = now_ - one_of<std::int64_t>({0, 0, 0, 700, between(0, 90'000), 700'000});
    tell_.say(Stop{session(c), attachment(c), {at}});
    plain_.stop(c, now_, at);
  }
  void clock() {
    tell_.clock();
    plain_.clock(now_);
  }
  void hold_or_lift() {
    const int kind = between(0, 5);
    const int c = a_call();
    PlainCalls::Call& call = plain_.calls.at(c);
    const int v = call.viewer;
    PlainCalls::Viewer& payer = plain_.viewers.at(static_cast<std::size_t>(v));
    const bool on = chance(40);
    if (kind <= 1) {
      say_hold(v, session(c), on);
      if (!call.closed) call.paused = on;
    } else if (kind <= 3) {
      say_hold(v, std::nullopt, on);
      payer.paused = on;
    } else {
      Freeze freeze;
      freeze.viewer = viewer(v);
      freeze.reason = "test";
      Unfreeze thaw;
      thaw.viewer = viewer(v);
      thaw.reason = "test";
      tell_.say(on ? Input(freeze) : Input(thaw));
      payer.frozen = on;
    }
    plain_.holds_changed(now_);
  }
  void say_hold(int v, std::optional<SessionId> session, bool on) {
    Pause pause;
    pause.viewer = viewer(v);
    pause.session = session;
    Resume resume;
    resume.viewer = viewer(v);
    resume.session = session;
    tell_.say(on ? Input(pause) : Input(resume));
  }
  void top_up(int v, std::int64_t deposited) {
    PlainCalls::Viewer& payer = plain_.viewers.at(static_cast<std::size_t>(v));
    payer.deposited = std::max(payer.deposited, deposited);
    MeterReport e;
    e.viewer = viewer(v);
    e.meter = meter(v);
    e.deposited = e.allowance = Amount(payer.deposited);
    e.version = ++version_;
    tell_.say(e);
  }
  void set_limit() {
    const int v = between(0, 1);
    Limit e;
    e.viewer = viewer(v);
    e.amount = Amount(one_of<std::int64_t>({0, 400, 2'000, 100'000'000}));
    tell_.say(e);
    plain_.viewers.at(static_cast<std::size_t>(v)).limit = e.amount.units();
  }
  void close_content(int c) {
    tell_.say(ContentClosed{content(c)});
    plain_.close_content(c, now_);
  }
  void restore() {
    const auto chunks = tell_.fold().snapshot(Offset{7}, FrameHash{}).all();
    auto restored = Fold::restore({}, source_of(chunks));
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->fold.snapshot(Offset{7}, FrameHash{}).all(), chunks);
    tell_.replace(std::move(restored->fold));
  }

  void compare() {
    std::map<SessionId, int> names;
    for (int c = 0; c < opened_; ++c) names[session(c)] = c;
    std::vector<Block> told;
    for (const TickLine& line : tell_.all<TickLine>()) {
      ASSERT_EQ(line.n, 1);
      told.push_back({names[line.session], line.k, line.start.ms, line.price.units()});
    }
    ASSERT_EQ(told, plain_.log);
    for (int v = 0; v < 2; ++v) {
      EXPECT_EQ(tell_.fold().meter(meter(v))->charged.units(),
                plain_.viewers.at(static_cast<std::size_t>(v)).charged);
    }
    for (const auto& [c, call] : plain_.calls) {
      const auto view = tell_.fold().session(session(c));
      if (!view) {  // forgotten in time
        EXPECT_TRUE(call.closed);
        continue;
      }
      EXPECT_EQ(view->ticks, call.bought);
      EXPECT_EQ(view->amount.units(), call.paid);
      EXPECT_EQ(view->halt, call.halt);
      EXPECT_EQ(view->closed, call.closed);
      if (call.closed) continue;
      EXPECT_EQ(view->paid_until.ms, call.begins(call.bought, true));
    }
  }

  std::mt19937_64 random_;
  bool shared_ = false;
  Teller tell_;
  PlainCalls plain_;
  std::int64_t now_ = Teller::kBegin;
  int opened_ = 0;
  std::uint64_t version_ = 0;
};

TEST(Calls, ThreeThousandRandomCasesCostWhatThePlainModelSays) {
  CallCase::Seen seen;
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CallCase one(seed);
    one.run();
    one.count(seen);
    if (HasFailure()) return;
  }
  EXPECT_GT(seen.blocks, 50'000);
  EXPECT_GT(seen.shifted, 5'000);
  EXPECT_GT(seen.closed, 1'000);
  EXPECT_GT(seen.ended, 1'000);
  EXPECT_GT(seen.balance, 500);
  EXPECT_GT(seen.limit, 200);
  EXPECT_GT(seen.content, 200);
  EXPECT_GT(seen.retried, 50);
}

}  // namespace
}  // namespace paytick::aggregator
