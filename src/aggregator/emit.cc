#include <string_view>
#include <utility>

#include "aggregator/book.h"
#include "aggregator/errors.h"
#include "model/codec.h"
#include "model/proof.h"

namespace paytick::aggregator {
namespace {

constexpr std::size_t kDueLineSums = 1'500;  // a pair has up to 34 bytes: the line stays below 64 KiB
// A tick's line ends with its proof.
constexpr std::string_view kAfterProof = "\"}\n";

}  // namespace

template <typename Line>
void Book::write(const Line& line) {
  codec::write_line(line, place_.out->lines);
  ++place_.out->n;
}
template void Book::write(const SumLine&);
template void Book::write(const OpenedLine&);
template void Book::write(const ChargeLine&);
template void Book::write(const CreditLine&);
template void Book::write(const HaltLine&);
template void Book::write(const ClosedLine&);
template void Book::write(const MeterLine&);
template void Book::write(const ViewerLine&);
template void Book::write(const JoinedLine&);
template void Book::write(const PayoutLine&);

void Book::write_tick(std::uint32_t i, Run run, std::int64_t price, std::int64_t paid_until) {
  finish_links(i);
  const Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  const Sum& sum = sums_[s.sum];
  TickLine line;
  line.session = s.id;
  line.sum = SumId{s.sum};
  line.k = run.k;
  line.n = static_cast<std::int32_t>(run.n);
  line.price = Amount(price);
  line.start = {s.call
                    ? calls_[i].begins(grid_of(s), run.k)
                    : static_cast<std::int64_t>(s.start) + static_cast<std::int64_t>(run.k) * offer.tick_ms};
  line.ticks = s.ticks;
  line.charged = Amount(sum.charged);
  line.due = Amount(sum.due);
  line.paid_until = {paid_until};
  line.spendable = Amount(spendable(sum.meter));
  guard(s.viewer, line.sum, line.spendable, price);
  write(line);  // its proof follows
  links_.add(i, line, place_.out->lines.size() - kAfterProof.size() - kLongIdText);
  if (links_.full()) finish_links();
  counters_.ticks += run.n;
}

void Book::finish_links() {
  if (!links_.empty()) links_.finish(sessions_, place_.out->lines);
}
void Book::finish_links(std::uint32_t session) {
  if (links_.has(session)) finish_links();
}

void Book::write_adjust(std::uint32_t i, Run run, AdjustReason reason) {
  finish_links(i);
  Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  const Sum& sum = sums_[s.sum];
  AdjustLine line;
  line.session = s.id;
  line.sum = SumId{s.sum};
  line.k = run.k;
  line.n = static_cast<std::int32_t>(run.n);
  line.price = Amount(offer.price);
  line.start = {static_cast<std::int64_t>(s.start) + static_cast<std::int64_t>(run.k) * offer.tick_ms};
  line.reason = reason;
  line.ticks = s.ticks;
  line.charged = Amount(sum.charged);
  line.due = Amount(sum.due);
  line.paid_until = {ticks_of(i).ends()};
  line.spendable = Amount(spendable(sum.meter));
  line.proof = s.proof = link(s.proof, line);
  write(line);
}

// Once per sum and clock, in the order of their numbers.
void Book::write_due() {
  DueLine line;
  line.at = {now_};
  const auto end_line = [&] {
    if (!line.sums.empty()) write(line);
    line.sums.clear();
  };
  due_moved_.drain([&](std::uint32_t sum) {
    line.sums.emplace_back(SumId{sum}, Amount(sums_[sum].due));
    if (line.sums.size() == kDueLineSums) end_line();
  });
  end_line();
}

void Book::late(const AttachmentId& attachment, std::int64_t at) {
  write(LateLine{attachment, {at}, place_.offset, place_.line});
  ++counters_.late;
}

void Book::reject(std::string_view code, std::string_view input) {
  write(RejectedLine{std::string(code), std::string(input), place_.offset, place_.line});
  ++counters_.rejected;
}

GatewayId Book::gateway_of(std::uint32_t i, const AttachmentId& attachment) const {
  const Session& s = sessions_[i];
  if (s.attached != 0 && s.attachment == attachment) return lives_[s.life].gateway;
  for (const Attachment& a : attachments_of(i))
    if (a.id == attachment) return lives_[a.life].gateway;
  return {};
}

void Book::reply(std::uint32_t i, const AttachmentId& attachment, std::uint64_t seq) {
  const Session& s = sessions_[i];
  Reply& r = place_.out->replies.emplace_back();
  r.attachment = attachment;
  r.gateway = gateway_of(i, attachment);
  r.session = s.id;
  r.spendable = Amount(spendable(meter_index_of(s)));
  r.paid_until = {paid_until(i)};
  Viewer& v = viewers_[s.viewer];
  roll(v);
  // A hint says of a halt whether its reason still holds: the player waits for it to be gone.
  const std::int64_t price = offers_[s.offer].price;
  const auto could_buy = [&] {
    return !s.closed && !held(s, v) && r.spendable.units() >= price &&
           limit_of(s.viewer) - v.spent[v.period] >= price;
  };
  if (s.halt != 0 && (seq != 0 || !could_buy())) r.halt = static_cast<HaltReason>(s.halt - 1);
  r.closed = s.closed;
  r.seq = seq;
  r.spent = Amount(v.spent[v.period]);
  r.limit = Amount(limit_of(s.viewer));
}

void Book::reply_refused(const AttachmentId& attachment, const SessionId& session, std::uint64_t seq,
                         std::string_view code, const GatewayId& gateway) {
  Reply& r = place_.out->replies.emplace_back();
  r.attachment = attachment;
  r.gateway = gateway;
  r.session = session;
  r.seq = seq;
  r.refused = code;
}

void Book::hint(std::uint32_t i) {
  for (const Attachment& a : attachments_of(i)) reply(i, a.id, 0);
}

void Book::hint_all(std::uint32_t viewer) {
  each_open(viewer, [&](std::uint32_t i) { hint(i); });
}

}  // namespace paytick::aggregator
