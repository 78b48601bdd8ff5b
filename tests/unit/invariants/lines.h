#pragma once
// Lines by hand: viewer 1 with meters 1 and 2, a session each.

#include <gtest/gtest.h>

#include <string>

#include "invariants/place.h"
#include "model/outputs.h"
#include "model/settlements.h"

namespace paytick::invariants {

inline constexpr std::int64_t kNoon = 1'790'000'000'000;  // on 21 September 2026, in UTC

template <typename Id>
Id id(std::uint8_t n) {
  Id out;
  out.bytes.fill(n);
  return out;
}

inline Place at(std::int64_t ms = 0) { return {PartitionId{3}, Offset{17}, {kNoon + ms}, {kNoon + ms}}; }

inline SumLine sum(std::uint32_t n, std::uint8_t meter = 1, std::uint16_t bps = 1'000) {
  return {SumId{n}, id<ViewerId>(1), id<MeterId>(meter), id<CreatorId>(9), bps};
}
inline OpenedLine opened(std::uint8_t session, std::uint32_t n) {
  OpenedLine line;
  line.session = id<SessionId>(session);
  line.sum = SumId{n};
  line.viewer = id<ViewerId>(1);
  return line;
}
// Ticks of ten units each.
inline TickLine ticks(std::uint8_t session, std::uint32_t n, std::int64_t k, std::int32_t count,
                      std::int64_t total, std::int64_t charged, std::int64_t due, std::int64_t spendable) {
  TickLine line;
  line.session = id<SessionId>(session);
  line.sum = SumId{n};
  line.k = k;
  line.n = count;
  line.price = Amount(10);
  line.ticks = total;
  line.charged = Amount(charged);
  line.due = Amount(due);
  line.spendable = Amount(spendable);
  return line;
}
inline AdjustLine back(const TickLine& like) {
  AdjustLine line;
  line.session = like.session;
  line.sum = like.sum;
  line.k = like.k;
  line.n = like.n;
  line.price = like.price;
  line.ticks = like.ticks;
  line.charged = like.charged;
  line.due = like.due;
  line.spendable = like.spendable;
  return line;
}
inline ChargeLine tip(std::uint32_t n, std::int64_t amount, std::int64_t charged, std::int64_t due,
                      std::int64_t spendable) {
  ChargeLine line;
  line.sum = SumId{n};
  line.amount = Amount(amount);
  line.charged = Amount(charged);
  line.due = Amount(due);
  line.spendable = Amount(spendable);
  return line;
}
inline MeterLine meter(std::uint8_t which, std::int64_t deposited, std::int64_t refunded, std::int64_t paid,
                       std::int64_t charged) {
  MeterLine line;
  line.viewer = id<ViewerId>(1);
  line.meter = id<MeterId>(which);
  line.deposited = Amount(deposited);
  line.refunded = Amount(refunded);
  line.paid = Amount(paid);
  line.allowance = kMaxAmount;
  line.charged = Amount(charged);
  line.spendable = Amount(deposited - refunded - charged);
  return line;
}

// Expects that the line is fine, or that it is not, by that code.
template <typename Invariant, typename Line>
void fine(Invariant& invariant, const Line& line, std::int64_t ms = 0) {
  const auto found = invariant.check(line, at(ms));
  EXPECT_TRUE(found) << found.error().message;
}
template <typename Invariant, typename Line>
std::string wrong(Invariant& invariant, const Line& line, const std::string& code, std::int64_t ms = 0) {
  const auto found = invariant.check(line, at(ms));
  EXPECT_FALSE(found) << "nothing is found";
  if (found) return {};
  EXPECT_EQ(found.error().code, code);
  EXPECT_EQ(found.error().next, Next::fatal);
  EXPECT_TRUE(found.error().message.starts_with("partition 3, record 17: ")) << found.error().message;
  return found.error().message;
}

}  // namespace paytick::invariants
