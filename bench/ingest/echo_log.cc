#include "echo_log.h"

#include <pthread.h>

#include <utility>

#include "model/codec.h"

namespace paytick::bench {

EchoLog::EchoLog(std::uint32_t partitions, std::chrono::microseconds delay)
    : partitions_(partitions), delay_(delay), thread_([this] { run(); }) {}

EchoLog::~EchoLog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<std::vector<Offset>> EchoLog::append(std::span<const log::NewRecord> records) {
  if (delay_.count() > 0) std::this_thread::sleep_for(delay_);
  {
    const std::lock_guard lock(mutex_);
    for (const log::NewRecord& record : records) {
      if (record.to.topic == log::Topic::catalog) {
        catalog_.push_back({Offset{static_cast<std::int64_t>(catalog_.size())}, record.append_time,
                            record.key, record.value});
      } else {
        queue_.push_back(record.value);
      }
    }
  }
  wake_.notify_one();
  return std::vector<Offset>(records.size());
}

void EchoLog::run() {
  ::pthread_setname_np(::pthread_self(), "fold");
  struct Account {
    SessionId session;
    std::int64_t units = 50'000'000;
  };
  std::unordered_map<AttachmentId, Account> accounts;
  std::vector<std::string> taken;
  std::vector<Reply> replies;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    taken.clear();
    std::swap(taken, queue_);
    lock.unlock();
    replies.clear();
    for (std::string& record : taken) {
      codec::for_each_line(record, [&](codec::MutableLine line) {
        const auto input = codec::parse_input(line);
        if (!input) return;
        if (const auto* open = std::get_if<Open>(&*input)) {
          accounts[open->attachment].session = open->session;
        } else if (const auto* stop = std::get_if<Stop>(&*input)) {
          accounts.erase(stop->attachment);
        } else if (const auto* beat = std::get_if<Heartbeat>(&*input)) {
          Account& account = accounts[beat->attachment];
          Reply reply;
          reply.attachment = beat->attachment;
          reply.session = account.session;
          account.units -= 100;
          reply.spendable = Amount(account.units);
          reply.paid_until = beat->at + 10'000;
          reply.seq = beat->seq;
          replies.push_back(reply);
          ++ticks_;
        }
      });
    }
    if (deliver_) deliver_(replies);
    lock.lock();
  }
}

Result<std::vector<log::Record>> EchoLog::read(log::TopicPartition tp, Offset from, std::size_t) {
  std::vector<log::Record> records;
  if (tp.topic != log::Topic::catalog) return records;
  const std::lock_guard lock(mutex_);
  for (const log::Record& record : catalog_)
    if (record.offset >= from) records.push_back(record);
  return records;
}

Result<log::EventLog::Range> EchoLog::range(log::TopicPartition) { return Range{}; }

bool EchoLog::wait(log::TopicPartition, Offset, std::chrono::milliseconds timeout) {
  std::this_thread::sleep_for(timeout);
  return false;
}

Result<log::Lease> EchoLog::acquire(log::Role, PartitionId, Epoch) {
  return fail("fenced", "no leases here", Next::abort);
}
Result<std::vector<Offset>> EchoLog::commit(const log::Step&) {
  return fail("fenced", "no steps here", Next::abort);
}
Result<std::optional<Offset>> EchoLog::position(log::Role, PartitionId) { return std::nullopt; }
Result<std::optional<log::Record>> EchoLog::latest(log::TopicPartition, std::string_view) {
  return std::nullopt;
}
Result<void> EchoLog::trim(log::TopicPartition, Offset) { return {}; }

}  // namespace paytick::bench
