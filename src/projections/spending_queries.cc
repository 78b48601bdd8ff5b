// HistoryQueries: who has paid whom, calls, and views.

#include "projections/query_json.h"
#include "projections/query_pool.h"

namespace paytick::projections {
namespace {

// Position in a list that is sorted by amount: "1250000.GABC…".
struct AmountCursor {
  std::int64_t amount = std::numeric_limits<std::int64_t>::max();
  std::string account;
};

std::optional<AmountCursor> parse_amount_cursor(const std::string& text) {
  AmountCursor cursor;
  if (text.empty()) return cursor;
  const char* const end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, cursor.amount);
  if (error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  cursor.account.assign(dot + 1, end);
  if (!parse_id<AccountId>(cursor.account)) return std::nullopt;
  return cursor;
}

void put_next(Json& json, const std::string& cursor) {
  json.Key("next");
  if (cursor.empty())
    json.Null();
  else
    json.String(cursor.data(), static_cast<rapidjson::SizeType>(cursor.size()));
}

template <typename Id>
std::string uuid_text(const Id& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id.bytes) text.append({kDigits[byte >> 4], kDigits[byte & 15]});
  return text;
}

// What happened in a call, as (at_ms, kind number, row number): the order of the page.
constexpr const char* kCallItems =
    "SELECT s.start_ms AS at_ms, 0 AS rank, 0::bigint AS k, 'started' AS kind, NULL::bigint AS start_ms, "
    "NULL::bigint AS"
    " amount, NULL::bigint AS cumulative, NULL::text AS reason, NULL::text AS proof FROM sessions s WHERE "
    "s.session = $1"
    " UNION ALL SELECT bought_ms, 1, k, 'block', start_ms, amount, cumulative, NULL, NULL FROM blocks WHERE "
    "session = $1"
    " UNION ALL SELECT at_ms, 2, 0, CASE WHEN reason = 2 THEN 'paused' ELSE 'halt' END, NULL, NULL, NULL,"
    " halt_reason(reason), NULL FROM halts WHERE session = $1"
    " UNION ALL SELECT closed_ms, 3, 0, 'ended', NULL, amount, amount, NULL, long_id(proof) FROM "
    "session_totals"
    " WHERE session = $1 AND closed_ms IS NOT NULL";

struct CallCursor {
  std::int64_t at = -1, rank = 0, k = 0;
};

// "1732143434123.1.7"
std::optional<CallCursor> parse_call_cursor(const std::string& text) {
  CallCursor cursor;
  if (text.empty()) return cursor;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::int64_t* part : {&cursor.at, &cursor.rank, &cursor.k}) {
    const auto [next, error] = std::from_chars(at, end, *part);
    const bool last = part == &cursor.k;
    if (error != std::errc{} || (last ? next != end : next == end || *next != '.')) return std::nullopt;
    at = next + 1;
  }
  return cursor;
}

void put_call_item(Json& json, const pqxx::row& row, std::int64_t token_units) {
  json.StartObject();
  put_text(json, "kind", row["kind"]);
  put_number(json, "at", row["at_ms"]);
  if (!row["start_ms"].is_null()) put_number(json, "block", row["k"]);
  put_number(json, "startsAt", row["start_ms"]);
  put_money(json, "amount", row["amount"]);
  if (token_units > 0 && !row["amount"].is_null()) {
    json.Key("amountTokens");
    json.Int64(row["amount"].as<std::int64_t>() / token_units);
  }
  put_money(json, "cumulative", row["cumulative"]);
  put_text(json, "reason", row["reason"]);
  put_text(json, "proof", row["proof"]);
  json.EndObject();
}

}  // namespace

Result<std::string> HistoryQueries::spending(const char* whose, const char* by, const std::string& id,
                                             const Page& page) {
  const auto cursor = parse_amount_cursor(page.cursor);
  if (!cursor) return bad_cursor();
  return ask([&](pqxx::transaction_base& tx, Json& json) {
    put(json, whose, id);
    const auto totals = tx.exec_params(
        std::string("SELECT coalesce(sum(charged), 0)::bigint AS total, coalesce(sum(due), 0)::bigint AS"
                    " due, coalesce(sum(paid), 0)::bigint AS settled FROM fan_spending WHERE ") +
            whose + " = $1",
        id);
    for (const char* name : {"total", "due", "settled"}) put_money(json, name, totals[0][name]);
    const std::string sql = std::string("SELECT f.") + by +
                            " AS who, f.charged AS total, (SELECT coalesce(sum(amount), 0)::bigint FROM "
                            "charges c WHERE c.viewer = f.viewer"
                            " AND c.creator = f.creator AND c.kind = 0) AS tips, (SELECT "
                            "coalesce(sum(amount), 0)::bigint FROM charges c"
                            " WHERE c.viewer = f.viewer AND c.creator = f.creator AND c.kind = 1) AS tickets "
                            "FROM fan_spending f WHERE f." +
                            whose + " = $1 AND (f.charged < $2 OR (f.charged = $2 AND f." + by +
                            " > $3)) ORDER BY f.charged DESC, f." + by + " LIMIT $4";
    const auto rows = tx.exec_params(sql, id, cursor->amount, cursor->account, page.limit + 1);
    json.Key("items");
    json.StartArray();
    std::string next;
    for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), page.limit); ++i) {
      const auto row = rows[static_cast<pqxx::result::size_type>(i)];
      json.StartObject();
      put_text(json, by, row["who"]);
      for (const char* name : {"total", "tips", "tickets"}) put_money(json, name, row[name]);
      json.EndObject();
      if (rows.size() > page.limit) next = std::string(row["total"].c_str()) + "." + row["who"].c_str();
    }
    json.EndArray();
    put_next(json, next);
  });
}

