#include <algorithm>
#include <array>

#include "aggregator/book.h"
#include "aggregator/errors.h"
#include "aggregator/periods.h"

namespace paytick::aggregator {

// The ticks a heartbeat asks for and does not have, ascending.
struct Book::Wanted {
  std::array<std::uint32_t, kMinimumTicksMax + kTicksPerHeartbeatMax> ticks;
  std::uint32_t n = 0;
  bool forgotten = false;  // some lie before what is remembered
};

void Book::on(const Heartbeat& e) {
  const std::uint32_t i = find_attached(e.attachment);
  const auto refuse = [&](std::string_view code) {
    reject(code, "heartbeat");
    reply_refused(e.attachment, e.session, e.seq, code,
                  i == kNone ? GatewayId{} : gateway_of(i, e.attachment));
  };
  if (i == kNone) return refuse(code::kUnknownAttachment);
  Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  if (!in_time(e.at.ms, offer.late_ms)) {
    late(e.attachment, e.at.ms);
    return reply_refused(e.attachment, e.session, e.seq, code::kLate, gateway_of(i, e.attachment));
  }
  const std::int64_t since = e.at.ms - static_cast<std::int64_t>(s.start) + offer.jitter_ms;
  if (since < 0) return refuse(code::kBeforeStart);
  const std::int64_t k = since / offer.tick_ms;
  if (k > kTickMax) return refuse(code::kOutOfRange);
  const Meter& meter = meter_of_session(s);
  if (foreign(meter, s.viewer)) return refuse(code::kForeignMeter);

  if (s.call) {
    touch(i, e.attachment, e.at.ms);
    if (!begin_or_meter_call(i, e.at.ms)) return refuse(code::kOverflow);
    return reply(i, e.attachment, e.seq);
  }

  Viewer& viewer = viewers_[s.viewer];
  roll(viewer);
  const Wanted wanted = wanted_ticks(i, k);
  const bool initial = offer.initial_ticks != 0 && wanted.n != 0 && wanted.ticks[0] == 0;
  const Verdict verdict = judge(s, viewer, wanted.n, initial, held(s, viewer));
  if (!fits(s, viewer, verdict.n, initial)) return refuse(code::kOverflow);
  touch(i, e.attachment, e.at.ms);
  if (wanted.forgotten) late(e.attachment, e.at.ms);
  for (std::uint32_t first = 0; first < verdict.n;) {
    std::uint32_t n = 1;
    while (first + n < verdict.n && wanted.ticks[first + n] == wanted.ticks[first] + n) ++n;
    buy(i, {wanted.ticks[first], n});
    first += n;
  }
  if (wanted.n == 0) ++counters_.duplicates;
  if (verdict.reason) {
    halt(i, *verdict.reason);
  } else if (wanted.n != 0) {
    s.halt = 0;
  }
  arm(i);
  reply(i, e.attachment, e.seq);
}

Book::Wanted Book::wanted_ticks(std::uint32_t i, std::int64_t k) {
  const Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  const TickSet ticks = ticks_of(i);
  Wanted wanted;
  const auto from = static_cast<std::uint32_t>(k);
  const std::uint32_t low = s.minimum_begun ? 0 : static_cast<std::uint32_t>(offer.minimum_ticks);
  const auto want = [&](std::uint32_t tick) {
    if (ticks.is_bought(tick)) {
      wanted.forgotten = wanted.forgotten || (tick < s.base && ticks.is_forgotten(tick));
    } else {
      wanted.ticks[wanted.n++] = tick;
    }
  };
  for (std::uint32_t tick = 0; tick < low; ++tick) want(tick);
  for (std::uint32_t tick = std::max(from, low); tick < from + offer.ticks_n; ++tick) want(tick);
  return wanted;
}

std::optional<HaltReason> Book::held(const Session& s, const Viewer& v) const {
  if (v.frozen) return HaltReason::frozen;
  if (v.paused || s.paused) return HaltReason::paused;
  return stopped(s);
}

std::optional<HaltReason> Book::stopped(const Session& s) const {
  if (contents_[offers_[s.offer].content].closed != 0) return HaltReason::content;
  if (is_asked_back(meter_index_of(s))) return HaltReason::refund;
  return std::nullopt;
}

Book::Verdict Book::judge(const Session& s, const Viewer& v, std::uint32_t n, bool initial,
                          std::optional<HaltReason> reason) const {
  if (n == 0) return {};
  if (reason) return {0, reason};
  __extension__ using Wide = __int128;
  const Offer& offer = offers_[s.offer];
  // How many of n a purse pays; what costs nothing still needs a purse that is not overdrawn.
  const auto pays = [&](Wide purse) -> std::uint32_t {
    if (purse < 0) return 0;
    if (purse >= offer.cost(n, initial)) return n;
    if (!initial) return static_cast<std::uint32_t>(purse / offer.price);
    if (purse < offer.initial_price) return 0;
    return offer.initial_ticks + static_cast<std::uint32_t>((purse - offer.initial_price) / offer.price);
  };
  const std::uint32_t by_balance = pays(spendable(meter_index_of(s)));
  const std::uint32_t by_limit = pays(static_cast<Wide>(limit_of(s.viewer)) - v.spent[v.period]);
  const std::uint32_t bought = std::min(by_balance, by_limit);
  if (bought == n) return {n, std::nullopt};
  return {bought, by_balance == bought ? HaltReason::balance : HaltReason::limit};
}

// Whether every sum still fits 64 bits. `charged` does, since it stays below what was deposited; what was
// spent over all meters and days may not.
bool Book::fits(const Session& s, const Viewer& v, std::uint32_t n, bool initial) const {
  const Offer& offer = offers_[s.offer];
  const Amount cost(offer.cost(n, initial));
  for (const std::int64_t spent : v.spent) {
    if (!add(Amount(spent), cost)) return false;
  }
  if (s.ticks > kNone - n) return false;
  const auto whole = multiply(Amount(offer.price), s.ticks + n);
  return whole && add(*whole, Amount(offer.initial_price));
}

// Lines of one price each: the initial price is tick 0's, and the ticks that it covers beside cost nothing.
void Book::buy(std::uint32_t i, Run run) {
  const Offer& offer = offers_[sessions_[i].offer];
  while (run.n > offer.same_price(run.k)) {
    const Run first{run.k, offer.same_price(run.k)};
    buy(i, first, offer.price_of(first.k));
    run = {run.k + first.n, run.n - first.n};
  }
  buy(i, run, offer.price_of(run.k));
}

void Book::buy(std::uint32_t i, Run run, std::int64_t price) {
  Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  Viewer& viewer = viewers_[s.viewer];
  Sum& sum = sums_[s.sum];
  TickSet ticks = ticks_of(i);
  const auto minimum = static_cast<std::uint32_t>(offer.minimum_ticks);
  // Those of the minimum are due at once; they come first.
  const std::uint32_t in_minimum = run.k < minimum ? std::min(run.n, minimum - run.k) : 0;
  const std::uint32_t due = offer.refund_unused == 0 ? run.n : in_minimum;
  if (due != 0) ticks.buy({run.k, due}, true, now_, viewer.day);
  if (due != run.n) ticks.buy({run.k + due, run.n - due}, false, now_, viewer.day);
  if (in_minimum != 0) s.minimum_begun = 1;
  const std::int64_t cost = price * run.n;
  meters_[sum.meter].charged += cost;
  for (std::int64_t& spent : viewer.spent) spent += cost;
  sum.charged += cost;
  sum.due += price * due;
  write_tick(i, run, price, s.call ? paid_until(i) : ticks.ends());
}

// Whichever tick came first, the initial ones were among the first bought, all of them.
Amount Book::amount_of(const Session& s) const { return Amount(offers_[s.offer].cost(s.ticks, true)); }

void Book::roll(Viewer& v) const {
  const std::uint32_t day = day_of_time(now_);
  if (day <= v.day) return;
  if (v.day == 0 || month_of_day(day) != month_of_day(v.day)) v.spent[static_cast<int>(Period::month)] = 0;
  v.spent[static_cast<int>(Period::day)] = 0;
  v.day = day & 0x1'FFFF;
}

void Book::halt(std::uint32_t i, HaltReason reason) {
  Session& s = sessions_[i];
  const auto code = static_cast<std::uint64_t>(reason) + 1;
  if (s.halt == code) return;
  s.halt = code & 7;
  write(HaltLine{s.id, reason, {now_}, Amount(spendable(meter_index_of(s)))});
  ++counters_.halts;
}

}  // namespace paytick::aggregator
