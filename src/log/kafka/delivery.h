#pragma once
// What became of the records of one call: librdkafka reports each, on whatever thread polls.

#include <librdkafka/rdkafka.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "log/event_log.h"

namespace paytick::log::kafka {

// Handed to librdkafka and not reported yet, at most: about what five requests hold, which is what it sends
// at a time. Its threads spin over more.
inline constexpr std::size_t kWindowBytes = 2 * 1024 * 1024;

// Thread-safe. Must outlive every record that was handed to librdkafka with a slot of it.
class Delivery {
 public:
  explicit Delivery(std::size_t records) : offsets_(records), slots_(records), left_(records) {
    for (std::size_t i = 0; i < records; ++i) slots_[i] = {this, i, 0};
  }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Before the record is handed over with its slot; refuse() takes it back.
  void* open(std::size_t record, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    slots_[record].bytes = bytes;
    bytes_ += bytes;
    return &slots_[record];
  }
  void refuse(std::size_t record, rd_kafka_resp_err_t error) { close(slots_[record], error); }
  // librdkafka's delivery report.
  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    const auto* slot = static_cast<const Slot*>(message->_private);
    if (!message->err) slot->owner->offsets_[slot->record] = Offset{message->offset};
    slot->owner->close(*slot, message->err);
  }

  bool has_room(std::size_t bytes) const {
    const std::lock_guard lock(mutex_);
    return bytes_ == 0 || bytes_ + bytes <= kWindowBytes;
  }
  bool complete() const {
    const std::lock_guard lock(mutex_);
    return left_ == 0;
  }
  // The same, for those whose reports come on another thread.
  void wait_for_room(std::size_t bytes) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return bytes_ == 0 || bytes_ + bytes <= kWindowBytes; });
  }
  void wait() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return left_ == 0; });
  }
  // The first failure so far; RD_KAFKA_RESP_ERR_NO_ERROR when there is none.
  rd_kafka_resp_err_t error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  std::vector<Offset> take_offsets() { return std::move(offsets_); }

 private:
  struct Slot {
    Delivery* owner;
    std::size_t record;
    std::size_t bytes;
  };
  void close(const Slot& slot, rd_kafka_resp_err_t error) {
    const std::lock_guard lock(mutex_);
    if (error && !error_) error_ = error;
    bytes_ -= slot.bytes;
    --left_;
    moved_.notify_all();
  }

  std::vector<Offset> offsets_;
  std::vector<Slot> slots_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::size_t left_;       // not reported
  std::size_t bytes_ = 0;  // of those that are handed over
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace paytick::log::kafka