Result<std::string> HistoryQueries::viewer_spending(const ViewerId& viewer, const Page& page) {
  return spending("viewer", "creator", to_text(viewer), page);
}

Result<std::string> HistoryQueries::creator_fans(const CreatorId& creator, const Page& page) {
  return spending("creator", "viewer", to_text(creator), page);
}

Result<std::string> HistoryQueries::call_history(const Call& call, const Page& page) {
  const auto cursor = parse_call_cursor(page.cursor);
  if (!cursor) return bad_cursor();
  bool known = false;
  auto answer = ask([&](pqxx::transaction_base& tx, Json& json) {
    const std::string id = uuid_text(call.session);
    const auto of = tx.exec_params(
        "SELECT t.closed_ms, t.ticks, t.amount FROM sessions s JOIN session_totals t USING (session)"
        " WHERE s.session = $1::uuid AND s.viewer = $2 AND s.creator = $3",
        id, to_text(call.viewer), to_text(call.creator));
    known = !of.empty();
    if (!known) return;
    put(json, "callId", call.public_id);
    put(json, "session", to_text(call.session));
    put_number(json, "closedAt", of[0]["closed_ms"]);
    put_number(json, "blocks", of[0]["ticks"]);
    put_money(json, "total", of[0]["amount"]);
    const auto rows =
        tx.exec_params(std::string("SELECT * FROM (") + kCallItems +
                           ") i WHERE (at_ms, rank, k) > ($2, $3, $4) ORDER BY at_ms, rank, k LIMIT $5",
                       id, cursor->at, cursor->rank, cursor->k, page.limit + 1);
    json.Key("items");
    json.StartArray();
    std::string next;
    for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), page.limit); ++i) {
      const auto row = rows[static_cast<pqxx::result::size_type>(i)];
      put_call_item(json, row, call.token_units);
      if (rows.size() > page.limit)
        next = std::string(row["at_ms"].c_str()) + "." + row["rank"].c_str() + "." + row["k"].c_str();
    }
    json.EndArray();
    put_next(json, next);
  });
  if (answer && !known)
    return fail("not_found", "there is no such call, or nothing of it is in the tables yet");
  return answer;
}

Result<HistoryQueries::Tickets> HistoryQueries::tickets(const std::string& key,
                                                        const std::optional<ViewerId>& viewer,
                                                        std::size_t limit) {
  constexpr const char* kSold =
      "WITH sold AS (SELECT c.viewer, c.meter, c.amount, c.at_ms, c.id, EXISTS (SELECT 1 FROM credits g"
      " WHERE g.viewer = c.viewer AND g.key = 'refund:' || c.key) AS given_back FROM charges c"
      " WHERE c.kind = 1 AND c.key = $1 AND ($2 = '' OR c.viewer = $2)) ";
  return asked([&](pqxx::transaction_base& tx) {
    const std::string whose = viewer ? to_text(*viewer) : "";
    const auto sums =
        tx.exec_params(std::string(kSold) +
                           "SELECT count(*), count(*) FILTER (WHERE given_back),"
                           " coalesce(sum(amount) FILTER (WHERE given_back), 0)::bigint FROM sold",
                       key, whose);
    Tickets out{sums[0][0].as<std::int64_t>(),
                sums[0][1].as<std::int64_t>(),
                Amount(sums[0][2].as<std::int64_t>()),
                {}};
    for (const auto& row :
         tx.exec_params(std::string(kSold) + "SELECT viewer, meter, amount FROM sold WHERE NOT given_back"
                                             " ORDER BY at_ms, id LIMIT $3",
                        key, whose, limit)) {
      const auto owner = parse_id<ViewerId>(row[0].c_str());
      const auto meter = parse_id<MeterId>(row[1].c_str());
      if (owner && meter) out.left.push_back({*owner, *meter, Amount(row[2].as<std::int64_t>())});
    }
    return out;
  });
}

Result<std::map<ContentId, std::int64_t>> HistoryQueries::views() {
  return asked([](pqxx::transaction_base& tx) {
    std::map<ContentId, std::int64_t> all;
    for (const auto& row :
         tx.exec("SELECT short_id(content), sum(views)::bigint FROM content_views GROUP BY content"))
      if (const auto id = parse_id<ContentId>(row[0].c_str())) all[*id] = row[1].as<std::int64_t>();
    return all;
  });
}

}  // namespace paytick::projections
