#include "projections/postgres_connection.h"

#include <algorithm>
#include <array>

#include "projections/migrations.h"

namespace paytick::projections {
namespace {

// Classes and codes after which the same work may succeed: the server shuts down or starts, is out of
// connections, memory or disk, or chose this transaction to break a deadlock (PostgreSQL, appendix A).
bool may_pass(const std::string& state) {
  static constexpr std::array kClasses = {"08", "53", "57", "58", "40"};
  // Tables that are not there are made by the writer when it connects.
  return state == "55P03" || state == "42P01" ||
         std::any_of(kClasses.begin(), kClasses.end(),
                     [&](std::string_view prefix) { return std::string_view(state).substr(0, 2) == prefix; });
}

std::string first_line(const std::string& words) { return words.substr(0, words.find('\n')); }

void migrate(pqxx::connection& connection, const std::string& schema, const std::vector<Migration>& all) {
  pqxx::work tx(connection);
  // One migrates at a time; the number only has to be paytick's own.
  tx.exec("SELECT pg_advisory_xact_lock(7031950621)");
  tx.exec("CREATE SCHEMA IF NOT EXISTS " + tx.quote_name(schema));
  tx.exec("SET LOCAL search_path TO " + tx.quote_name(schema));
  tx.exec(
      "CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, name text NOT NULL,"
      " applied_at timestamptz NOT NULL DEFAULT now())");
  const int there = tx.exec("SELECT coalesce(max(version), 0) FROM migrations")[0][0].as<int>();
  if (there > all.back().version)
    throw SchemaNewer("the tables in schema " + schema + " were made by a newer paytick (migration " +
                      std::to_string(there) + "); run that one, or `paytick replay` into fresh tables");
  for (const Migration& migration : all) {
    if (migration.version <= there) continue;
    tx.exec(migration.sql);
    tx.exec_params("INSERT INTO migrations (version, name) VALUES ($1, $2)", migration.version,
                   migration.name);
  }
  tx.commit();
}

}  // namespace

std::unique_ptr<pqxx::connection> open_connection(const std::string& url, const std::string& schema) {
  auto connection = std::make_unique<pqxx::connection>(url);
  // The library sets these again should it open a lost connection anew.
  connection->set_variable("search_path", connection->quote_name(schema));
  // What does not last a crash of the server is read from the log again, together with its positions.
  connection->set_variable("synchronous_commit", "off");
  connection->set_variable("application_name", "paytick");
  connection->set_variable("client_min_messages", "warning");
  return connection;
}

std::unique_ptr<pqxx::connection> open_migrated(const std::string& url, const std::string& schema) {
  auto connection = open_connection(url, schema);
  migrate(*connection, schema, migrations());
  migrate(*connection, kOutbox, outbox_migrations());
  return connection;
}

Error database_error() {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& e) {
    return {"in_doubt", "the connection to PostgreSQL broke around a commit: " + first_line(e.what()),
            Next::in_doubt};
  } catch (const pqxx::broken_connection& e) {
    return {"database_away", "no connection to PostgreSQL: " + first_line(e.what()), Next::retry};
  } catch (const pqxx::sql_error& e) {
    // Without a state the connection broke while the statement ran.
    if (e.sqlstate().empty() || may_pass(e.sqlstate()))
      return {"database_away", "PostgreSQL cannot do it now: " + first_line(e.what()), Next::retry};
    return {"database_error", "PostgreSQL refused: " + first_line(e.what()) + " (" + e.sqlstate() + ")",
            Next::fatal};
  } catch (const SchemaNewer& e) {
    return {"schema_newer", e.what(), Next::fatal};
  } catch (const std::exception& e) {
    return {"database_error", e.what(), Next::fatal};
  }
}

}  // namespace paytick::projections
