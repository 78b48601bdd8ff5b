#pragma once
// Private to the fold: the records its state is made of. Plain bytes without padding, since a snapshot is
// their image (snapshot.cc); a change of any of them is a new kSnapshotVersion. They name each other by
// index.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "aggregator/flat_index.h"
#include "model/ids.h"
#include "model/inputs.h"
#include "model/money.h"
#include "model/plan.h"

namespace paytick::aggregator {

// Bounds, each with its reason.
inline constexpr std::int64_t kTickMax = 0xFFFF'FF00;    // a tick's number has 32 bits: 13 years of 100 ms
inline constexpr std::uint32_t kLivesMax = 1U << 20;     // starts of gateways: 20 bits in Session
inline constexpr std::uint32_t kSessionsMax = 1'000;     // a viewer's open sessions; an `open` walks them
inline constexpr std::size_t kAttachmentsMax = 16;       // of one session; a heartbeat may walk them
inline constexpr std::size_t kRunsMax = 512;             // remembered gaps of one session
inline constexpr std::int64_t kIdleMs = 60'000;          // DESIGN.md §3, Time
inline constexpr std::int64_t kHeldIdleMs = 86'400'000;  // while paused or frozen
inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::size_t kKeysMax = 256;       // charges' keys of a viewer, tickets apart
inline constexpr std::size_t kTicketsMax = 4'096;  // a viewer holds for streams that go on
inline constexpr std::size_t kFreeMax = 4'096;     // contents that gave a viewer free ticks; then no more
inline constexpr std::int64_t kKeyMs = 7 * kDayMs;
inline constexpr std::int64_t kDefaultLimit = 100'000'000;  // 10 XLM
inline constexpr int kTimeBits = 44;                        // kTimeMax has 44
inline constexpr std::uint64_t kTimeMask = (1ULL << kTimeBits) - 1;

// The 64 ticks from Session::base on.
struct Window {
  std::uint64_t bought = 0;
  std::uint64_t due = 0;
};

// A session without gaps and with one attachment is exactly this.
//
// Ticks: of the 64 from `base` on the first so many are bought and the first so many due, which `window`
// says, unless it is `ragged`: then a Window does. A tick below base is bought and due unless a run in Extra
// says otherwise (ticks.h).
struct alignas(16) Session {
  SessionId id;
  AttachmentId attachment;  // the first one, if `attached`
  Proof proof;
  std::uint32_t base = 0;
  std::uint32_t ticks = 0;  // bought less given back
  std::uint32_t viewer = kNone;
  std::uint32_t sum = kNone;
  std::uint32_t offer = kNone;
  std::uint32_t window : 27 =
      0;  // lowest 7 bits: how many are bought; next 7: due. Ragged: the Window's index
  std::uint32_t ragged : 1 = 0;
  std::uint32_t has_next : 1 = 0;  // the viewer has a session that opened before this one
  std::uint32_t halt : 3 = 0;      // 0: buying; else HaltReason + 1
  std::uint64_t start : kTimeBits = 0;
  std::uint64_t armed_bucket : 12 = 0;  // of the timer wheel, if `armed`
  std::uint64_t armed : 1 = 0;
  std::uint64_t attached : 1 = 0;
  std::uint64_t paused : 1 = 0;
  std::uint64_t closed : 1 = 0;
  std::uint64_t has_extra : 1 = 0;
  std::uint64_t minimum_begun : 1 = 0;  // a tick of the minimum has been bought
  std::uint64_t unused : 1 = 0;         // on the free list
  std::uint64_t unsettled : 1 = 0;      // the clock must look into its Extra
  std::uint64_t at : kTimeBits = 0;     // latest `at` of the first attachment
  std::uint64_t life : 20 = 0;          // of its gateway
  std::uint64_t last : kTimeBits = 0;   // append time of the latest sign of life
  std::uint64_t day : 17 = 0;           // the viewer's day on which the ticks not yet due were bought
  std::uint64_t call : 1 = 0;           // an open one: it has a Call (call_clock.h)
  std::uint64_t more_spare : 2 = 0;

  // Of a session that is not ragged.
  std::uint32_t bought_n() const { return window & 127U; }
  std::uint32_t due_n() const { return window >> 7 & 127U; }
  void set_window(std::uint32_t bought, std::uint32_t due) { window = (bought | due << 7) & 0x3FFFU; }

