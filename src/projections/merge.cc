#include "projections/merge.h"

#include <algorithm>
#include <utility>

#include "invariants/due_grows.h"
#include "invariants/shares_add_up.h"
#include "model/codec.h"

namespace paytick::projections {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

auto poison(std::string message) { return fail("poison_record", std::move(message), Next::fatal); }

auto unknown_sum(SumId id) {
  return poison("sum " + std::to_string(static_cast<std::uint32_t>(id)) + " was never introduced");
}

auto too_much(std::string_view what) { return poison(std::string(what) + " does not fit in 64 bits"); }

auto not_open(const SessionId& session) {
  return poison("session " + paytick::to_text(session) + " is not open");
}

// A member of Merge has the name of what it calls.
std::optional<Amount> sum_of(Amount a, Amount b) { return add(a, b); }

[[nodiscard]] bool add_to(std::int64_t& total, std::int64_t amount) {
  return !__builtin_add_overflow(total, amount, &total);
}

}  // namespace

Result<void> Merge::add(const Output& output, const Place& place) {
  return std::visit([&](const auto& line) { return on(line, place); }, output);
}

SessionTotals& Merge::totals(const SessionId& session) {
  const auto [at, is_new] = totals_.try_emplace(session, changes_.totals.size());
  if (is_new) {
    SessionTotals fresh;
    fresh.partition = partition_;
    fresh.session = session;
    changes_.totals.push_back(fresh);
  }
  return changes_.totals[at->second];
}

MinuteDelta& Merge::minute(std::uint32_t creator, std::int64_t at_ms) {
  const MinuteKey key{creator, at_ms - at_ms % kMinuteMs};
  const auto [at, is_new] = minutes_.try_emplace(key, changes_.minutes.size());
  if (is_new) changes_.minutes.push_back({partition_, book_.creator(creator), key.minute});
  return changes_.minutes[at->second];
}

CreatorDelta& Merge::creator(std::uint32_t creator) {
  const auto [at, is_new] = creators_.try_emplace(creator, changes_.creators.size());
  if (is_new) changes_.creators.push_back({partition_, book_.creator(creator)});
  return changes_.creators[at->second];
}

Result<void> Merge::set_sum(SumId id, std::optional<Amount> charged, Amount due) {
  Book::Sum* const sum = book_.sum(id);
  if (!sum) return unknown_sum(id);
  if (invariants::due_fell(sum->due, due))
    return poison("due of sum " + std::to_string(static_cast<std::uint32_t>(id)) + " fell");
  if (charged) sum->charged = *charged;
  if (due != sum->due) {
    // The share is taken of the sum, so what is earned is the difference of two whole sums.
    const auto earned = [sum](Amount of) { return invariants::shares_of(of, sum->bps).creator.units(); };
    CreatorDelta& delta = creator(sum->creator);
    if (!add_to(delta.due, due.units() - sum->due.units()) ||
        !add_to(delta.earned, earned(due) - earned(sum->due)))
      return too_much("what a creator has earned");
    sum->due = due;
  }
  pages_.insert(static_cast<std::uint32_t>(id) / kSumsPerPage);
  return {};
}

Result<void> Merge::add_ticks(const Book::Sum& sum, std::int64_t tick_ms, std::int64_t start_ms,
                              std::int32_t n, Amount price, int sign) {
  // Ticks of one minute are counted together: as many steps as minutes, not as ticks.
  std::int64_t left = n;
  while (left > 0) {
    const std::int64_t next_minute = start_ms - start_ms % kMinuteMs + kMinuteMs;
    const std::int64_t here = std::min(left, (next_minute - start_ms + tick_ms - 1) / tick_ms);
    const auto amount = multiply(price, here * sign);
    MinuteDelta& delta = minute(sum.creator, start_ms);
    if (!amount || !add_to(delta.tick_amount, amount->units())) return too_much("a minute's amount");
    delta.ticks += here * sign;
    start_ms += here * tick_ms;
    left -= here;
  }
  return {};
}

