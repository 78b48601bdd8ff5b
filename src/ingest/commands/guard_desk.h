#pragma once
// Rules by which a viewer is frozen on suspicion. The desk sees what the gateway lets in and says why
// somebody should be frozen; whoever asked it writes the `freeze` with that reason. An operator lifts it.
//
//   screens     more attachments alive at once than are sold, whichever gateway hears of them: what others
//   have
//               written is read from the log, and judged with the next word that comes here.
//   heartbeats  more heartbeats than any player sends: per second, over ten seconds of the heartbeats' own
//               time, so that a backfill of days in one request is judged as the days it tells of.
//   addresses   networks (/24, or /64 of IPv6) that sockets of one viewer came from within an hour.
//
// Whoever was frozen by a rule begins anew: it takes the same evidence once more to be frozen again.
//
// Thread-safe; time is an argument. Bounded: what is forgotten first is whoever was silent longest.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/flat_map.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

struct GuardRules {
  std::int64_t screens_max = 0;  // 0: off. How many are sold, the platform knows alone.
  // 0: off. A hundred times what the shortest heartbeat needs, so that retries and load tests pass.
  std::int64_t heartbeats_per_second_max = 1'000;
  std::int64_t addresses_per_hour_max = 32;  // 0: off. Phones move, but not so often.
};
inline constexpr std::int64_t kScreensMax = 60;       // of GuardRules::screens_max
inline constexpr std::int64_t kAddressesMax = 1'000;  // of GuardRules::addresses_per_hour_max
// Of each rule; two generations are kept, about 100 bytes an entry.
inline constexpr std::size_t kGuardedMax = 500'000;
inline constexpr std::int64_t kRateWindowMs = 10'000;
inline constexpr std::int64_t kAddressWindowMs = 3'600'000;

using RateKey = Bytes<16, struct RateTag>;  // whose heartbeats are counted together

class GuardDesk {
 public:
  explicit GuardDesk(const GuardRules& rules);

  // Each gives the reason of a freeze, or nothing.
  using Verdict = std::optional<std::string>;

  // An attachment was opened here; it is alive for `heartbeat_ms` and some slack after it, and after each of
  // its beats.
  Verdict opened(const ViewerId& viewer, const AttachmentId& attachment, std::int64_t heartbeat_ms,
                 TimeMs at);
  Verdict beat(const AttachmentId& attachment, TimeMs at);
  // The same as the log says it, of every gateway. They give no verdict: the gateway that was told does.
  void read_open(const ViewerId& viewer, const AttachmentId& attachment, std::int64_t heartbeat_ms,
                 TimeMs at);
  void read_beat(const AttachmentId& attachment, TimeMs at);
  bool counts_screens() const { return rules_.screens_max != 0; }
  void left(const AttachmentId& attachment);

  // A heartbeat for the time `at`.
  Verdict heartbeat(const RateKey& key, TimeMs at);
  static RateKey key_of(const ViewerId& viewer);    // of sockets
  static RateKey key_of(const SessionId& session);  // of a platform's session

  // A socket from this address ("192.0.2.1", "2001:db8::1") acts for the viewer.
  Verdict seen_at(const ViewerId& viewer, std::string_view address, TimeMs now);

 private:
  // The last kGuardedMax entries that were used, and up to as many before them.
  template <typename Key, typename Value>
  struct Remembered {
    FlatMap<Key, Value> young, old;
    Value& at(const Key& key, std::size_t max = kGuardedMax);
    Value* find(const Key& key);
  };
  struct Screen {
    AttachmentId attachment;
    TimeMs since, until;  // alive in between, as far as is known
  };
  struct Owner {
    ViewerId viewer;
    std::int64_t heartbeat_ms = 0;
    bool has_left = false;  // the log may tell of it once more
  };
  struct Rate {
    std::int64_t window = -1;  // at / kRateWindowMs
    std::int64_t n = 0;
  };
  struct Networks {
    TimeMs since;
    std::vector<std::uint64_t> hashes;
  };
  struct RateShard {
    std::mutex mutex;
    Remembered<RateKey, Rate> rates;
  };

  // With the screens' lock. The viewer's screens that are alive.
  std::vector<Screen>& note(const Owner& owner, const AttachmentId& attachment, TimeMs at);
  Verdict judge(std::vector<Screen>& screens, TimeMs at) const;

  const GuardRules rules_;
  std::mutex screens_mutex_;
  Remembered<ViewerId, std::vector<Screen>> screens_;
  Remembered<AttachmentId, Owner> owners_;
  static constexpr std::size_t kShards = 16;
  std::unique_ptr<RateShard[]> rates_;
  std::mutex networks_mutex_;
  Remembered<ViewerId, Networks> networks_;
};

}  // namespace paytick::ingest