  // Inputs bound what goes in (kTimeMax); the mask says so to the compiler.
  void set_start(std::int64_t ms) { start = static_cast<std::uint64_t>(ms) & kTimeMask; }
  void set_at(std::int64_t ms) { at = static_cast<std::uint64_t>(ms) & kTimeMask; }
  void set_last(std::int64_t ms) { last = static_cast<std::uint64_t>(ms) & kTimeMask; }
  void set_day(std::uint32_t d) { day = d & 0x1'FFFF; }
};
static_assert(sizeof(Session) == 112);

struct Attachment {
  AttachmentId id;
  std::int64_t at = 0;
  std::int64_t t = 0;  // append time of its latest heartbeat, or of its open
  std::uint32_t life = 0;
  std::uint32_t reserved = 0;
};

// Ticks [from, to) below the base that are not "bought and due".
struct TickRun {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t pending = 0;  // 1: bought and not due; 0: not bought
};

// A tick that is not due yet and was bought on another day than Session::day.
struct DayMark {
  std::uint32_t tick = 0;
  std::uint32_t day = 0;
};

// What few sessions need. Dropped when it says nothing.
struct Extra {
  std::vector<TickRun> runs;       // ascending, apart
  std::vector<DayMark> older;      // ascending
  std::vector<Attachment> others;  // all but the first
  std::int64_t first_t = -1;       // Attachment::t of the first one where it is not Session::last
  std::uint32_t floor = 0;         // ticks below are forgotten: `late`
  bool empty() const { return runs.empty() && older.empty() && others.empty() && first_t < 0 && floor == 0; }
  // Whether time alone changes nothing in it.
  bool is_settled() const {
    return older.empty() &&
           std::none_of(runs.begin(), runs.end(), [](const TickRun& run) { return run.pending != 0; });
  }
};

// A cache line. What few viewers have is in Terms.
struct alignas(64) Viewer {
  AccountId id;
  std::int64_t spent[3] = {0, 0, 0};  // by Period; day and month are those of `day`
  std::uint32_t sessions = kNone;     // newest open session
  std::uint32_t day : 17 = 0;         // days since the epoch (kTimeMax has 17 bits); never goes backwards
  std::uint32_t sessions_n : 10 = 0;  // at most kSessionsMax
  std::uint32_t period : 2 = 0;       // of the limit
  std::uint32_t paused : 1 = 0;
  std::uint32_t frozen : 1 = 0;
  std::uint32_t has_terms : 1 = 0;
};
static_assert(sizeof(Viewer) == 64 && kSessionsMax < 1U << 10);

// A count of smallest units in 48 bits (little-endian, as an image is).
class Short {
 public:
  static constexpr std::int64_t kEnd = std::int64_t{1} << 48;
  // Word by word: copied into one of 64 bits that is read at once, they would have to wait for the store.
  std::int64_t get() const {
    return words_[0] | std::int64_t{words_[1]} << 16 | std::int64_t{words_[2]} << 32;
  }
  void set(std::int64_t v) {  // 0 … kEnd − 1
    std::memcpy(words_, &v, sizeof words_);
  }

 private:
  std::uint16_t words_[3] = {0, 0, 0};
};

// What the chain has reported of a meter.
struct Totals {
  std::int64_t deposited = 0;
  std::int64_t refunded = 0;
  std::int64_t paid = 0;
  std::int64_t allowance = 0;
  std::int64_t refund_from = -1;  // `refunded` when a refund was asked for; -1: none is pending
  std::uint64_t version = 0;
  // May be negative: a refund can take what had been charged and was not settled in time.
  std::int64_t spendable(std::int64_t charged) const {
    __extension__ using Wide = __int128;
    const Wide held = static_cast<Wide>(deposited) - refunded;
    const Wide left = (held < allowance ? held : static_cast<Wide>(allowance)) - charged;
    const Wide low = INT64_MIN;
    return static_cast<std::int64_t>(left < low ? low : left);
  }
};

// Totals as most meters have them are short: nothing refunded, nothing asked back, counts of 48 bits. Others
// are `wide`, and Wides has them. An allowance without end is short, too.
struct Meter {
  MeterId id;
  std::int64_t charged = 0;
  std::uint32_t viewer = kNone;  // kNone: the chain has not reported it yet
  std::uint32_t sum = kNone;     // the first one; others are found by sum_index_
  std::uint32_t ledger = 0;
  Short deposited;
  Short paid;
  Short allowance;  // kEnd − 1: kMaxAmount
  std::uint16_t version : 15 = 0;
  std::uint16_t wide : 1 = 0;