template <typename Line>
Result<void> Merge::on_money(const Line& line, int sign) {
  const Book::Sum* const sum = book_.sum(line.sum);
  if (!sum) return unknown_sum(line.sum);
  Book::Session* const session = book_.session(line.session);
  if (!session) return not_open(line.session);
  if (auto added = add_ticks(*sum, session->tick_ms, line.start.ms, line.n, line.price, sign); !added)
    return added;
  const auto cost = multiply(line.price, line.n * sign);
  const auto amount = cost ? sum_of(session->amount, *cost) : std::nullopt;
  if (!amount) return too_much("a session's amount");
  session->amount = *amount;
  SessionTotals& now = totals(line.session);
  now.ticks = line.ticks;
  now.amount = session->amount;
  now.paid_until = line.paid_until;
  now.charged_after = line.charged;
  now.spendable = line.spendable;
  now.proof = line.proof;
  now.has_money = now.has_proof = true;
  return set_sum(line.sum, line.charged, line.due);
}

Result<void> Merge::add_blocks(const TickLine& line, const Book::Session& session, const Place& place) {
  // What the session had cost before this line. On the way there, nothing can overflow that did not before.
  std::int64_t cumulative = session.amount.units() - line.price.units() * line.n;
  for (std::int32_t i = 0; i < line.n; ++i) {
    cumulative += line.price.units();
    changes_.blocks.push_back({partition_, line.session, line.k + i,
                               line.start + std::int64_t{i} * session.tick_ms, place.append_time, line.price,
                               Amount(cumulative)});
  }
  return {};
}

Result<void> Merge::on(const TickLine& line, const Place& place) {
  if (auto done = on_money(line, 1); !done) return done;
  Book::Session& session = *book_.session(line.session);
  if (line.ticks == line.n) changes_.views.push_back({partition_, line.session});
  if (session.blocks)
    if (auto done = add_blocks(line, session, place); !done) return done;
  announce_purchase(line, session, place);
  SessionTotals& now = totals(line.session);
  now.halt.reset();  // it buys again
  now.has_halt = true;
  return {};
}

Result<void> Merge::on(const AdjustLine& line, const Place&) {
  if (auto done = on_money(line, -1); !done) return done;
  Book::Session& session = *book_.session(line.session);
  session.low =
      line.ticks > 0 && is_low(session.price, session.tick_ms, line.spendable, rules_.low_balance_ms);
  return {};
}

Result<void> Merge::on(const DueLine& line, const Place&) {
  for (const auto& [sum, due] : line.sums)
    if (auto done = set_sum(sum, std::nullopt, due); !done) return done;
  return {};
}

Result<void> Merge::on(const SumLine& line, const Place&) {
  if (!book_.add_sum(line.sum, line.creator, line.bps))
    return poison("sum " + std::to_string(static_cast<std::uint32_t>(line.sum)) +
                  " introduced out of order; " + std::to_string(book_.sums()) + " was next");
  changes_.sums.push_back({partition_, line});
  pages_.insert(static_cast<std::uint32_t>(line.sum) / kSumsPerPage);
  return {};
}

Result<void> Merge::on(const OpenedLine& line, const Place&) {
  const Book::Sum* const sum = book_.sum(line.sum);
  if (!sum) return unknown_sum(line.sum);
  if (book_.session(line.session))
    return poison("session " + paytick::to_text(line.session) + " opened twice");
  Book::Session session;
  session.price = line.plan.price_per_tick;
  session.tick_ms = line.plan.tick_ms;
  session.blocks = has_blocks(line.plan.refund_unused, line.plan.tick_ms, line.plan.heartbeat_ms);
  book_.open_session(line.session, session);
  changes_.sessions.push_back({partition_, line, sum->charged});
  SessionTotals& now = totals(line.session);
  SessionTotals fresh;  // also when the id was used before, in this step
  fresh.partition = partition_;
  fresh.session = line.session;
  now = fresh;
  now.fresh = true;
  now.paid_until = line.start;
  now.charged_after = sum->charged;
  now.proof = line.proof;
  return {};
}

