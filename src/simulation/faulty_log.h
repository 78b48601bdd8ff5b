#pragma once
// The log as a product with a planted bug would use it; without one it hands every call through. The bugs
// live here so that no product code has a switch for them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/forwarding_log.h"

namespace paytick::simulation {

enum class Bug : std::uint8_t {
  none,
  lost_position,       // every 13th read goes one record too far, and nobody notices
  double_settle,       // planted in the chain
  off_by_one,          // a heartbeat counts one tick earlier
  missing_fence,       // a new owner does not say so
  stale_snapshot,      // the state of an older snapshot under the newest one's position
  swallowed_in_doubt,  // a doubtful write is taken for done
};
std::optional<Bug> bug_named(std::string_view name);
std::string_view to_text(Bug bug);

class FaultyLog final : public log::ForwardingLog {
 public:
  FaultyLog(log::EventLog& log, Bug bug) : ForwardingLog(log), bug_(bug) {}

  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;
  Result<std::vector<Offset>> commit(const log::Step& step) override;
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max) override;
  Result<std::optional<log::Record>> latest(log::TopicPartition tp, std::string_view key) override;

  // Restores that began with a snapshot.
  std::uint64_t snapshots_loaded() const { return snapshots_loaded_; }

 private:
  void age(log::Step& step);

  Bug bug_;
  std::map<PartitionId, std::vector<std::string>> last_chunks_;
  std::uint64_t snapshots_loaded_ = 0;
};

}  // namespace paytick::simulation
