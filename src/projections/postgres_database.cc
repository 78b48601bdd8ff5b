#include "projections/postgres_database.h"

#include <algorithm>

#include "projections/bulk_rows.h"
#include "projections/outbox_rows.h"

namespace paytick::projections {
namespace {

struct Conflict {
  Error error;
};

int number(PartitionId partition) { return static_cast<int>(partition); }

template <typename Id>
Id from_hex(const std::string& text) {
  Id id;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < Id::kSize && 2 * i + 1 < text.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(digit(text[2 * i]) * 16 + digit(text[2 * i + 1]));
  return id;
}

// Holds the writers' rows until the transaction ends, so that a transaction whose commit is in doubt has
// either ended or is waited for.
void check_writer(pqxx::work& tx, const Writer& writer) {
  for (const auto& [partition, epoch] : writer.epochs) {
    const auto row = tx.exec_params(
        "SELECT epoch, encode(uuid_send(owner), 'hex') FROM writers WHERE partition = $1 FOR UPDATE",
        number(partition));
    if (row.empty() || row[0][0].as<std::uint64_t>() != epoch ||
        from_hex<OwnerId>(row[0][1].c_str()) != writer.owner)
      throw Conflict{{"writer_fenced",
                      "another projection has taken partition " + std::to_string(number(partition)) + " over",
                      Next::abort}};
  }
}

// Whether the step has been committed already.
bool is_written(pqxx::work& tx, const Changes& changes) {
  std::size_t before = 0, after = 0;
  for (const PositionChange& change : changes.positions) {
    const auto row = tx.exec_params(
        std::string("SELECT ") + kPositionColumns + " FROM positions WHERE topic = $1 AND partition = $2",
        std::string(to_text(change.source)), number(change.partition));
    const Position now = row.empty() ? Position{} : read_position(row[0]);
    before += now == change.before;
    after += now == change.after;
  }
  if (after == changes.positions.size()) return true;
  if (before != changes.positions.size())
    throw Conflict{{"positions_moved", "the tables do not stand where this step began; they are read anew",
                    Next::abort}};
  return false;
}

void write_positions(pqxx::work& tx, const Changes& changes) {
  BulkRows<Text, std::int32_t, std::int64_t, std::int64_t, Uuid, std::int64_t, Bytea, std::int64_t> rows;
  for (const PositionChange& change : changes.positions)
    rows.add(
        Text(to_text(change.source)), number(change.partition), static_cast<std::int64_t>(change.after.next),
        static_cast<std::int64_t>(change.after.frames.epoch), change.after.frames.owner,
        static_cast<std::int64_t>(change.after.frames.to), change.after.frames.prev, change.after.as_of.ms);
  rows.exec(tx, "INSERT INTO positions SELECT * FROM " + rows.unnest() +
                    " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset,"
                    " epoch = excluded.epoch, owner = excluded.owner, frame_to = excluded.frame_to,"
                    " prev = excluded.prev, as_of_ms = excluded.as_of_ms");
}

// What the book remembers of sessions that run, and who is frozen.
void load_sessions(pqxx::transaction_base& tx, PartitionId partition, LoadedPartition& loaded) {
  for (const auto& row : tx.exec_params(
           "SELECT encode(uuid_send(s.session), 'hex'), s.tick_ms, s.price, t.amount, s.refund_unused,"
           " t.halt IS NOT NULL, t.ticks, t.spendable, s.heartbeat_ms FROM session_totals t JOIN sessions s "
           "USING (session)"
           " WHERE t.partition = $1 AND t.closed_ms IS NULL",
           number(partition))) {
    Book::Session session;
    session.tick_ms = row[1].as<std::int32_t>();
    session.price = Amount(row[2].as<std::int64_t>());
    session.amount = Amount(row[3].as<std::int64_t>());
    session.blocks = has_blocks(row[4].as<bool>(), session.tick_ms, row[8].as<std::int32_t>());
    session.halted = row[5].as<bool>();
    session.low = row[6].as<std::int64_t>() > 0 &&
                  is_low(session.price, session.tick_ms, Amount(row[7].as<std::int64_t>()),
                         loaded.notices.low_balance_ms);
    loaded.book.open_session(from_hex<SessionId>(row[0].c_str()), session);
  }
  for (const auto& row :
       tx.exec_params("SELECT viewer FROM viewers WHERE partition = $1 AND frozen", number(partition)))
    if (const auto viewer = parse_id<ViewerId>(row[0].c_str())) loaded.book.set_frozen(*viewer, true);
}

}  // namespace

Position read_position(const pqxx::row& row) {
  Position position;
  position.next = Offset{row[0].as<std::int64_t>()};
  position.frames.epoch = Epoch{row[1].as<std::uint64_t>()};
  position.frames.owner = from_hex<OwnerId>(row[2].c_str());
  position.frames.to = Offset{row[3].as<std::int64_t>()};
  position.frames.prev = from_hex<FrameHash>(row[4].c_str());
  position.as_of.ms = row[5].as<std::int64_t>();
  return position;
}

PostgresDatabase::PostgresDatabase(std::string url, std::string schema, OutboxSettings outbox)
    : url_(std::move(url)), schema_(std::move(schema)), outbox_(std::move(outbox)) {}

void PostgresDatabase::load_notices(pqxx::transaction_base& tx, PartitionId partition,
                                    LoadedPartition& loaded) const {
  loaded.notices.low_balance_ms = outbox_.low_balance_ms;
  if (outbox_.nobody()) return;
  const auto ticks = outbox_position(tx, Source::ticks, partition);
  const auto settlements = outbox_position(tx, Source::settlements, partition);
  if (!ticks || !settlements) return;
  loaded.notices.wanted = true;
  loaded.notices.ticks = *ticks;
  loaded.notices.settlements = *settlements;
}

template <typename Work>
auto PostgresDatabase::with_connection(const Work& work)
    -> Result<decltype(work(std::declval<pqxx::connection&>()))> {
  try {
    auto done = guarded([&] {
      if (!connection_) connection_ = open_migrated(url_, schema_);
      return work(*connection_);
    });
    if (!done) connection_.reset();
    return done;
  } catch (const Conflict& conflict) {
    return tl::unexpected(conflict.error);
  }
}

Result<Writer> PostgresDatabase::acquire(std::span<const PartitionId> partitions, const OwnerId& owner) {
  return with_connection([&](pqxx::connection& connection) {
    pqxx::work tx(connection);
    Writer writer{owner, {}};
    std::vector<PartitionId> sorted(partitions.begin(), partitions.end());
    std::sort(sorted.begin(), sorted.end());  // two writers lock in the same order
    for (const PartitionId partition : sorted) {
      BulkRows<std::int32_t, Uuid> row;
      row.add(number(partition), owner);
      row.exec(tx, "INSERT INTO writers (partition, owner, epoch) SELECT p, o, 1 FROM " + row.unnest() +
                       " AS r(p, o) ON CONFLICT (partition) DO UPDATE SET epoch = writers.epoch + 1, owner = "
                       "excluded.owner");
      const auto epoch = tx.exec_params("SELECT epoch FROM writers WHERE partition = $1", number(partition));
      writer.epochs.emplace_back(partition, epoch[0][0].as<std::uint64_t>());
    }
    // A shadow begins nothing: what it has passed may be news for the tables that it will replace.
    if (schema_ == kSchema) begin_outbox(tx, sorted);
    tx.commit();
    return writer;
  });
}

Result<LoadedPartition> PostgresDatabase::load(PartitionId partition) {
  return with_connection([&](pqxx::connection& connection) {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> tx(connection);
    LoadedPartition loaded;
    for (const auto& row : tx.exec_params(
             std::string("SELECT ") + kPositionColumns + ", topic FROM positions WHERE partition = $1",
             number(partition))) {
      const std::string topic = row[6].c_str();
      (topic == "ticks"         ? loaded.ticks
       : topic == "settlements" ? loaded.settlements
                                : loaded.catalog) = read_position(row);
    }
    for (const auto& row : tx.exec_params(
             "SELECT sum_id, creator, bps, charged, due FROM sum_totals WHERE partition = $1 ORDER BY sum_id",
             number(partition))) {
      const auto creator = parse_id<CreatorId>(row[1].c_str());
      if (!creator ||
          !loaded.book.add_sum(SumId{row[0].as<std::uint32_t>()}, *creator,
                               static_cast<std::uint16_t>(row[2].as<int>()),
                               Amount(row[3].as<std::int64_t>()), Amount(row[4].as<std::int64_t>())))
        throw std::runtime_error("the table sums has a hole at " + std::string(row[0].c_str()) +
                                 "; rebuild with `paytick replay`");
    }
    load_notices(tx, partition, loaded);
    load_sessions(tx, partition, loaded);
    return loaded;
  });
}

Result<void> PostgresDatabase::write(const Writer& writer, const Changes& changes) {
  return with_connection([&](pqxx::connection& connection) {
    pqxx::work tx(connection);
    check_writer(tx, writer);
    if (is_written(tx, changes)) return;
    write_rows(tx, changes);
    write_positions(tx, changes);
    write_notices(tx, changes, outbox_);
    tx.commit();
  });
}

}  // namespace paytick::projections