Result<void> Merge::on(const ChargeLine& line, const Place& place) {
  const Book::Sum* const sum = book_.sum(line.sum);
  if (!sum) return unknown_sum(line.sum);
  if (!add_to(minute(sum->creator, line.at.ms).charge_amount, line.amount.units()))
    return too_much("a minute's amount");
  changes_.charges.push_back(row(line, place));
  if (line.kind == ChargeKind::tip)
    if (NoticeRow* const notice = announce(NoticeType::tip, place, line.at)) {
      notice->sum = line.sum;
      notice->reference = line.key;
      notice->amount = line.amount;
      notice->message = line.message;
      notice->channel = line.channel;
      if (!line.content.is_zero()) notice->content = line.content;
    }
  return set_sum(line.sum, line.charged, line.due);
}

Result<void> Merge::on(const CreditLine& line, const Place& place) {
  changes_.credits.push_back(row(line, place));
  return {};
}

Result<void> Merge::on(const HaltLine& line, const Place& place) {
  SessionTotals& now = totals(line.session);
  now.halt = line.reason;
  now.has_halt = true;
  changes_.halts.push_back(row(line, place));
  if (Book::Session* const session = book_.session(line.session)) session->halted = true;
  if (NoticeRow* const notice = announce(NoticeType::halt, place, line.at)) {
    notice->session = line.session;
    notice->reason = codec::to_text(line.reason);
    notice->spendable = line.spendable;
  }
  return {};
}

Result<void> Merge::on(const LateLine& line, const Place& place) {
  ++refusals_["late"];
  changes_.late.push_back(row(line, place));
  return {};
}

Result<void> Merge::on(const RejectedLine& line, const Place& place) {
  ++refusals_[line.code];
  changes_.rejected.push_back(row(line, place));
  return {};
}

Result<void> Merge::on(const ClosedLine& line, const Place& place) {
  SessionTotals& now = totals(line.session);
  now.closed = line.at;
  now.proof = line.proof;
  now.has_proof = true;
  book_.close_session(line.session);
  if (NoticeRow* const notice = announce(NoticeType::closed, place, line.at)) {
    notice->session = line.session;
    notice->ticks = line.ticks;
    notice->amount = line.amount;
    notice->proof = line.proof;
  }
  return {};
}

Result<void> Merge::on(const MeterLine& line, const Place& place) {
  changes_.meters.push_back(row(line, place));
  return {};
}

Result<void> Merge::on(const ViewerLine& line, const Place& place) {
  const auto [at, is_new] = viewers_.try_emplace(line.viewer, changes_.viewers.size());
  if (is_new) {
    changes_.viewers.push_back({partition_, line});
  } else {
    ViewerLine& kept = changes_.viewers[at->second].line;
    std::string reason = line.reason.empty() ? kept.reason : line.reason;
    kept = line;
    kept.reason = std::move(reason);
  }
  if (!book_.set_frozen(line.viewer, line.frozen)) return {};
  if (NoticeRow* const notice =
          announce(line.frozen ? NoticeType::frozen : NoticeType::unfrozen, place, line.at)) {
    notice->viewer = line.viewer;
    notice->reason = line.reason;
  }
  return {};
}

Result<void> Merge::on(const JoinedLine& line, const Place& place) {
  changes_.joins.push_back(row(line, place));
  return {};
}

Result<void> Merge::on(const PayoutLine& line, const Place& place) {
  changes_.payouts.push_back(row(line, place));
  return {};
}

void Merge::finish() {
  std::vector<std::uint32_t> pages(pages_.begin(), pages_.end());
  std::sort(pages.begin(), pages.end());
  changes_.pages.reserve(changes_.pages.size() + pages.size());
  for (const std::uint32_t page : pages) {
    SumPage& out = changes_.pages.emplace_back();
    out.partition = partition_;
    out.page = page;
    const std::size_t first = std::size_t{page} * kSumsPerPage;
    for (std::size_t i = 0; i < kSumsPerPage && first + i < book_.sums(); ++i) {
      out.charged[i] = book_.sum_at(first + i).charged.units();
      out.due[i] = book_.sum_at(first + i).due.units();
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> refusals(refusals_.begin(), refusals_.end());
  std::sort(refusals.begin(), refusals.end());
  for (auto& [code, n] : refusals) changes_.refusals.push_back({partition_, code, n});
}

}  // namespace paytick::projections
