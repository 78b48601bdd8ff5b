#pragma once
// Notices: what platforms and viewers want to be told of, in the words of webhooks and event streams. They
// follow from lines of the log alone; the database knows what has been told (outbox_migrations/).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/money.h"
#include "model/time.h"

namespace paytick::projections {

// Explicit numbers: they are stored, and part of a notice's id.
enum class NoticeType : std::uint8_t {
  halt = 1,         // a session stopped buying; `reason` as in ticks
  low_balance = 2,  // what is spendable buys less than a configured watching time; once until it recovers
  resumed = 3,      // a halted session buys again
  closed = 4,       // a session has ended: its ticks and amount
  settled = 5,      // a transaction has paid a creator for a meter
  tip = 6,
  frozen = 7,  // a viewer, with the reason
  unfrozen = 8
};
inline constexpr std::uint8_t kNoticeTypeMax = 8;

std::string_view to_text(NoticeType type);
std::optional<NoticeType> parse_notice_type(std::string_view text);

// Types as bits: 1 << number.
using NoticeTypes = std::uint32_t;
constexpr NoticeTypes bit_of(NoticeType type) { return NoticeTypes{1} << static_cast<std::uint8_t>(type); }
inline constexpr NoticeTypes kAllNoticeTypes = 0x1FE;

// Who wants to be told, and for how long it is kept.
struct OutboxSettings {
  struct Webhook {
    std::string name;
    std::optional<PlatformId> platform;  // nothing: of every platform, and of none
    NoticeTypes types = kAllNoticeTypes;
  };
  std::vector<Webhook> webhooks;
  std::int64_t keep_ms = 0;            // for event streams that come back; 0: there are none
  std::int64_t news_ms = 259'200'000;  // what is older when it is read is no news, and nobody is told
  std::int64_t low_balance_ms = 60'000;

  bool nobody() const { return webhooks.empty() && keep_ms == 0; }
};

// One notice as lines tell it; the database adds whose session it is. Members without a value do not apply.
struct NoticeRow {
  Bytes<16, struct RowTag> id;
  NoticeType type = NoticeType::halt;
  std::uint8_t source = 0;  // Source
  PartitionId partition{};
  Offset offset{};
  TimeMs append_time, at;
  std::optional<SessionId> session;
  std::optional<SumId> sum;
  std::optional<ViewerId> viewer;
  std::optional<ContentId> content;
  std::string reference, reason, message, channel;
  std::optional<Amount> amount, total, fee, spendable;
  std::optional<TimeMs> paid_until;
  std::optional<std::int64_t> ticks, seconds_left;
  std::optional<Proof> proof;
  std::optional<TxHash> tx;
  std::optional<std::uint32_t> ledger;
};

}  // namespace paytick::projections
