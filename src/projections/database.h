#pragma once
// The projection's database as a port: PostgreSQL in production (postgres_database.h), an in-memory one for
// the simulator and tests (memory_database.h).
//
// Exactly once: write() applies a step's rows, its positions and the check of the writer's epoch in one
// transaction, and only if the positions stand where the step began. So a step may be written again after any
// answer: if it had been committed, write() finds the new positions and does nothing.
//
// Errors:
//   "database_away"   retry     no connection, or the server refuses work for now
//   "in_doubt"        in_doubt  the connection broke around the commit: write the same step again
//   "writer_fenced"   abort     another writer took a partition over: start again
//   "schema_newer"    fatal     a newer paytick has migrated these tables
//   "database_error"  fatal     anything else the server said; its words are in the message
//
// One thread uses a Database at a time.

#include <memory>
#include <span>
#include <vector>

#include "projections/book.h"
#include "projections/merge.h"
#include "projections/rows.h"

namespace paytick::projections {

struct Writer {
  OwnerId owner;  // random, one a start
  std::vector<std::pair<PartitionId, std::uint64_t>> epochs;
};

struct LoadedPartition {
  Position ticks, settlements, catalog;
  Book book;
  NoticeRules notices;
};

class Database {
 public:
  virtual ~Database() = default;

  // Takes partitions over: every earlier writer of them is refused from here on. Connects and migrates when
  // that is needed.
  virtual Result<Writer> acquire(std::span<const PartitionId> partitions, const OwnerId& owner) = 0;

  // What the tables hold of a partition: positions and the book.
  virtual Result<LoadedPartition> load(PartitionId partition) = 0;

  virtual Result<void> write(const Writer& writer, const Changes& changes) = 0;
};

}  // namespace paytick::projections