  Totals short_totals() const {
    const std::int64_t most = allowance.get();
    return {deposited.get(), 0, paid.get(), most == Short::kEnd - 1 ? kMaxAmount.units() : most, -1, version};
  }
  // The allowance without end is above every short deposit, as it should be.
  std::int64_t short_spendable() const { return std::min(deposited.get(), allowance.get()) - charged; }
  // Whether they fit.
  bool set_short(const Totals& t) {
    const auto fits = [](std::int64_t v) { return v >= 0 && v < Short::kEnd - 1; };
    const bool endless = t.allowance == kMaxAmount.units();
    if (!fits(t.deposited) || !fits(t.paid) || !(endless || fits(t.allowance)) || t.refunded != 0 ||
        t.refund_from != -1 || t.version >= 1U << 15) {
      return false;
    }
    deposited.set(t.deposited);
    paid.set(t.paid);
    allowance.set(endless ? Short::kEnd - 1 : t.allowance);
    version = t.version & 0x7FFF;
    return true;
  }
};
static_assert(sizeof(Meter) == 72);

struct Sum {
  std::uint32_t meter = kNone;
  std::uint32_t payee = kNone;
  std::int64_t charged = 0;
  std::int64_t due = 0;
};
static_assert(sizeof(Sum) == 24);

// Who a sum is for, and the platform's share of it.
struct Payee {
  std::uint32_t creator = kNone;
  std::uint32_t bps = 0;
  friend bool operator==(const Payee&, const Payee&) = default;
};

struct Creator {
  AccountId id;
};

struct Content {
  ContentId id;
  std::uint32_t closed = 0;
  std::uint32_t spare = 0;
};

// What a session was opened on: content, frozen plan and how late its heartbeats may come. A cache line.
struct alignas(64) Offer {
  std::int64_t price = 0;
  std::int64_t initial_price = 0;  // of the first initial_ticks ticks together
  std::int64_t late_ms = 0;
  std::uint32_t content = kNone;
  std::int32_t tick_ms = 0;
  std::int32_t heartbeat_ms = 0;
  std::int32_t minimum_ticks = 0;
  std::uint32_t bps = 0;
  std::uint32_t refund_unused = 0;
  std::int32_t jitter_ms = 0;
  std::uint32_t ticks_n = 0;  // that one heartbeat buys
  std::uint32_t initial_ticks = 0;
  std::uint32_t spare = 0;

  // What n ticks cost; `initial` when they are the first ones, tick 0 among them. Plans are bounded so that
  // a heartbeat's worth cannot overflow.
  std::int64_t cost(std::uint32_t n, bool initial) const {
    if (!initial || n == 0) return price * n;
    return initial_price + price * (n - std::min(n, initial_ticks));
  }
  std::int64_t price_of(std::uint32_t k) const {
    if (k >= initial_ticks) return price;
    return k == 0 ? initial_price : 0;
  }
  // How many ticks from k on cost the same.
  std::uint32_t same_price(std::uint32_t k) const {
    if (k >= initial_ticks) return kNone;
    return k == 0 && initial_price != 0 ? 1 : initial_ticks - k;
  }
  friend bool operator==(const Offer&, const Offer&) = default;
};
static_assert(sizeof(Offer) == 64);

// One start of a gateway. The first (index 0) stands for none.
struct Life {
  GatewayId gateway;
  std::uint64_t boot = 0;
  friend bool operator==(const Life&, const Life&) = default;
};

// An attachment id that was used and must not be again while its open could be repeated in time.
struct Departed {
  AttachmentId id;
  std::int64_t until = 0;
};

struct Key {
  std::string key;
  std::int64_t t = 0;
  std::int64_t amount = 0;
  std::uint32_t meter = kNone;
  std::uint32_t creator = kNone;
  std::uint32_t bps = 0;
  std::uint32_t content = kNone;  // a ticket's, a join's, a given-back ticket's
  std::uint64_t words = 0;  // a hash: of a tip's message, channel and content; of the key that is claimed
  std::uint8_t kind = 0;    // ChargeKind, or one of those below
};
inline constexpr std::uint8_t kCreditKind = 255;
inline constexpr std::uint8_t kJoinKind = 254;    // the key is the content's id
inline constexpr std::uint8_t kClaimKind = 253;   // under which a charge with a key of its own was asked for
inline constexpr std::uint8_t kPayoutKind = 252;  // under which a creator asked to be paid `amount`
inline constexpr std::uint8_t kCreditClaimKind = 251;  // under which a credit with a key of its own was
// Credits have keys of their own; all other kinds, joins apart, share theirs.
inline bool is_credit(const Key& k) { return k.kind == kCreditKind || k.kind == kCreditClaimKind; }

// What few viewers have: a limit of their own, charges, joins, free ticks that they were given.
struct Terms {
  std::int64_t limit = kDefaultLimit;
  std::vector<Key> keys;            // oldest first
  std::vector<std::uint32_t> free;  // contents, ascending
};

template <typename T>
inline constexpr bool is_image = std::is_trivially_copyable_v<T>;
static_assert(is_image<Session> && is_image<Viewer> && is_image<Meter> && is_image<Sum> &&
              is_image<Departed> && is_image<Payee> && is_image<Totals>);
static_assert(is_image<Creator> && is_image<Content> && is_image<Offer> && is_image<Life> &&
              is_image<Attachment>);

}  // namespace paytick::aggregator
