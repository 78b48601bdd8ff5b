#include "projections/worker.h"

#include <algorithm>

namespace paytick::projections {

ProjectionWorker::ProjectionWorker(WorkerConfig config, log::EventLog& log, Database& database,
                                   Random& random)
    : config_(std::move(config)), log_(log), database_(database), random_(random) {}

template <typename T>
Result<T> ProjectionWorker::noted(Result<T> result) {
  const std::lock_guard lock(mutex_);
  status_.trouble = result ? std::nullopt : std::optional<Error>(result.error());
  return result;
}

Result<void> ProjectionWorker::start() {
  pending_.reset();
  followers_.clear();
  auto writer = database_.acquire(config_.partitions, random_.id<OwnerId>());
  if (!writer) return noted<void>(tl::unexpected(writer.error()));
  writer_ = std::move(*writer);
  for (std::size_t i = 0; i < config_.partitions.size(); ++i) {
    auto loaded = database_.load(config_.partitions[i]);
    if (!loaded) {
      followers_.clear();
      return noted<void>(tl::unexpected(loaded.error()));
    }
    followers_.emplace_back(log_, config_.partitions[i], std::move(*loaded),
                            config_.bounds.empty() ? Bound{} : config_.bounds[i]);
  }
  return noted<void>({});
}

Result<bool> ProjectionWorker::step() {
  if (followers_.empty() && !config_.partitions.empty())
    return noted<bool>(fail("writer_fenced", "the projection has to be started", Next::abort));
  if (!pending_) {
    auto read = read_step();
    if (!read) {
      followers_.clear();  // the books may be ahead of the tables
      pending_.reset();
      Error error = read.error();
      if (error.next == Next::retry) error.next = Next::abort;
      return noted<bool>(tl::unexpected(error));
    }
    if (!*read) return noted<bool>(false);
  }
  auto written = write_step();
  if (!written) return noted<bool>(tl::unexpected(written.error()));
  return noted<bool>(more_);
}

Result<bool> ProjectionWorker::read_step() {
  pending_.emplace();
  pending_records_ = 0;
  more_ = false;
  const std::size_t share =
      std::max<std::size_t>(1, config_.step_bytes_max / std::max<std::size_t>(1, followers_.size()));
  for (Follower& follower : followers_) {
    const auto read = follower.read(share, *pending_);
    if (!read) return tl::unexpected(read.error());
    more_ |= read->more;
    pending_records_ += read->records;
  }
  if (pending_->positions.empty()) pending_.reset();
  return pending_.has_value();
}

Result<void> ProjectionWorker::write_step() {
  const auto begin = std::chrono::steady_clock::now();
  if (auto written = database_.write(writer_, *pending_); !written) {
    if (written.error().next == Next::abort || written.error().next == Next::fatal) {
      followers_.clear();
      pending_.reset();
    }
    return written;
  }
  const auto time = std::chrono::steady_clock::now() - begin;
  write_time_ = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  if (config_.on_written) config_.on_written(time);
  std::uint64_t lag = 0;
  std::optional<TimeMs> as_of;
  std::size_t sums = 0, sessions = 0;
  for (const Follower& follower : followers_) {
    const std::uint64_t behind = follower.lag().value_or(0);
    lag += behind;
    const TimeMs reached = follower.position(Source::ticks).as_of;
    if (behind > 0) as_of = std::min(as_of.value_or(reached), reached);
    sums += follower.sums();
    sessions += follower.sessions();
  }
  const std::lock_guard lock(mutex_);
  status_.records += pending_records_;
  status_.rows += pending_->rows();
  ++status_.steps;
  status_.lag_records = lag;
  status_.as_of = as_of;
  status_.sums = sums;
  status_.sessions = sessions;
  pending_.reset();
  return {};
}

std::chrono::milliseconds ProjectionWorker::pause() const {
  return std::clamp(write_time_, std::chrono::milliseconds(20), std::chrono::milliseconds(700));
}

WorkerStatus ProjectionWorker::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Position ProjectionWorker::position(PartitionId partition, Source source) const {
  for (const Follower& follower : followers_)
    if (follower.partition() == partition) return follower.position(source);
  return {};
}

}  // namespace paytick::projections
