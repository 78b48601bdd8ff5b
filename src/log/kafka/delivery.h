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

// Thread-safe. Must outlive every record that was handed to librdkafka with a slot of it.
class Delivery {
 public:
  explicit Delivery(std::size_t records) : offsets_(records), slots_(records), open_(records) {
    for (std::size_t i = 0; i < records; ++i) slots_[i] = {this, i};
  }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void* slot(std::size_t record) { return &slots_[record]; }
  // It was never handed over.
  void refuse(rd_kafka_resp_err_t error) { close(error); }
  // librdkafka's delivery report.
  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    const auto* slot = static_cast<const Slot*>(message->_private);
    if (!message->err) slot->owner->offsets_[slot->record] = Offset{message->offset};
    slot->owner->close(message->err);
  }

  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return open_ == 0; });
  }
  bool complete() const {
    const std::lock_guard lock(mutex_);
    return open_ == 0;
  }
  // The first failure; RD_KAFKA_RESP_ERR_NO_ERROR when all were written. After wait().
  rd_kafka_resp_err_t error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  std::vector<Offset> take_offsets() { return std::move(offsets_); }

 private:
  struct Slot {
    Delivery* owner;
    std::size_t record;
  };
  void close(rd_kafka_resp_err_t error) {
    const std::lock_guard lock(mutex_);
    if (error && !error_) error_ = error;
    if (--open_ == 0) done_.notify_all();
  }

  std::vector<Offset> offsets_;
  std::vector<Slot> slots_;
  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::size_t open_;
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace paytick::log::kafka
