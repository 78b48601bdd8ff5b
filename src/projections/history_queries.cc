#include "projections/history_queries.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <limits>
#include <mutex>
#include <vector>

#include "model/money.h"
#include "projections/postgres_connection.h"

namespace paytick::projections {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

// Position of an item in the order of a list.
struct Cursor {
  std::int64_t at_ms = std::numeric_limits<std::int64_t>::max();
  std::string id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
};

// "1732143434123.00112233445566778899aabbccddeeff".
std::optional<Cursor> parse_cursor(const std::string& text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const char* const end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, cursor.at_ms);
  if (error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  cursor.id.assign(dot + 1, end);
  if (cursor.id.size() != 32 || cursor.id.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  return cursor;
}

void put(Json& json, const char* key, const std::string& text) {
  json.Key(key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void put_text(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null()) put(json, key, field.c_str());
}
void put_number(Json& json, const char* key, const pqxx::field& field) {
  if (field.is_null()) return;
  json.Key(key);
  json.Int64(field.as<std::int64_t>());
}
void put_money(Json& json, const char* key, const pqxx::field& field) {
  if (!field.is_null()) put(json, key, to_decimal(Amount(field.as<std::int64_t>())));
}

// One page of the view `history`, where `owner` is the column that is compared with $1. The transaction that
// paid for an item is the first one after which the contract holds at least what the sum was when it was
// charged.
std::string page_sql(const std::string& owner) {
  return "WITH page AS (SELECT * FROM history WHERE " + owner +
         " = $1 AND (at_ms, id) < ($2, $3::uuid) ORDER BY at_ms DESC, id DESC LIMIT $4)"
         " SELECT page.at_ms, encode(uuid_send(page.id), 'hex') AS row, page.kind,"
         " CASE WHEN page.kind = 'session' THEN short_id(page.id) END AS session, short_id(page.content) AS "
         "content,"
         " c.title, page.meter, page.creator, page.closed_ms, page.paid_until_ms, page.ticks, page.tick_ms, "
         "page.price,"
         " page.amount, page.fee, halt_reason(page.halt) AS halt, long_id(page.proof) AS proof, page.note,"
         " page.settled_at IS NOT NULL AND (paid.tx_hash IS NOT NULL OR page.amount = 0) AS settled,"
         " page.settled_at IS NOT NULL AS settles,"
         " coalesce(page.tx_hash, paid.tx_hash) AS tx_hash, coalesce(page.ledger, paid.ledger) AS ledger"
         " FROM page LEFT JOIN contents c USING (content)"
         " LEFT JOIN LATERAL (SELECT i.tx_hash, i.ledger FROM settlement_items i WHERE i.partition = "
         "page.partition"
         "  AND i.sum_id = page.sum_id AND i.cumulative >= page.settled_at AND i.amount > 0 AND page.amount "
         "> 0"
         "  ORDER BY i.cumulative LIMIT 1) paid ON page.settled_at IS NOT NULL"
         " ORDER BY page.at_ms DESC, page.id DESC";
}

void put_item(Json& json, const pqxx::row& row) {
  json.StartObject();
  put(json, "kind", row["kind"].c_str());
  put(json, "id", row["row"].c_str());
  put_number(json, "at", row["at_ms"]);
  put_money(json, "amount", row["amount"]);
  put_money(json, "fee", row["fee"]);
  put_text(json, "meter", row["meter"]);
  put_text(json, "creator", row["creator"]);
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
  if (!row["note"].is_null() && *row["note"].c_str()) put_text(json, "reference", row["note"]);
  if (row["settles"].as<bool>()) {
    json.Key("settled");
    json.Bool(row["settled"].as<bool>());
  }
  put_text(json, "transaction", row["tx_hash"]);
  put_number(json, "ledger", row["ledger"]);
  json.EndObject();
}

void put_page(Json& json, pqxx::transaction_base& tx, const std::string& owner, const std::string& id,
              const Cursor& cursor, std::size_t limit) {
  const auto rows = tx.exec_params(page_sql(owner), id, cursor.at_ms, cursor.id, limit + 1);
  json.Key("items");
  json.StartArray();
  const std::size_t shown = std::min<std::size_t>(rows.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) put_item(json, rows[static_cast<pqxx::result::size_type>(i)]);
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

// Connections that nobody uses at the moment.
struct HistoryQueries::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<pqxx::connection>> idle;
};

HistoryQueries::HistoryQueries(std::string url) : url_(std::move(url)), pool_(std::make_unique<Pool>()) {}
HistoryQueries::~HistoryQueries() = default;

template <typename Work>
Result<std::string> HistoryQueries::ask(const Work& work) {
  std::unique_ptr<pqxx::connection> connection;
  {
    const std::lock_guard lock(pool_->mutex);
    if (!pool_->idle.empty()) {
      connection = std::move(pool_->idle.back());
      pool_->idle.pop_back();
    }
  }
  auto answer = guarded([&] {
    if (!connection) connection = open_connection(url_, kSchema);
    rapidjson::StringBuffer text;
    Json json(text);
    json.StartObject();
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> tx(*connection);
    work(tx, json);
    json.EndObject();
    return std::string(text.GetString(), text.GetSize());
  });
  if (answer) {
    const std::lock_guard lock(pool_->mutex);
    pool_->idle.push_back(std::move(connection));
  }
  return answer;
}

Result<std::string> HistoryQueries::account_history(const MeterId& meter, const Page& page) {
  const auto cursor = parse_cursor(page.cursor);
  if (!cursor) return fail("bad_cursor", "pass the cursor of the page before, as it was given");
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

Result<std::string> HistoryQueries::creator_earnings(const CreatorId& creator, const Page& page) {
  const auto cursor = parse_cursor(page.cursor);
  if (!cursor) return fail("bad_cursor", "pass the cursor of the page before, as it was given");
  return ask([&](pqxx::transaction_base& tx, Json& json) {
    const std::string id = to_text(creator);
    put(json, "creator", id);
    const auto totals = tx.exec_params(
        "SELECT coalesce(sum(due), 0) AS due, coalesce(sum(earned), 0) AS earned, coalesce(sum(paid), 0) AS "
        "paid,"
        " coalesce(sum(earned - paid), 0) AS pending FROM creator_totals WHERE creator = $1",
        id);
    for (const char* name : {"due", "earned", "paid", "pending"}) put_money(json, name, totals[0][name]);
    put_page(json, tx, "creator", id, *cursor, page.limit);
  });
}

}  // namespace paytick::projections
