#pragma once
// A read-only view of an embedded log that another process may be writing: for `verify` and `replay`, which
// need no help from the process they look at. It sees what the writer has handed to its WAL. range() looks
// for more now and then: a view may be a moment old (50 ms, or four times what opening takes).
//
// Every call that writes is refused with "read_only". Other codes: "log_missing" (refused), those of
// EventLog.

#include <filesystem>
#include <memory>

#include "log/event_log.h"

namespace paytick::log {

class EmbeddedReader final : public EventLog {
 public:
  static Result<std::unique_ptr<EmbeddedReader>> open(const std::filesystem::path& folder);
  ~EmbeddedReader() override;

  std::uint32_t partitions() const override;
  Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes) override;
  Result<std::optional<Record>> latest(TopicPartition tp, std::string_view key) override;
  Result<Range> range(TopicPartition tp) override;
  bool wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) override;  // only looks
  void interrupt() override {}
  Result<std::optional<Offset>> position(Role role, PartitionId partition) override;

  Result<std::vector<Offset>> append(std::span<const NewRecord> records) override;
  Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least = Epoch{1}) override;
  Result<std::vector<Offset>> commit(const Step& step) override;
  Result<void> trim(TopicPartition tp, Offset before) override;

 private:
  struct Impl;
  explicit EmbeddedReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::log
