// Statements for what the chain did with credits.

#include "projections/bulk_rows.h"
#include "projections/postgres_database.h"

namespace paytick::projections {

using paytick::to_text;

void write_credited(pqxx::transaction_base& tx, const Changes& changes) {
  const auto number = [](PartitionId partition) { return static_cast<std::int32_t>(partition); };
  BulkRows<Text, std::int32_t, Text, std::int64_t, std::int64_t> parked;
  for (const auto& row : changes.parked_credits)
    parked.add(to_text(row.line.meter), number(row.partition), row.line.code, row.line.cumulative.units(),
               row.line.at.ms);
  parked.exec(tx, "INSERT INTO parked_credits SELECT DISTINCT ON (m) m, p, code, cumulative, at FROM " +
                      parked.unnest() +
                      " WITH ORDINALITY AS r(m, p, code, cumulative, at, n) ORDER BY m, n DESC"
                      " ON CONFLICT (meter) DO UPDATE SET partition = excluded.partition,"
                      " code = excluded.code, cumulative = excluded.cumulative, at_ms = excluded.at_ms");

  BulkRows<Text, std::int64_t, std::int32_t, std::int64_t, Text, std::int64_t, std::int64_t> paid;
  for (const CreditedRow& row : changes.credited)
    paid.add(to_text(row.item.meter), row.item.cumulative.units(), number(row.partition),
             row.item.amount.units(), to_text(row.hash), row.ledger, row.at.ms);
  // A later transaction that found nothing new to pay tells the same sum again: the first has paid it.
  paid.exec(tx,
            "INSERT INTO credit_payments SELECT DISTINCT ON (m, c) m, c, p, amount, hash, ledger, at FROM " +
                paid.unnest() +
                " WITH ORDINALITY AS r(m, c, p, amount, hash, ledger, at, n) ORDER BY m, c, n"
                " ON CONFLICT (meter, cumulative) DO NOTHING");
  paid.exec(tx, "DELETE FROM parked_credits t USING (SELECT r.m, max(r.c) AS paid FROM " + paid.unnest() +
                    " AS r(m, c, p, amount, hash, ledger, at) GROUP BY r.m) n"
                    " WHERE t.meter = n.m AND t.cumulative <= n.paid");
}

}  // namespace paytick::projections
