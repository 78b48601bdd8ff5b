#include "projections/outbox_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "projections/bulk_rows.h"
#include "projections/schemas.h"

namespace paytick::projections {
namespace {

using Number = std::optional<std::int64_t>;
using OfText = std::optional<Text>;
using OfUuid = std::optional<Uuid>;
using Rows = BulkRows<Uuid, std::int16_t, std::int32_t, std::int64_t, std::int64_t, OfUuid, Number, OfText,
                      OfUuid, OfText, OfText, OfText, OfText, Number, Number, Number, Number, Number, Number,
                      Number, std::optional<Bytea>, OfText, Number>;
constexpr const char* kColumns =
    "r(id, type, p, append_ms, at_ms, session, sum_id, viewer, content, reference, reason, message, channel,"
    " amount, total, fee, spendable, paid_until, ticks, seconds_left, proof, tx_hash, ledger, n)";

std::string outbox(const char* table) { return std::string(kOutbox) + "." + table; }

Number units(const std::optional<Amount>& amount) { return amount ? Number(amount->units()) : std::nullopt; }
OfText words(const std::string& text) { return text.empty() ? std::nullopt : OfText(text); }
template <typename Id>
OfUuid uuid(const std::optional<Id>& id) {
  return id ? OfUuid(Uuid(*id)) : std::nullopt;
}

void add(Rows& rows, const NoticeRow& notice) {
  rows.add(notice.id, static_cast<std::int16_t>(notice.type), static_cast<std::int32_t>(notice.partition),
           notice.append_time.ms, notice.at.ms, uuid(notice.session),
           notice.sum ? Number(static_cast<std::int64_t>(*notice.sum)) : std::nullopt,
           notice.viewer ? OfText(paytick::to_text(*notice.viewer)) : std::nullopt, uuid(notice.content),
           words(notice.reference), words(notice.reason), words(notice.message), words(notice.channel),
           units(notice.amount), units(notice.total), units(notice.fee), units(notice.spendable),
           notice.paid_until ? Number(notice.paid_until->ms) : std::nullopt, notice.ticks,
           notice.seconds_left, notice.proof ? std::optional(Bytea(*notice.proof)) : std::nullopt,
           notice.tx ? OfText(paytick::to_text(*notice.tx)) : std::nullopt,
           notice.ledger ? Number(*notice.ledger) : std::nullopt);
}

// The configured webhooks as a row source w(webhook, platform, types).
std::string webhooks(const pqxx::work& tx, const OutboxSettings& settings) {
  std::string rows;
  for (const auto& webhook : settings.webhooks) {
    std::string platform = "NULL";
    if (webhook.platform) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      platform = "'";
      for (const std::uint8_t byte : webhook.platform->bytes)
        platform.append({kDigits[byte >> 4], kDigits[byte & 15]});
      platform += "'";
    }
    rows += (rows.empty() ? "(" : ", (") + tx.quote(webhook.name) + ", " + platform + "::uuid, " +
            std::to_string(webhook.types) + ")";
  }
  if (rows.empty()) return "(SELECT NULL::text, NULL::uuid, 0 WHERE false) AS w(webhook, platform, types)";
  return "(VALUES " + rows + ") AS w(webhook, platform, types)";
}

// Whether w wants a row of `from`.
std::string wants(const std::string& from) {
  return "(w.platform IS NULL OR w.platform = " + from + ".platform) AND (w.types >> " + from +
         ".type) & 1 = 1";
}

std::string insert(const pqxx::work& tx, const OutboxSettings& settings) {
  const std::string listening = webhooks(tx, settings);
  const std::string now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  return "WITH r AS (SELECT * FROM " + Rows::unnest() + " WITH ORDINALITY AS " + kColumns +
         "), known AS (SELECT r.id, r.type, r.at_ms, r.append_ms, r.n,"
         // Whose it is: the session's platform, the content's, that of the last session on the sum, of the
         // viewer.
         " coalesce(s.platform, c.platform, u.platform, v.platform) AS platform,"
         " coalesce(r.viewer, s.viewer, u.viewer) AS viewer, coalesce(s.meter, u.meter) AS meter,"
         " coalesce(s.creator, u.creator) AS creator, r.session, coalesce(r.content, s.content) AS content,"
         " coalesce(r.reference, nullif(s.reference, '')) AS reference, r.reason, r.message, r.channel, "
         "r.amount,"
         " r.total, r.fee, r.spendable, r.paid_until, r.ticks, r.seconds_left, r.proof, r.tx_hash, r.ledger"
         " FROM r LEFT JOIN sessions s ON s.session = r.session"
         " LEFT JOIN sums u ON u.partition = r.p AND u.sum_id = r.sum_id"
         " LEFT JOIN contents c ON c.content = r.content"
         " LEFT JOIN LATERAL (SELECT platform FROM sessions WHERE viewer = r.viewer AND r.sum_id IS NULL"
         "  ORDER BY start_ms DESC LIMIT 1) v ON r.session IS NULL"
         "), told AS (SELECT * FROM known WHERE append_ms >= " +
         now + " - " + std::to_string(settings.news_ms) + " AND (" +
         (settings.keep_ms > 0 ? "true" : "false") + " OR EXISTS (SELECT 1 FROM " + listening + " WHERE " +
         wants("known") +
         ")))"
         ", numbered AS (UPDATE " +
         outbox("head") +
         " SET seq = seq + (SELECT count(*) FROM told) WHERE EXISTS (SELECT 1 FROM told)"
         " RETURNING seq - (SELECT count(*) FROM told) AS base)"
         ", put AS (INSERT INTO " +
         outbox("notices") +
         " (seq, id, type, at_ms, enqueued_ms, platform, viewer, meter, creator, session, content, "
         "reference, reason,"
         " amount, total, fee, spendable, paid_until_ms, ticks, seconds_left, proof, tx_hash, ledger, "
         "message, channel)"
         " SELECT base + row_number() OVER (ORDER BY n), id, type, at_ms, " +
         now +
         ", platform, viewer, meter, creator, session, content, reference, reason, amount, total, fee, "
         "spendable,"
         " paid_until, ticks, seconds_left, proof, tx_hash, ledger, message, channel FROM told, numbered"
         " ON CONFLICT (id) DO NOTHING RETURNING seq, type, platform)"
         " INSERT INTO " +
         outbox("deliveries") + " (seq, webhook, next_ms) SELECT put.seq, w.webhook, " + now +
         " FROM put JOIN " + listening + " ON " + wants("put");
}

}  // namespace

