#pragma once
// Reads and grants rights at the brokers (topic_rights.h).

#include <optional>
#include <set>
#include <vector>

#include "log/kafka/admin_call.h"
#include "log/kafka/topic_rights.h"

namespace paytick::log::kafka {

// Nothing: the brokers keep no list, anybody may do anything. "not_authorized" when the login may not look.
Result<std::optional<std::set<Right>>> read_rights(rd_kafka_t* client, const AdminCall& call);
Result<void> grant_rights(rd_kafka_t* client, const AdminCall& call, const std::vector<Right>& rights);

}  // namespace paytick::log::kafka
