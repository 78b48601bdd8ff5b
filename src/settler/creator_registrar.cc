#include "settler/creator_registrar.h"

#include <algorithm>

#include "model/codec.h"

namespace paytick::settler {

namespace {
constexpr std::size_t kReadBytes = 1024 * 1024;
constexpr std::size_t kAtOnce = 20;
constexpr std::int64_t kRetryMs = 5'000;
}  // namespace

Result<void> CreatorRegistrar::follow() {
  next_.resize(log_.partitions());
  for (std::uint32_t i = 0; i < log_.partitions(); ++i) {
    auto records = log_.read({log::Topic::catalog, PartitionId{i}}, next_[i], kReadBytes);
    if (!records) return tl::unexpected(records.error());
    for (log::Record& record : *records) {
      next_[i] = Offset{static_cast<std::int64_t>(record.offset) + 1};
      codec::for_each_line(record.value, [&](codec::MutableLine line) {
        const auto content = codec::parse_content(line);
        if (!content || known_.contains(content->creator_wallet)) return;
        if (std::find(waiting_.begin(), waiting_.end(), content->creator_wallet) == waiting_.end())
          waiting_.push_back(content->creator_wallet);
      });
    }
  }
  return {};
}

Result<bool> CreatorRegistrar::step() {
  if (auto followed = follow(); !followed) return tl::unexpected(followed.error());
  if (waiting_.empty() || clock_.now() < retry_at_) return false;
  const std::size_t n = std::min(kAtOnce, waiting_.size());
  if (auto done = chain_.register_creators({waiting_.data(), n}); !done) {
    trouble_ = done.error();
    retry_at_ = clock_.now() + kRetryMs;
    return false;
  }
  trouble_.reset();
  known_.insert(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
  return true;
}

}  // namespace paytick::settler
