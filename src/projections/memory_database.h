#pragma once
// Database (database.h) in memory: the current values that the simulator holds against its auditor. Keeps the
// promises of the port, but for the outbox none of the tables that only list what happened.

#include <map>
#include <set>

#include "projections/database.h"

namespace paytick::projections {

class MemoryDatabase final : public Database {
 public:
  Result<Writer> acquire(std::span<const PartitionId> partitions, const OwnerId& owner) override;
  Result<LoadedPartition> load(PartitionId partition) override;
  Result<void> write(const Writer& writer, const Changes& changes) override;

  struct Sum {
    SumLine line;
    std::int64_t charged = 0, due = 0, paid = 0;
  };
  struct Session {
    std::int64_t ticks = 0, amount = 0, price = 0, spendable = 0;
    std::int32_t tick_ms = 0;
    bool blocks = false;
    bool halted = false;
    bool closed = false;
  };
  const std::map<std::pair<PartitionId, SumId>, Sum>& sums() const { return sums_; }
  const std::map<std::pair<PartitionId, SessionId>, Session>& sessions() const { return sessions_; }
  // Cumulative, over all partitions.
  std::int64_t earned(const CreatorId& creator) const;
  std::int64_t minute_ticks(const CreatorId& creator) const;
  const std::map<ViewerId, ViewerLine>& viewers() const { return viewers_; }
  // All that were ever enqueued, in order.
  const std::vector<NoticeRow>& notices() const { return notices_; }

 private:
  std::map<PartitionId, std::pair<std::uint64_t, OwnerId>> writers_;
  std::map<std::pair<Source, PartitionId>, Position> positions_;
  std::map<std::pair<PartitionId, SumId>, Sum> sums_;
  std::map<std::pair<PartitionId, SessionId>, Session> sessions_;
  std::map<ViewerId, ViewerLine> viewers_;
  std::map<ViewerId, PartitionId> viewer_partitions_;
  std::vector<NoticeRow> notices_;
  std::map<CreatorId, std::int64_t> earned_, minute_ticks_;
};

}  // namespace paytick::projections
