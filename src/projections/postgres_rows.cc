// One statement a table. Text of account and contract ids is made here; analysts read it.

#include "projections/bulk_rows.h"
#include "projections/postgres_database.h"

namespace paytick::projections {
namespace {

using paytick::to_text;

std::int32_t number(PartitionId partition) { return static_cast<std::int32_t>(partition); }
std::int64_t number(SumId sum) { return static_cast<std::int64_t>(sum); }
template <typename Enum>
std::int16_t code(Enum value) {
  return static_cast<std::int16_t>(value);
}

std::string array_text(const std::array<std::int64_t, kSumsPerPage>& values) {
  std::string text = "{";
  for (const std::int64_t value : values) text.append(std::to_string(value)).push_back(',');
  text.back() = '}';
  return text;
}

void write_sums(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<std::int32_t, std::int64_t, Text, Text, Text, std::int32_t> sums;
  for (const SumRow& row : changes.sums)
    sums.add(number(row.partition), number(row.line.sum), to_text(row.line.viewer), to_text(row.line.meter),
             to_text(row.line.creator), row.line.bps);
  sums.exec(
      tx, "INSERT INTO sums (partition, sum_id, viewer, meter, creator, bps) SELECT * FROM " + sums.unnest());

  BulkRows<std::int32_t, std::int64_t, Text, Text> pages;
  for (const SumPage& page : changes.pages)
    pages.add(number(page.partition), page.page, array_text(page.charged), array_text(page.due));
  pages.exec(tx,
             "INSERT INTO sum_pages SELECT p, n, c::int8[], d::int8[] FROM " + pages.unnest() +
                 " AS r(p, n, c, d) ON CONFLICT (partition, page) DO UPDATE SET charged = excluded.charged,"
                 " due = excluded.due");
}

// A sum is of the platform that opened its newest session.
void write_platforms(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<std::int32_t, std::int64_t, Uuid> rows;
  for (const SessionRow& row : changes.sessions)
    rows.add(number(row.partition), number(row.line.sum), row.line.platform);
  rows.exec(
      tx, "UPDATE sums s SET platform = r.platform FROM (SELECT DISTINCT ON (p, sum) p, sum, platform FROM " +
              rows.unnest() +
              " WITH ORDINALITY AS r(p, sum, platform, n) ORDER BY p, sum, n DESC) r WHERE s.partition = r.p"
              " AND s.sum_id = r.sum AND s.platform IS DISTINCT FROM r.platform");
}

void write_sessions(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, std::int32_t, std::int64_t, Text, Uuid, Uuid, std::int32_t, std::int64_t, std::int32_t,
           std::int32_t, std::int32_t, bool, std::int64_t, std::int64_t, Uuid, Text, std::int32_t,
           std::int64_t>
      rows;
  for (const SessionRow& row : changes.sessions) {
    const OpenedLine& line = row.line;
    rows.add(line.session, number(row.partition), number(line.sum), to_text(line.viewer), line.content,
             line.plan.id, line.plan.tick_ms, line.plan.price_per_tick.units(), line.plan.heartbeat_ms,
             line.plan.minimum_ticks, line.plan.platform_bps, line.plan.refund_unused, line.start.ms,
             row.charged_before.units(), line.platform, line.reference, line.plan.initial_ticks,
             line.plan.initial_price.units());
  }
  rows.exec(
      tx,
      "INSERT INTO sessions (session, partition, sum_id, viewer, meter, creator, content, plan, tick_ms, "
      "price,"
      " heartbeat_ms, minimum_ticks, bps, refund_unused, start_ms, charged_before, platform, reference, "
      "initial_ticks, initial_price)"
      " SELECT DISTINCT ON (r.session) r.session, r.p, r.sum, r.viewer, s.meter, s.creator, r.content, "
      "r.plan, r.tick_ms, r.price,"
      " r.heartbeat_ms, r.minimum, r.bps, r.refund, r.start_ms, r.charged, r.platform, r.reference, "
      "r.initial_ticks, r.initial_price FROM " +
          rows.unnest() +
          " AS r(session, p, sum, viewer, content, plan, tick_ms, price, heartbeat_ms, minimum, bps, refund,"
          " start_ms, charged, platform, reference, initial_ticks, initial_price) JOIN sums s ON s.partition "
          "= r.p AND s.sum_id = r.sum"
          " ORDER BY r.session, r.start_ms DESC"
          // A platform that uses a session's name again, long after it closed: the newest is shown.
          " ON CONFLICT (session) DO UPDATE SET partition = excluded.partition, sum_id = excluded.sum_id,"
          " viewer = excluded.viewer, meter = excluded.meter, creator = excluded.creator,"
          " content = excluded.content, plan = excluded.plan, tick_ms = excluded.tick_ms,"
          " price = excluded.price, heartbeat_ms = excluded.heartbeat_ms,"
          " minimum_ticks = excluded.minimum_ticks, bps = excluded.bps,"
          " refund_unused = excluded.refund_unused, start_ms = excluded.start_ms,"
          " charged_before = excluded.charged_before, platform = excluded.platform,"
          " reference = excluded.reference, initial_ticks = excluded.initial_ticks,"
          " initial_price = excluded.initial_price");
}

// Which columns a line of the step has set.
constexpr std::int16_t kMoney = 1, kHalt = 2, kProof = 4;

void write_totals(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, std::int32_t, std::optional<std::int16_t>, std::int64_t, std::int64_t, std::int64_t,
           std::int64_t, std::optional<std::int64_t>, Bytea, std::int64_t>
      fresh;
  BulkRows<Uuid, std::int16_t, std::optional<std::int16_t>, std::int64_t, std::int64_t, std::int64_t,
           std::int64_t, std::optional<std::int64_t>, Bytea, std::int64_t>
      known;
  for (const SessionTotals& row : changes.totals) {
    const auto halt = row.halt ? std::optional(code(*row.halt)) : std::nullopt;
    std::optional<std::int64_t> closed;
    if (row.closed) closed = row.closed->ms;
    const auto said = static_cast<std::int16_t>((row.has_money ? kMoney : 0) | (row.has_halt ? kHalt : 0) |
                                                (row.has_proof ? kProof : 0));
    if (row.fresh)
      fresh.add(row.session, number(row.partition), halt, row.ticks, row.paid_until.ms,
                row.charged_after.units(), row.spendable.units(), closed, row.proof, row.amount.units());
    else
      known.add(row.session, said, halt, row.ticks, row.paid_until.ms, row.charged_after.units(),
                row.spendable.units(), closed, row.proof, row.amount.units());
  }
  fresh.exec(
      tx,
      "INSERT INTO session_totals (session, partition, halt, ticks, paid_until_ms, charged_after, spendable,"
      " closed_ms, proof, amount) SELECT * FROM " +
          fresh.unnest() +
          " ON CONFLICT (session) DO UPDATE SET partition = excluded.partition, halt = excluded.halt,"
          " ticks = excluded.ticks, paid_until_ms = excluded.paid_until_ms,"
          " charged_after = excluded.charged_after, spendable = excluded.spendable,"
          " closed_ms = excluded.closed_ms, proof = excluded.proof, amount = excluded.amount");
  known.exec(tx,
             "UPDATE session_totals t SET halt = CASE WHEN r.said & 2 <> 0 THEN r.halt ELSE t.halt END,"
             " ticks = CASE WHEN r.said & 1 <> 0 THEN r.ticks ELSE t.ticks END,"
             " amount = CASE WHEN r.said & 1 <> 0 THEN r.amount ELSE t.amount END,"
             " paid_until_ms = CASE WHEN r.said & 1 <> 0 THEN r.paid_until ELSE t.paid_until_ms END,"
             " charged_after = CASE WHEN r.said & 1 <> 0 THEN r.charged ELSE t.charged_after END,"
             " spendable = CASE WHEN r.said & 1 <> 0 THEN r.spendable ELSE t.spendable END,"
             " closed_ms = coalesce(r.closed, t.closed_ms),"
             " proof = CASE WHEN r.said & 4 <> 0 THEN r.proof ELSE t.proof END FROM " +
                 known.unnest() +
                 " AS r(session, said, halt, ticks, paid_until, charged, spendable, closed, proof, amount)"
                 " WHERE t.session = r.session");
}

void write_earnings(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Text, std::int64_t, std::int32_t, std::int64_t, std::int64_t, std::int64_t> minutes;
  for (const MinuteDelta& row : changes.minutes)
    minutes.add(to_text(row.creator), row.minute_ms, number(row.partition), row.ticks, row.tick_amount,
                row.charge_amount);
  minutes.exec(
      tx, "INSERT INTO creator_minutes AS t SELECT * FROM " + minutes.unnest() +
              " ON CONFLICT (creator, minute_ms, partition) DO UPDATE SET ticks = t.ticks + excluded.ticks,"
              " tick_amount = t.tick_amount + excluded.tick_amount,"
              " charge_amount = t.charge_amount + excluded.charge_amount");
  BulkRows<Text, std::int32_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t> totals;
  for (const CreatorDelta& row : changes.creators)
    totals.add(to_text(row.creator), number(row.partition), row.due, row.earned, row.paid, row.fees);
  totals.exec(tx, "INSERT INTO creator_totals AS t SELECT * FROM " + totals.unnest() +
                      " ON CONFLICT (creator, partition) DO UPDATE SET due = t.due + excluded.due,"
                      " earned = t.earned + excluded.earned, paid = t.paid + excluded.paid, fees = t.fees + "
                      "excluded.fees");
}

void write_charges(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, std::int32_t, std::int64_t, std::int16_t, Text, std::int64_t, std::int64_t, std::int64_t,
           Bytea, Text, Text, std::optional<Uuid>>
      charges;
  for (const auto& row : changes.charges)
    charges.add(row.id, number(row.partition), number(row.line.sum), code(row.line.kind), row.line.key,
                row.line.amount.units(), row.line.charged.units(), row.line.at.ms, row.line.proof,
                row.line.message, row.line.channel,
                row.line.content.is_zero() ? std::nullopt : std::optional(Uuid(row.line.content)));
  charges.exec(tx,
               "INSERT INTO charges (id, partition, sum_id, meter, creator, kind, key, amount, charged, "
               "at_ms, proof, viewer,"
               " message, channel, content) SELECT r.id, r.p, r.sum, s.meter, s.creator, r.kind, r.key, "
               "r.amount, r.charged,"
               " r.at, r.proof, s.viewer, r.message, r.channel, r.content FROM " +
                   charges.unnest() +
                   " AS r(id, p, sum, kind, key, amount, charged, at, proof, message, channel, content) JOIN "
                   "sums s ON s.partition = r.p AND"
                   " s.sum_id = r.sum");
  BulkRows<Uuid, std::int32_t, Text, Text, std::int64_t, Text, Text, Text, std::int64_t, std::int64_t>
      credits;
  for (const auto& row : changes.credits)
    credits.add(row.id, number(row.partition), to_text(row.line.meter), to_text(row.line.viewer),
                row.line.amount.units(), row.line.key, row.line.reason, row.line.corrects, row.line.at.ms,
                row.line.credited.units());
  credits.exec(tx,
               "INSERT INTO credits (id, partition, meter, viewer, amount, key, reason, corrects, at_ms, "
               "credited) SELECT * FROM " +
                   credits.unnest());
}

void write_refused(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, std::int32_t, Uuid, std::int16_t, std::int64_t, std::int64_t> halts;
  for (const auto& row : changes.halts)
    halts.add(row.id, number(row.partition), row.line.session, code(row.line.reason), row.line.at.ms,
              row.line.spendable.units());
  halts.exec(tx, "INSERT INTO halts SELECT * FROM " + halts.unnest());
  BulkRows<Uuid, std::int32_t, Uuid, std::int64_t, std::int64_t, std::int32_t> late;
  for (const auto& row : changes.late)
    late.add(row.id, number(row.partition), row.line.attachment, row.line.at.ms,
             static_cast<std::int64_t>(row.line.offset), static_cast<std::int32_t>(row.line.line));
  late.exec(tx, "INSERT INTO late SELECT * FROM " + late.unnest());
  BulkRows<Uuid, std::int32_t, Text, Text, std::int64_t, std::int32_t, std::int64_t> rejected;
  for (const auto& row : changes.rejected)
    rejected.add(row.id, number(row.partition), row.line.code, row.line.input,
                 static_cast<std::int64_t>(row.line.offset), static_cast<std::int32_t>(row.line.line),
                 row.append_time.ms);
  rejected.exec(tx, "INSERT INTO rejected SELECT * FROM " + rejected.unnest());
  BulkRows<std::int32_t, Text, std::int64_t> refusals;
  for (const RefusalDelta& row : changes.refusals) refusals.add(number(row.partition), row.code, row.n);
  refusals.exec(tx, "INSERT INTO refusals AS t SELECT * FROM " + refusals.unnest() +
                        " ON CONFLICT (partition, code) DO UPDATE SET n = t.n + excluded.n");
}

void write_meters(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, Uuid, std::int32_t, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
           std::int64_t, std::int64_t, std::int64_t, std::optional<Text>>
      rows;
  for (const auto& row : changes.meters) {
    const MeterLine& line = row.line;
    RowId refund = row.id;  // one report may hold both a top-up and a refund
    refund.bytes[12] |= 0x80;
    rows.add(row.id, refund, number(row.partition), to_text(line.meter), to_text(line.viewer),
             line.deposited.units(), line.refunded.units(), line.paid.units(), line.allowance.units(),
             static_cast<std::int64_t>(line.version), line.ledger, row.append_time.ms,
             line.tx.is_zero() ? std::nullopt : std::optional(to_text(line.tx)));
  }
  const std::string reports = "WITH r AS (SELECT * FROM " + rows.unnest() +
                              " WITH ORDINALITY AS r(id, refund_id, p, meter, viewer, deposited, refunded, "
                              "paid, allowance, version, ledger,"
                              " at_ms, tx, n)) ";
  rows.exec(
      tx,
      reports +
          ", change AS (SELECT r.*,"
          " r.deposited - coalesce(lag(r.deposited) OVER w, m.deposited, 0) AS top_up,"
          " r.refunded - coalesce(lag(r.refunded) OVER w, m.refunded, 0) AS refund"
          " FROM r LEFT JOIN meters m USING (meter) WINDOW w AS (PARTITION BY r.meter ORDER BY r.n))"
          " INSERT INTO transfers (id, partition, meter, kind, amount, ledger, at_ms, tx_hash) SELECT id, p, "
          "meter, 0, top_up, ledger, at_ms, tx FROM change WHERE top_up <> 0"
          " UNION ALL SELECT refund_id, p, meter, 1, refund, ledger, at_ms, tx FROM change WHERE refund <> "
          "0");
  rows.exec(tx, reports +
                    "INSERT INTO meters SELECT DISTINCT ON (meter) meter, p, viewer, deposited, refunded, "
                    "paid, allowance,"
                    " version, ledger, at_ms FROM r ORDER BY meter, n DESC ON CONFLICT (meter) DO UPDATE SET"
                    " deposited = excluded.deposited, refunded = excluded.refunded, paid = excluded.paid,"
                    " allowance = excluded.allowance, version = excluded.version, ledger = excluded.ledger,"
                    " at_ms = excluded.at_ms");
}

void write_transactions(pqxx::transaction_base& tx, const Changes& changes) {
  using Number = std::optional<std::int64_t>;
  BulkRows<Text, std::int32_t, std::int16_t, std::optional<Text>, Number, std::optional<std::int32_t>, Number,
           Number, Number, std::optional<Text>, Number, Number, Number, std::optional<Text>>
      rows;
  for (const TxRow& row : changes.transactions) {
    const auto& prepared = row.prepared;
    rows.add(to_text(row.hash), number(row.partition), code(row.state),
             prepared ? std::optional(to_text(prepared->source)) : std::nullopt,
             prepared ? Number(prepared->sequence) : std::nullopt,
             prepared ? std::optional(static_cast<std::int32_t>(row.items)) : std::nullopt,
             prepared ? Number(prepared->min_time.ms) : std::nullopt,
             prepared ? Number(prepared->max_time.ms) : std::nullopt,
             row.ledger ? Number(*row.ledger) : std::nullopt,
             row.submitted ? std::optional(row.submitted->status) : std::nullopt,
             row.submitted ? Number(row.submitted->at.ms) : std::nullopt,
             row.finished ? Number(row.finished->ms) : std::nullopt,
             row.network_fee ? Number(row.network_fee->units()) : std::nullopt,
             row.code.empty() ? std::nullopt : std::optional(row.code));
  }
  rows.exec(
      tx,
      "INSERT INTO settlements AS t SELECT * FROM " + rows.unnest() +
          " ON CONFLICT (tx_hash) DO UPDATE SET state = greatest(t.state, excluded.state),"
          " source = coalesce(excluded.source, t.source), sequence = coalesce(excluded.sequence, t.sequence),"
          " items = coalesce(excluded.items, t.items),"
          " min_time_ms = coalesce(excluded.min_time_ms, t.min_time_ms),"
          " max_time_ms = coalesce(excluded.max_time_ms, t.max_time_ms),"
          " ledger = coalesce(excluded.ledger, t.ledger),"
          " node_status = coalesce(excluded.node_status, t.node_status),"
          " submitted_ms = coalesce(excluded.submitted_ms, t.submitted_ms),"
          " finished_ms = coalesce(excluded.finished_ms, t.finished_ms),"
          " network_fee = coalesce(excluded.network_fee, t.network_fee),"
          " code = coalesce(excluded.code, t.code)");
}

// SettledItem::stands(), in the database.
std::string where_stands() {
  return " WHERE r.code IN (" + std::to_string(kCodePaid) + ", " + std::to_string(kCodeNothingNew) + ")";
}

void write_settled(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<std::int32_t, std::int64_t, Text, std::int64_t, std::int64_t> parked;
  for (const auto& row : changes.parked)
    parked.add(number(row.partition), number(row.line.sum), row.line.code, row.line.cumulative.units(),
               row.line.at.ms);
  parked.exec(tx, "INSERT INTO parked SELECT DISTINCT ON (p, sum) p, sum, code, cumulative, at FROM " +
                      parked.unnest() +
                      " WITH ORDINALITY AS r(p, sum, code, cumulative, at, n) ORDER BY p, sum, n DESC"
                      " ON CONFLICT (partition, sum_id) DO UPDATE SET code = excluded.code,"
                      " cumulative = excluded.cumulative, at_ms = excluded.at_ms");

  BulkRows<Uuid, Text, std::int32_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int32_t,
           std::int64_t, std::int64_t>
      items;
  for (const SettledRow& row : changes.settled)
    items.add(row.id, to_text(row.hash), number(row.partition), number(row.item.sum),
              row.item.cumulative.units(), row.item.amount.units(), row.item.fee.units(), row.item.code,
              row.ledger, row.at.ms);
  const std::string rows =
      items.unnest() + " AS r(id, hash, p, sum, cumulative, amount, fee, code, ledger, at)";
  items.exec(tx,
             "INSERT INTO settlement_items SELECT r.id, r.hash, r.p, r.sum, s.meter, s.creator, "
             "r.cumulative, r.amount,"
             " r.fee, r.code, r.ledger, r.at FROM " +
                 rows + " JOIN sums s ON s.partition = r.p AND s.sum_id = r.sum");
  items.exec(
      tx,
      "UPDATE sums s SET paid = greatest(s.paid, n.paid) FROM (SELECT r.p, r.sum, max(r.cumulative) AS paid"
      " FROM " +
          rows + where_stands() + " GROUP BY r.p, r.sum) n WHERE s.partition = n.p AND s.sum_id = n.sum");
  items.exec(tx, "DELETE FROM parked t USING (SELECT r.p, r.sum, max(r.cumulative) AS paid FROM " + rows +
                     where_stands() +
                     " GROUP BY r.p, r.sum) n WHERE t.partition = n.p AND t.sum_id = n.sum"
                     " AND t.cumulative <= n.paid");
}

void write_contents(pqxx::transaction_base& tx, const Changes& changes) {
  BulkRows<Uuid, Uuid, Text, Text, Text, Text, std::int64_t, Text, Uuid, std::int32_t, std::int64_t, bool,
           std::int64_t>
      rows;
  BulkRows<Uuid> deleted;
  for (const ContentRow& row : changes.contents) {
    if (!row.content) {
      deleted.add(row.id);
      continue;
    }
    const Content& content = *row.content;
    rows.add(content.id, content.platform, content.title, content.creator, content.description,
             content.thumbnail_url, content.duration_s, to_text(content.creator_wallet), content.plan.id,
             content.plan.tick_ms, content.plan.price_per_tick.units(), content.closed,
             content.created_at.ms);
  }
  deleted.exec(tx, "DELETE FROM contents USING " + deleted.unnest() + " AS r(id) WHERE content = r.id");
  rows.exec(tx,
            "INSERT INTO contents SELECT * FROM " + rows.unnest() +
                " ON CONFLICT (content) DO UPDATE SET platform = excluded.platform, title = excluded.title,"
                " creator_name = excluded.creator_name, description = excluded.description,"
                " thumbnail_url = excluded.thumbnail_url, duration_s = excluded.duration_s,"
                " creator = excluded.creator, plan = excluded.plan, tick_ms = excluded.tick_ms,"
                " price = excluded.price, closed = excluded.closed, created_ms = excluded.created_ms");
}

}  // namespace

void write_rows(pqxx::transaction_base& tx, const Changes& changes) {
  write_contents(tx, changes);
  write_sums(tx, changes);
  write_sessions(tx, changes);
  write_platforms(tx, changes);
  write_totals(tx, changes);
  write_earnings(tx, changes);
  write_charges(tx, changes);
  write_controls(tx, changes);
  write_refused(tx, changes);
  write_meters(tx, changes);
  write_transactions(tx, changes);
  write_settled(tx, changes);
  write_credited(tx, changes);
}

}  // namespace paytick::projections
