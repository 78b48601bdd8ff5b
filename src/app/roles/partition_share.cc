#include "app/roles/partition_share.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace paytick::app {

std::string to_words(const std::vector<PartitionId>& partitions) {
  std::string words;
  for (const PartitionId partition : partitions) {
    if (!words.empty()) words += ", ";
    words += std::to_string(static_cast<std::uint32_t>(partition));
  }
  return words.empty() ? "none" : words;
}

PartitionShare::PartitionShare(std::string role, std::unique_ptr<log::PartitionSource> source, Change change)
    : role_(std::move(role)), change_(std::move(change)), source_(std::move(source)) {}

Result<void> PartitionShare::start() {
  return source_->start({[this](const auto& partitions) { assigned(partitions); },
                         [this](const auto& partitions) { revoked(partitions); }});
}

void PartitionShare::stop() { source_->stop(); }

std::vector<PartitionId> PartitionShare::partitions() const {
  const std::lock_guard lock(mutex_);
  return {ours_.begin(), ours_.end()};
}

std::optional<Error> PartitionShare::trouble() const {
  if (auto trouble = source_->trouble()) return trouble;
  const std::lock_guard lock(mutex_);
  if (!known_) return Error{"joining", "no partitions have been assigned yet", Next::retry};
  return std::nullopt;
}

void PartitionShare::assigned(const std::vector<PartitionId>& partitions) {
  spdlog::info("{}: takes over partitions {}", role_, to_words(partitions));
  {
    const std::lock_guard lock(mutex_);
    ours_.insert(partitions.begin(), partitions.end());
    known_ = true;
  }
  if (!partitions.empty()) change_(this->partitions());
}

void PartitionShare::revoked(const std::vector<PartitionId>& partitions) {
  {
    const std::lock_guard lock(mutex_);
    for (const PartitionId partition : partitions) ours_.erase(partition);
  }
  if (partitions.empty()) return;
  change_(this->partitions());
  spdlog::info("{}: gave back partitions {}", role_, to_words(partitions));
}

}  // namespace paytick::app
