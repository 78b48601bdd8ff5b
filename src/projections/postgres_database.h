#pragma once
// Database (database.h) on PostgreSQL through libpqxx. Connects when it is first used and after a connection
// was lost; migrates on every connect, which is a look at one table when nothing is to do.

#include <string>

#include "projections/database.h"
#include "projections/postgres_connection.h"

namespace paytick::projections {

class PostgresDatabase final : public Database {
 public:
  // `url`: a libpq connection string or URI.
  explicit PostgresDatabase(std::string url, std::string schema = kSchema, OutboxSettings outbox = {});

  Result<Writer> acquire(std::span<const PartitionId> partitions, const OwnerId& owner) override;
  Result<LoadedPartition> load(PartitionId partition) override;
  Result<void> write(const Writer& writer, const Changes& changes) override;

 private:
  void load_notices(pqxx::transaction_base& tx, PartitionId partition, LoadedPartition& loaded) const;
  template <typename Work>
  auto with_connection(const Work& work) -> Result<decltype(work(std::declval<pqxx::connection&>()))>;

  const std::string url_, schema_;
  const OutboxSettings outbox_;
  std::unique_ptr<pqxx::connection> connection_;
};

// Statements of one step, in an order that satisfies what they refer to (postgres_rows.cc).
void write_rows(pqxx::transaction_base& tx, const Changes& changes);

// The part of it in postgres_controls.cc.
void write_controls(pqxx::transaction_base& tx, const Changes& changes);
void write_credited(pqxx::transaction_base& tx, const Changes& changes);

// The position as stored.
Position read_position(const pqxx::row& row);
inline constexpr const char* kPositionColumns =
    "next_offset, epoch, encode(uuid_send(owner), 'hex'), frame_to, encode(prev, 'hex'), as_of_ms";

}  // namespace paytick::projections
