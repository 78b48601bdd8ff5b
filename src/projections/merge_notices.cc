// The half of Merge that tells: which lines become notices.

#include <algorithm>

#include "projections/merge.h"

namespace paytick::projections {
namespace {

__extension__ using Wide = __int128;

}  // namespace

NoticeRow* Merge::announce(NoticeType type, const Place& place, TimeMs at, Source source) {
  if (!rules_.wanted || place.offset < (source == Source::ticks ? rules_.ticks : rules_.settlements))
    return nullptr;
  NoticeRow& notice = changes_.notices.emplace_back();
  // A line may tell two things: a record holds fewer than 65,536 lines, so the type fits above.
  notice.id = row_id(source, partition_, place.offset, static_cast<std::uint32_t>(type) << 24 | place.line);
  notice.type = type;
  notice.source = static_cast<std::uint8_t>(source);
  notice.partition = partition_;
  notice.offset = place.offset;
  notice.append_time = place.append_time;
  notice.at = at;
  return &notice;
}

bool is_low(Amount price, std::int32_t tick_ms, Amount spendable, std::int64_t low_balance_ms) {
  return price.units() > 0 &&
         static_cast<Wide>(spendable.units()) * tick_ms < static_cast<Wide>(price.units()) * low_balance_ms;
}

void Merge::announce_purchase(const TickLine& line, Book::Session& session, const Place& place) {
  const auto tell = [&](NoticeType type) {
    NoticeRow* const notice = announce(type, place, place.append_time);
    if (!notice) return;
    notice->session = line.session;
    notice->spendable = line.spendable;
    notice->paid_until = line.paid_until;
    if (session.price.units() > 0)
      notice->seconds_left = static_cast<std::int64_t>(std::min<Wide>(
          static_cast<Wide>(line.spendable.units() / session.price.units()) * session.tick_ms / 1'000,
          kMaxAmount.units()));
  };
  if (session.halted) tell(NoticeType::resumed);
  session.halted = false;
  const bool low = is_low(session.price, session.tick_ms, line.spendable, rules_.low_balance_ms);
  if (low && !session.low) tell(NoticeType::low_balance);
  session.low = low;
}

}  // namespace paytick::projections
