#pragma once
// What the projection must remember of a partition to turn lines into rows: the newest totals of each sum, a
// few words of each session that runs, and who is frozen. All can be read back from the tables, so the book
// is a cache; after a step that was given up it is thrown away and loaded again.
//
// About 24 bytes a sum and 64 a running session. Not thread-safe.

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/ids.h"
#include "model/money.h"

namespace paytick::projections {

// Whether each tick of a session is shown by itself: those of calls, where a heartbeat is a block.
constexpr bool has_blocks(bool refund_unused, std::int32_t tick_ms, std::int32_t heartbeat_ms) {
  return !refund_unused && tick_ms == heartbeat_ms;
}

class Book {
 public:
  struct Sum {
    Amount charged, due;
    std::uint32_t creator = 0;  // index for creator()
    std::uint16_t bps = 0;
  };

  struct Session {
    Amount price;   // of a tick
    Amount amount;  // bought so far, less given back
    std::int32_t tick_ms = 0;
    bool blocks = false;  // each tick is a row of its own
    bool halted = false;
    bool low = false;  // its newest purchase left less than the watching time that low_balance is about
  };

  // Sums are numbered without holes; false when `id` is not the next one.
  bool add_sum(SumId id, const CreatorId& creator, std::uint16_t bps, Amount charged = {}, Amount due = {});
  Sum* sum(SumId id);  // nullptr: not introduced
  const CreatorId& creator(std::uint32_t index) const { return creators_[index]; }
  std::size_t sums() const { return sums_.size(); }
  const Sum& sum_at(std::size_t index) const { return sums_[index]; }

  void open_session(const SessionId& id, const Session& session) { sessions_[id] = session; }
  void close_session(const SessionId& id) { sessions_.erase(id); }
  Session* session(const SessionId& id);  // nullptr: no such session runs
  std::size_t sessions() const { return sessions_.size(); }

  // True: that is news.
  bool set_frozen(const ViewerId& viewer, bool frozen) {
    return frozen ? frozen_.insert(viewer).second : frozen_.erase(viewer) > 0;
  }

 private:
  std::vector<Sum> sums_;
  std::vector<CreatorId> creators_;
  std::unordered_map<CreatorId, std::uint32_t> creator_index_;
  std::unordered_map<SessionId, Session> sessions_;
  std::unordered_set<ViewerId> frozen_;
};

}  // namespace paytick::projections
