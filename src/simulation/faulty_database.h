#pragma once
// The projection's database with the faults of a server far away: gone, or gone around the commit.

#include <functional>

#include "projections/memory_database.h"
#include "simulation/faults.h"

namespace paytick::simulation {

class FaultyDatabase final : public projections::Database {
 public:
  FaultyDatabase(projections::MemoryDatabase& database, Faults& faults)
      : database_(database), faults_(faults) {}

  Result<projections::Writer> acquire(std::span<const PartitionId> partitions,
                                      const OwnerId& owner) override {
    return database_.acquire(partitions, owner);
  }
  Result<projections::LoadedPartition> load(PartitionId partition) override {
    return database_.load(partition);
  }
  Result<void> write(const projections::Writer& writer, const projections::Changes& changes) override {
    const WriteFault fault = faults_.database();
    if (fault == WriteFault::away) return fail("database_away", "no connection", Next::retry);
    if (fault == WriteFault::in_doubt_dropped) return fail("in_doubt", "no answer", Next::in_doubt);
    auto done = database_.write(writer, changes);
    if (done && fault == WriteFault::in_doubt_applied) return fail("in_doubt", "no answer", Next::in_doubt);
    return done;
  }

 private:
  projections::MemoryDatabase& database_;
  Faults& faults_;
};

}  // namespace paytick::simulation
