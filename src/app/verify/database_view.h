#pragma once
// What the projections hold, read at one moment: for verify.

#include <map>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick::app {

struct DatabasePartition {
  Offset to{};           // source position that its rows cover
  Offset ticks{};        // first record of `ticks` that they do not hold
  Offset settlements{};  // first record of `settlements` that they do not hold
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

class DatabaseView {
 public:
  virtual ~DatabaseView() = default;
  // By partition; one consistent snapshot. Next::retry when the database is away.
  virtual Result<std::vector<DatabasePartition>> load(std::uint32_t partitions) = 0;
};

}  // namespace paytick::app
