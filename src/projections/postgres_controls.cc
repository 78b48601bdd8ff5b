// Statements for what viewers have set and asked for, and for what shows how content is watched.

#include "projections/bulk_rows.h"
#include "projections/postgres_database.h"

namespace paytick::projections {
namespace {

using paytick::to_text;

std::int32_t number(PartitionId partition) { return static_cast<std::int32_t>(partition); }

void write_viewers(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Text, std::int32_t, std::int64_t, std::int16_t, bool, bool, Text, std::int64_t> viewers;
  for (const ViewerRow& row : changes.viewers)
    viewers.add(to_text(row.line.viewer), number(row.partition), row.line.limit.units(),
                static_cast<std::int16_t>(row.line.period), row.line.paused, row.line.frozen, row.line.reason,
                row.line.at.ms);
  viewers.exec(tx, "INSERT INTO viewers AS v SELECT * FROM " + viewers.unnest() +
                       " ON CONFLICT (viewer) DO UPDATE SET partition = excluded.partition,"
                       " spending_limit = excluded.spending_limit, period = excluded.period,"
                       " paused = excluded.paused, frozen = excluded.frozen,"
                       " reason = CASE WHEN excluded.reason = '' THEN v.reason ELSE excluded.reason END,"
                       " at_ms = excluded.at_ms");
  BulkRows<Text, Uuid, std::int32_t, std::int64_t> joins;
  for (const auto& row : changes.joins)
    joins.add(to_text(row.line.viewer), row.line.content, number(row.partition), row.line.at.ms);
  joins.exec(tx, "INSERT INTO joins SELECT DISTINCT ON (v, c) v, c, p, at FROM " + joins.unnest() +
                     " WITH ORDINALITY AS r(v, c, p, at, n) ORDER BY v, c, n DESC"
                     " ON CONFLICT (viewer, content) DO UPDATE SET at_ms = excluded.at_ms");
  BulkRows<Uuid, std::int32_t, Text, std::int64_t> payouts;
  for (const auto& row : changes.payouts)
    payouts.add(row.id, number(row.partition), to_text(row.line.creator), row.line.at.ms);
  payouts.exec(tx, "INSERT INTO payouts SELECT * FROM " + payouts.unnest());
}

void write_blocks(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, std::int64_t, std::int32_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t> blocks;
  for (const BlockRow& row : changes.blocks)
    blocks.add(row.session, row.k, number(row.partition), row.start.ms, row.bought.ms, row.amount.units(),
               row.cumulative.units());
  // A session's name that comes again shows the newest, as in `sessions`.
  blocks.exec(tx,
              "INSERT INTO blocks SELECT DISTINCT ON (s, k) s, k, p, start_ms, bought_ms, amount, cumulative"
              " FROM " +
                  blocks.unnest() +
                  " WITH ORDINALITY AS r(s, k, p, start_ms, bought_ms, amount, cumulative, n)"
                  " ORDER BY s, k, n DESC ON CONFLICT (session, k) DO UPDATE SET"
                  " partition = excluded.partition, start_ms = excluded.start_ms,"
                  " bought_ms = excluded.bought_ms, amount = excluded.amount,"
                  " cumulative = excluded.cumulative");
  BulkRows<Uuid, std::int32_t> views;
  for (const ViewRow& row : changes.views) views.add(row.session, number(row.partition));
  views.exec(tx, "INSERT INTO content_views AS v SELECT s.content, r.p, count(*) FROM " + views.unnest() +
                     " AS r(session, p) JOIN sessions s USING (session) GROUP BY s.content, r.p"
                     " ON CONFLICT (content, partition) DO UPDATE SET views = v.views + excluded.views");
}

}  // namespace

void write_controls(pqxx::transaction_base& tx, const Changes& changes) {
  write_viewers(tx, changes);
  write_blocks(tx, changes);
}

}  // namespace paytick::projections
