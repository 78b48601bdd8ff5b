#include "app/roles/reply_publisher.h"

#include <pthread.h>

#include <utility>
#include <vector>

#include "app/worker_thread.h"
#include "model/reply_record.h"

namespace paytick::app {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kRecordBytes = 64 * 1024;
// A second or two of replies under the highest load; older ones help nobody.
constexpr std::size_t kWaitingBytesMax = 32 * 1024 * 1024;

bool ends_attachment(const Reply& reply) { return reply.closed || !reply.refused.empty(); }

}  // namespace

ReplyPublisher::ReplyPublisher(log::EventLog& log, WallClock& clock)
    : log_(log), clock_(clock), thread_([this] { run(); }) {}

ReplyPublisher::~ReplyPublisher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::string& ReplyPublisher::record_for(const GatewayId& gateway) {
  const auto open = open_.find(gateway);
  Packed* record = nullptr;
  if (open != open_.end() && open->second >= first_) {
    record = &waiting_[open->second - first_];
    if (record->value.size() + kReplyBytesMax > kRecordBytes) record = nullptr;
  }
  if (record == nullptr) {
    open_[gateway] = first_ + waiting_.size();
    record = &waiting_.emplace_back();
    record->gateway = gateway;
  }
  ++record->n;
  return record->value;
}

void ReplyPublisher::add(const Reply& reply) {
  std::string& record = record_for(reply.gateway);
  const std::size_t before = record.size();
  append_reply(reply, record);
  bytes_ += record.size() - before;
}

void ReplyPublisher::add(const Outcome& outcome) {
  std::string& record = record_for(outcome.gateway);
  const std::size_t before = record.size();
  append_outcome(outcome, record);
  bytes_ += record.size() - before;
}

void ReplyPublisher::drop_oldest() {
  for (; bytes_ > kWaitingBytesMax; ++first_) {
    counters_.dropped += waiting_.front().n;
    bytes_ -= waiting_.front().value.size();
    waiting_.pop_front();
  }
}

void ReplyPublisher::deliver(PartitionId, std::span<const Reply> replies) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    for (const Reply& reply : replies)
      if (!reply.gateway.is_zero() || ends_attachment(reply)) add(reply);
    drop_oldest();
    wake = !waiting_.empty();
  }
  if (wake) wake_.notify_one();
}

void ReplyPublisher::answer(PartitionId, std::span<const Outcome> outcomes) {
  {
    const std::lock_guard lock(mutex_);
    for (const Outcome& outcome : outcomes) add(outcome);
    drop_oldest();
  }
  wake_.notify_one();
}

Result<void> ReplyPublisher::publish(const std::deque<Packed>& batch) {
  std::vector<log::NewRecord> records;
  const TimeMs now = clock_.now();
  for (const Packed& packed : batch) {
    const std::uint32_t partitions = log_.partitions();
    if (!packed.gateway.is_zero()) {
      records.push_back({{log::Topic::replies, replies_partition_of(packed.gateway, partitions)},
                         now,
                         to_text(packed.gateway),
                         packed.value});
      continue;
    }
    for (std::uint32_t p = 0; p < partitions; ++p)
      records.push_back({{log::Topic::replies, PartitionId{p}}, now, {}, packed.value});
  }
  auto written = log_.append(records);
  return written ? Result<void>() : tl::unexpected(written.error());
}

void ReplyPublisher::run() {
  ::pthread_setname_np(::pthread_self(), "replies");
  TroubleLog trouble("replies");
  std::unique_lock lock(mutex_);
  for (auto next = steady_clock::now();; next = steady_clock::now() + kReplyInterval) {
    wake_.wait(lock, [this] { return !waiting_.empty() || stop_; });
    wake_.wait_until(lock, next, [this] { return stop_; });
    if (waiting_.empty()) return;
    const auto batch = std::exchange(waiting_, {});
    first_ += batch.size();
    open_.clear();
    bytes_ = 0;
    lock.unlock();
    const auto written = publish(batch);
    trouble.note(written ? std::nullopt : std::optional(written.error()));
    lock.lock();
    for (const Packed& packed : batch) (written ? counters_.published : counters_.dropped) += packed.n;
    if (!written && stop_) return;
  }
}

ReplyPublisher::Counters ReplyPublisher::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace paytick::app
