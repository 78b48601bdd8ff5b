#pragma once
// What the projection must remember of a partition to turn lines into rows: the newest totals of each sum,
// and the tick length of each session that runs. Both can be read back from the tables, so the book is a
// cache; after a step that was given up it is thrown away and loaded again.
//
// About 24 bytes a sum and 40 a running session. Not thread-safe.

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/ids.h"
#include "model/money.h"

namespace paytick::projections {

class Book {
 public:
  struct Sum {
    Amount charged, due;
    std::uint32_t creator = 0;  // index for creator()
    std::uint16_t bps = 0;
  };

  // Sums are numbered without holes; false when `id` is not the next one.
  bool add_sum(SumId id, const CreatorId& creator, std::uint16_t bps, Amount charged = {}, Amount due = {});
  Sum* sum(SumId id);  // nullptr: not introduced
  const CreatorId& creator(std::uint32_t index) const { return creators_[index]; }
  std::size_t sums() const { return sums_.size(); }
  const Sum& sum_at(std::size_t index) const { return sums_[index]; }

  void open_session(const SessionId& id, std::int32_t tick_ms) { sessions_[id] = tick_ms; }
  void close_session(const SessionId& id) { sessions_.erase(id); }
  std::optional<std::int32_t> tick_ms(const SessionId& id) const;  // nothing: no such session runs
  std::size_t sessions() const { return sessions_.size(); }

 private:
  std::vector<Sum> sums_;
  std::vector<CreatorId> creators_;
  std::unordered_map<CreatorId, std::uint32_t> creator_index_;
  std::unordered_map<SessionId, std::int32_t> sessions_;
};

}  // namespace paytick::projections
