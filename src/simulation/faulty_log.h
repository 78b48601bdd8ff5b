#pragma once
// The log as a product with a planted bug would use it; without one it hands every call through.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/forwarding_log.h"
#include "simulation/bugs.h"
#include "simulation/planted_inputs.h"
#include "simulation/planted_snapshots.h"

namespace paytick::simulation {

class FaultyLog final : public log::ForwardingLog {
 public:
  FaultyLog(log::EventLog& log, Bug bug) : ForwardingLog(log), bug_(bug), snapshots_(bug) {}

  Result<std::vector<Offset>> append(std::span<const log::NewRecord> records) override;
  Result<std::vector<Offset>> commit(const log::Step& step) override;
  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max) override;
  Result<std::optional<log::Record>> latest(log::TopicPartition tp, std::string_view key) override;

  // Restores that began with a snapshot.
  std::uint64_t snapshots_loaded() const { return snapshots_loaded_; }

 private:
  struct Inputs {  // of a partition
    explicit Inputs(Bug bug) : planted(bug) {}
    PlantedInputs planted;
    std::map<Offset, std::string> values;
    Offset next{};
  };
  Result<std::vector<log::Record>> planted(log::TopicPartition tp, std::vector<log::Record> records);

  const Bug bug_;
  PlantedSnapshots snapshots_;
  std::map<PartitionId, Inputs> inputs_;
  std::uint64_t snapshots_loaded_ = 0;
};

}  // namespace paytick::simulation
