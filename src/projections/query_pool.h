#pragma once
// The connections of HistoryQueries. For its sources alone.

#include <mutex>
#include <vector>

#include "projections/history_queries.h"
#include "projections/postgres_connection.h"
#include "projections/query_json.h"

namespace paytick::projections {

// Connections that nobody uses at the moment.
struct HistoryQueries::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<pqxx::connection>> idle;
};

// On a connection of the pool, in a transaction that sees one moment.
template <typename Work>
auto HistoryQueries::asked(const Work& work) {
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
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> tx(*connection);
    return work(tx);
  });
  if (answer) {
    const std::lock_guard lock(pool_->mutex);
    pool_->idle.push_back(std::move(connection));
  }
  return answer;
}

// The same, for one JSON object.
template <typename Work>
Result<std::string> HistoryQueries::ask(const Work& work) {
  return asked([&](pqxx::transaction_base& tx) {
    rapidjson::StringBuffer text;
    Json json(text);
    json.StartObject();
    work(tx, json);
    json.EndObject();
    return std::string(text.GetString(), text.GetSize());
  });
}

}  // namespace paytick::projections
