#pragma once
// Notices into the outbox, in the transaction of the step that they come from: a notice is there if and only
// if the rows of its line are.

#include <optional>
#include <pqxx/pqxx>
#include <span>

#include "projections/notices.h"
#include "projections/rows.h"

namespace paytick::projections {

// Enqueues those of the step's notices that have not been announced before, are news, and that somebody
// wants. Locks the outbox's head until the transaction ends, so call it last.
void write_notices(pqxx::work& tx, const Changes& changes, const OutboxSettings& settings);

// Notes that all lines below the stored positions of these partitions have been announced, or never will be.
void begin_outbox(pqxx::work& tx, std::span<const PartitionId> partitions);

// From where on lines are to be announced; nothing where the outbox has not been begun.
std::optional<Offset> outbox_position(pqxx::transaction_base& tx, Source source, PartitionId partition);

}  // namespace paytick::projections
