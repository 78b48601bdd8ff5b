#pragma once
// Follows the `open` and `stop` lines of every partition of `heartbeats` into a NameBook; other lines are
// passed over unread. Not thread-safe.

#include <vector>

#include "ingest/bridge/name_book.h"
#include "log/event_log.h"

namespace paytick::ingest {

class NameFollower {
 public:
  NameFollower(log::EventLog& log, NameBook& book, std::vector<Offset> from)
      : log_(log), book_(book), next_(std::move(from)) {
    next_.resize(log_.partitions(), Offset{0});
  }

  // Reads up to about `bytes_max`; true if there was something. What was trimmed away before it was read is
  // passed over: it is older than any session that lives.
  Result<bool> pump(PartitionId partition, std::size_t bytes_max, TimeMs now);
  const std::vector<Offset>& positions() const { return next_; }
  std::uint64_t bytes() const { return bytes_; }  // read so far

 private:
  log::EventLog& log_;
  NameBook& book_;
  std::vector<Offset> next_;
  std::uint64_t bytes_ = 0;
};

}  // namespace paytick::ingest
