#pragma once
// From where a role's partitions come. One machine: all of them, at once and for good. Several instances over
// Kafka: what the consumer group gives this one, changing as others come and go.
//
// A source only says who should work; who may write is decided by leases and fences (event_log.h), so that
// two owners at a time cost time, never money.

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "log/event_log.h"
#include "model/error.h"

namespace paytick::log {

class PartitionSource {
 public:
  virtual ~PartitionSource() = default;

  struct Callbacks {
    // Called on the source's own thread, one at a time. `assigned`: work on these, too. `revoked`: stop work
    // on these and return when nothing more will be written for them; the group waits for it, so take no
    // longer than a step.
    std::function<void(const std::vector<PartitionId>&)> assigned;
    std::function<void(const std::vector<PartitionId>&)> revoked;
  };
  // Once. Errors: "bad_configuration" (fatal); a broker that is away is waited for.
  virtual Result<void> start(Callbacks callbacks) = 0;
  // Revokes what is assigned, then leaves. Idempotent.
  virtual void stop() = 0;
  // What keeps this instance from having its share: nothing when it has (which may be none). Any thread.
  virtual std::optional<Error> trouble() const = 0;
};

// All partitions of a log that no other process works on.
class AllPartitions final : public PartitionSource {
 public:
  explicit AllPartitions(std::uint32_t partitions) {
    for (std::uint32_t p = 0; p < partitions; ++p) all_.push_back(PartitionId{p});
  }
  ~AllPartitions() override { AllPartitions::stop(); }

  Result<void> start(Callbacks callbacks) override {
    callbacks_ = std::move(callbacks);
    callbacks_.assigned(all_);
    return {};
  }
  void stop() override {
    if (auto revoked = std::exchange(callbacks_, {}).revoked) revoked(all_);
  }
  std::optional<Error> trouble() const override { return std::nullopt; }

 private:
  std::vector<PartitionId> all_;
  Callbacks callbacks_;
};

}  // namespace paytick::log
