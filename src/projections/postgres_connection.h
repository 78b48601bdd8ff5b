#pragma once
// How this module talks to PostgreSQL: opening a connection into a schema, bringing the schema up to date,
// and turning the library's exceptions into errors (database.h lists the codes).

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "model/error.h"
#include "projections/schemas.h"

namespace paytick::projections {

// A connection whose search path is `schema`, created and migrated when it is not there yet, and so is the
// outbox. Throws what pqxx throws; call it inside guarded(). A schema written by a newer paytick throws
// SchemaNewer.
std::unique_ptr<pqxx::connection> open_migrated(const std::string& url, const std::string& schema);

// The same without touching the schema.
std::unique_ptr<pqxx::connection> open_connection(const std::string& url, const std::string& schema);

struct SchemaNewer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The error that the exception under way stands for; call it in a catch block.
Error database_error();

// Runs `work`, and gives its value or the error.
template <typename Work>
auto guarded(const Work& work) -> Result<decltype(work())> {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (...) {
    return tl::unexpected(database_error());
  }
}

}  // namespace paytick::projections