void write_notices(pqxx::work& tx, const Changes& changes, const OutboxSettings& settings) {
  if (changes.notices.empty() || settings.nobody()) return;
  // Locked in one order, and before the head: a replay and a projection that goes on do not wait for each
  // other.
  std::map<std::pair<std::uint8_t, PartitionId>, std::optional<Offset>> from;
  for (const NoticeRow& notice : changes.notices) from[{notice.source, notice.partition}];
  for (auto& [key, offset] : from) {
    const auto row = tx.exec_params(
        "SELECT next_offset FROM " + outbox("enqueued") + " WHERE topic = $1 AND partition = $2 FOR UPDATE",
        std::string(to_text(static_cast<Source>(key.first))), static_cast<int>(key.second));
    if (!row.empty()) offset = Offset{row[0][0].as<std::int64_t>()};
  }
  Rows rows;
  for (const NoticeRow& notice : changes.notices) {
    const auto& begin = from[{notice.source, notice.partition}];
    if (begin && notice.offset >= *begin) add(rows, notice);
  }
  if (rows.empty()) return;
  for (const PositionChange& change : changes.positions) {
    if (from.count({static_cast<std::uint8_t>(change.source), change.partition}) == 0)
      continue;  // not locked
    tx.exec_params("UPDATE " + outbox("enqueued") +
                       " SET next_offset = greatest(next_offset, $3) WHERE topic = $1 AND partition = $2",
                   std::string(to_text(change.source)), static_cast<int>(change.partition),
                   static_cast<std::int64_t>(change.after.next));
  }
  rows.exec(tx, insert(tx, settings));
}

void begin_outbox(pqxx::work& tx, std::span<const PartitionId> partitions) {
  for (const PartitionId partition : partitions)
    for (const Source source : {Source::settlements, Source::ticks})
      tx.exec_params(
          "INSERT INTO " + outbox("enqueued") +
              " AS e (topic, partition, next_offset) SELECT $1, $2, coalesce((SELECT next_offset FROM"
              " positions WHERE topic = $1 AND partition = $2), 0)"
              " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = greatest(e.next_offset,"
              " excluded.next_offset)",
          std::string(to_text(source)), static_cast<int>(partition));
}

std::optional<Offset> outbox_position(pqxx::transaction_base& tx, Source source, PartitionId partition) {
  const auto row =
      tx.exec_params("SELECT next_offset FROM " + outbox("enqueued") + " WHERE topic = $1 AND partition = $2",
                     std::string(to_text(source)), static_cast<int>(partition));
  if (row.empty()) return std::nullopt;
  return Offset{row[0][0].as<std::int64_t>()};
}

}  // namespace paytick::projections
