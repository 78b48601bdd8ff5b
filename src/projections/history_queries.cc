#include "projections/history_queries.h"

#include "projections/chain_words.h"
#include "projections/query_json.h"
#include "projections/query_pool.h"

namespace paytick::projections {
namespace {

// One page of the view `history`, where `owner` is the column that is compared with $1. The transaction that
// paid for an item is the first one after which the contract holds at least what the sum was when it was
// charged; a credit's is the first after which the meter was given all that was ordered until then.
std::string page_sql(const std::string& owner, const std::string& kind) {
  return "WITH page AS (SELECT * FROM history WHERE " + owner + " = $1" +
         (kind.empty() ? "" : " AND kind = '" + kind + "'") +
         " AND (at_ms, id) < ($2, $3::uuid) ORDER BY at_ms DESC, id DESC LIMIT $4)"
         " SELECT page.at_ms, encode(uuid_send(page.id), 'hex') AS row, page.kind,"
         " CASE WHEN page.kind = 'session' THEN short_id(page.id) END AS session, short_id(page.content) AS "
         "content,"
         " c.title, page.meter, page.creator, page.closed_ms, page.paid_until_ms, page.ticks, page.tick_ms, "
         "page.price,"
         " page.amount, page.fee, halt_reason(page.halt) AS halt, long_id(page.proof) AS proof, page.note, "
         "page.viewer, page.message, page.channel,"
         " page.settled_at IS NOT NULL AND (paid.tx_hash IS NOT NULL OR given.tx_hash IS NOT NULL OR "
         "page.amount = 0) AS settled,"
         " CASE WHEN page.settled_at IS NOT NULL AND paid.tx_hash IS NULL AND given.tx_hash IS NULL AND "
         "page.amount <> 0"
         "  THEN coalesce(parked.code, refused.code) END AS trouble,"
         " page.settled_at IS NOT NULL AS settles,"
         " coalesce(page.tx_hash, paid.tx_hash, given.tx_hash) AS tx_hash,"
         " coalesce(page.ledger, paid.ledger, given.ledger) AS ledger"
         " FROM page LEFT JOIN contents c USING (content)"
         " LEFT JOIN LATERAL (SELECT i.tx_hash, i.ledger FROM settlement_items i WHERE i.partition = "
         "page.partition"
         "  AND i.sum_id = page.sum_id AND i.cumulative >= page.settled_at AND i.amount > 0 AND page.amount "
         "> 0"
         "  ORDER BY i.cumulative LIMIT 1) paid ON page.settled_at IS NOT NULL"
         " LEFT JOIN LATERAL (SELECT g.tx_hash, g.ledger FROM credit_payments g WHERE g.meter = page.meter"
         "  AND g.cumulative >= page.settled_at ORDER BY g.cumulative LIMIT 1) given ON page.kind = 'credit'"
         " LEFT JOIN parked ON parked.partition = page.partition AND parked.sum_id = page.sum_id"
         " LEFT JOIN parked_credits refused ON refused.meter = page.meter AND page.kind = 'credit'"
         " ORDER BY page.at_ms DESC, page.id DESC";
}

// `owner`: what all items have in common, and need not say.
void put_item(Json& json, const pqxx::row& row, const std::string& owner) {
  json.StartObject();
  put(json, "kind", row["kind"].c_str());
  put(json, "id", row["row"].c_str());
  put_number(json, "at", row["at_ms"]);
  put_money(json, "amount", row["amount"]);
  put_money(json, "fee", row["fee"]);
  put_text(json, "meter", row["meter"]);
  put_text(json, "creator", row["creator"]);
  if (owner == "creator") put_text(json, "viewer", row["viewer"]);
  put_text(json, "session", row["session"]);
  put_text(json, "content", row["content"]);
  put_text(json, "title", row["title"]);
  put_number(json, "closedAt", row["closed_ms"]);
  put_number(json, "paidUntil", row["paid_until_ms"]);
  put_number(json, "ticks", row["ticks"]);
  put_number(json, "tickMs", row["tick_ms"]);
  put_money(json, "pricePerTick", row["price"]);
  put_text(json, "halt", row["halt"]);
  put_text(json, "proof", row["proof"]);
  put_words(json, "message", row["message"]);
  put_words(json, "channel", row["channel"]);
  put_words(json, "reference", row["note"]);
  if (row["settles"].as<bool>()) {
    json.Key("settled");
    json.Bool(row["settled"].as<bool>());
  }
  if (!row["trouble"].is_null()) {
    const std::string code = row["trouble"].c_str();
    json.Key("trouble");
    json.StartObject();
    put(json, "code", code);
    put(json, "message", std::string(chain_words(code)));
    json.EndObject();
  }
  put_text(json, "transaction", row["tx_hash"]);
  put_number(json, "ledger", row["ledger"]);
  json.EndObject();
}

void put_page(Json& json, pqxx::transaction_base& tx, const std::string& owner, const std::string& id,
              const Cursor& cursor, std::size_t limit, const std::string& kind = {}) {
  const auto rows = tx.exec_params(page_sql(owner, kind), id, cursor.at_ms, cursor.id, limit + 1);
  json.Key("items");
  json.StartArray();
  const std::size_t shown = std::min<std::size_t>(rows.size(), limit);
  for (std::size_t i = 0; i < shown; ++i)
    put_item(json, rows[static_cast<pqxx::result::size_type>(i)], owner);
  json.EndArray();
  json.Key("next");
  if (rows.size() > limit) {
    const auto last = rows[static_cast<pqxx::result::size_type>(shown - 1)];
    const std::string next = std::string(last["at_ms"].c_str()) + "." + last["row"].c_str();
    json.String(next.data(), static_cast<rapidjson::SizeType>(next.size()));
  } else {
    json.Null();
  }
}

}  // namespace

HistoryQueries::HistoryQueries(std::string url) : url_(std::move(url)), pool_(std::make_unique<Pool>()) {}
HistoryQueries::~HistoryQueries() = default;

Result<std::string> HistoryQueries::account_history(const MeterId& meter, const Page& page) {
  const auto cursor = parse_cursor(page.cursor);
  if (!cursor) return bad_cursor();
  return ask([&](pqxx::transaction_base& tx, Json& json) {
    const std::string id = to_text(meter);
    put(json, "meter", id);
    const auto totals = tx.exec_params(
        "SELECT m.viewer, m.deposited, m.refunded, coalesce(sum(t.charged), 0) AS charged,"
        " coalesce(sum(t.paid), 0) AS settled,"
        " greatest(0, least(m.deposited - m.refunded, m.allowance) - coalesce(sum(t.charged), 0)) AS "
        "spendable"
        " FROM meters m LEFT JOIN sum_totals t USING (meter) WHERE m.meter = $1"
        " GROUP BY m.viewer, m.deposited, m.refunded, m.allowance",
        id);
    if (!totals.empty()) {
      put_text(json, "viewer", totals[0]["viewer"]);
      for (const char* name : {"deposited", "refunded", "charged", "settled", "spendable"})
        put_money(json, name, totals[0][name]);
    }
    put_page(json, tx, "meter", id, *cursor, page.limit);
  });
}

Result<std::string> HistoryQueries::account_history(const ViewerId& viewer, const Page& page) {
  const auto cursor = parse_cursor(page.cursor);
  if (!cursor) return bad_cursor();
  return ask([&](pqxx::transaction_base& tx, Json& json) {
    const std::string id = to_text(viewer);
    put(json, "viewer", id);
    const auto totals = tx.exec_params(
        "SELECT coalesce(sum(m.deposited), 0)::bigint AS deposited, coalesce(sum(m.refunded), 0)::bigint AS "
        "refunded,"
        " coalesce(sum(t.charged), 0)::bigint AS charged, coalesce(sum(t.paid), 0)::bigint AS settled,"
        " coalesce(sum(greatest(0, least(m.deposited - m.refunded, m.allowance) - coalesce(t.charged, 0))), "
        "0)::bigint"
        " AS spendable FROM meters m LEFT JOIN (SELECT meter, sum(charged) AS charged, sum(paid) AS paid "
        "FROM sum_totals"
        " WHERE viewer = $1 GROUP BY meter) t USING (meter) WHERE m.viewer = $1",
        id);
    for (const char* name : {"deposited", "refunded", "charged", "settled", "spendable"})
      put_money(json, name, totals[0][name]);
    put_page(json, tx, "viewer", id, *cursor, page.limit);
  });
}

Result<std::string> HistoryQueries::creator_tips(const CreatorId& creator, const Page& page) {
  const auto cursor = parse_cursor(page.cursor);
  if (!cursor) return bad_cursor();
  return ask([&](pqxx::transaction_base& tx, Json& json) {
    const std::string id = to_text(creator);
    put(json, "creator", id);
    put_page(json, tx, "creator", id, *cursor, page.limit, "tip");
  });
}

Result<std::string> HistoryQueries::creator_earnings(const CreatorId& creator, const Page& page) {
  const auto cursor = parse_cursor(page.cursor);
  if (!cursor) return bad_cursor();
  return ask([&](pqxx::transaction_base& tx, Json& json) {
    const std::string id = to_text(creator);
    put(json, "creator", id);
    const auto totals = tx.exec_params(
        "SELECT coalesce(sum(due), 0)::bigint AS due, coalesce(sum(earned), 0) AS earned, "
        "coalesce(sum(paid), 0) AS "
        "paid,"
        " coalesce(sum(earned - paid), 0) AS pending FROM creator_totals WHERE creator = $1",
        id);
    for (const char* name : {"due", "earned", "paid", "pending"}) put_money(json, name, totals[0][name]);
    put_page(json, tx, "creator", id, *cursor, page.limit);
  });
}

}  // namespace paytick::projections
