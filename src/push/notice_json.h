#pragma once
// A row of the outbox as the notice that is sent.

#include <pqxx/pqxx>

#include "push/outbox_store.h"

namespace paytick::push {

// Columns that read_notice wants, of the table `notices AS n`.
inline constexpr const char* kNoticeColumns =
    "n.seq, encode(uuid_send(n.id), 'hex') AS id, n.type, n.at_ms, encode(uuid_send(n.platform), 'hex') AS "
    "platform,"
    " n.viewer, n.meter, n.creator, encode(uuid_send(n.session), 'hex') AS session,"
    " encode(uuid_send(n.content), 'hex') AS content, n.reference, n.reason, n.amount, n.total, n.fee, "
    "n.spendable,"
    " n.paid_until_ms, n.ticks, n.seconds_left, encode(n.proof, 'hex') AS proof, n.tx_hash, n.ledger, "
    "n.message,"
    " n.channel";

Notice read_notice(const pqxx::row& row);

// What `paytick webhooks test` sends.
Notice test_notice(const std::string& id, TimeMs now);

}  // namespace paytick::push
