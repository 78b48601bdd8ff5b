#pragma once
// What the engine and its read-only view (embedded_reader.h) read alike.

#include "log/embedded/open_store.h"

namespace paytick::log {

// What can be read of a lane, by the keys that are stored.
Result<EventLog::Range> stored_range(const Store& store, TopicPartition tp);

// As EventLog::read, within `range`.
Result<std::vector<Record>> read_records(const Store& store, TopicPartition tp, Offset from,
                                         EventLog::Range range, std::size_t max_bytes);

// As EventLog::latest.
Result<std::optional<Record>> latest_record(const Store& store, TopicPartition tp, std::string_view key);

}  // namespace paytick::log
