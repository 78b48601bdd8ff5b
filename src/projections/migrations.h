#pragma once
// The SQL of migrations/ and outbox_migrations/, compiled in (embed_migrations.cmake), in the order in which
// it is applied.

#include <vector>

namespace paytick::projections {

struct Migration {
  int version;  // the number its file name begins with
  const char* name;
  const char* sql;
};

const std::vector<Migration>& migrations();
const std::vector<Migration>& outbox_migrations();

}  // namespace paytick::projections
