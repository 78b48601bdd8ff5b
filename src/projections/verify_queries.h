#pragma once
// What the tables hold of every partition, read at one moment: for `paytick verify`.

#include <map>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"
#include "projections/rows.h"

namespace paytick::projections {

struct PartitionTotals {
  Position ticks, settlements;
  struct Sum {
    Amount charged, due, paid;
  };
  struct Session {
    std::int64_t ticks = 0;
    Amount amount;
  };
  std::map<SumId, Sum> sums;
  std::map<SessionId, Session> sessions;
};

// By partition, from one snapshot of the database. Errors as in database.h.
Result<std::vector<PartitionTotals>> read_totals(const std::string& url, std::uint32_t partitions);

}  // namespace paytick::projections
