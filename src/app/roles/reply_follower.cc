#include "app/roles/reply_follower.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "app/worker_thread.h"

namespace paytick::app {
namespace {

constexpr std::size_t kReadBytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kWait{100};   // a stop is noticed after it
constexpr std::chrono::milliseconds kPause{200};  // after an error

}  // namespace

ReplyFollower::ReplyFollower(log::EventLog& log, const GatewayId& gateway, Deliver deliver, Other other)
    : log_(log),
      key_(to_text(gateway)),
      from_{log::Topic::replies, replies_partition_of(gateway, log.partitions())},
      deliver_(std::move(deliver)),
      other_(std::move(other)),
      thread_([this] { run(); }) {}

void ReplyFollower::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void ReplyFollower::run() {
  ::pthread_setname_np(::pthread_self(), "replies");
  TroubleLog trouble("replies");
  while (!stop_) {
    const auto followed = follow();
    trouble.note(followed ? std::nullopt : std::optional(followed.error()));
    if (!followed) std::this_thread::sleep_for(kPause);
  }
}

Result<void> ReplyFollower::follow() {
  if (!next_) {
    const auto range = log_.range(from_);
    if (!range) return tl::unexpected(range.error());
    next_ = range->end;
  }
  const auto records = log_.read(from_, *next_, kReadBytes);
  if (!records) {
    // Trimmed below us: what is lost was a hint.
    if (records.error().code == "out_of_range") next_.reset();
    return tl::unexpected(records.error());
  }
  if (records->empty()) log_.wait(from_, *next_, kWait);
  for (const log::Record& record : *records) {
    next_ = Offset{static_cast<std::int64_t>(record.offset) + 1};
    if (!record.key.empty() && record.key != key_) continue;
    const auto hints = reader_.read(record.value);
    if (!hints) {
      if (other_) other_(record.value);
      continue;
    }
    deliver_(*hints);
    delivered_ += hints->replies.size() + hints->outcomes.size();
  }
  return {};
}

}  // namespace paytick::app
