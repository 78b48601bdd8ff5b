#pragma once
// The stream of one partition's records from one offset on: librdkafka fetches ahead, the cursor hands out.
// One call at a time, but for wake().

#include <atomic>
#include <chrono>
#include <deque>
#include <vector>

#include "log/event_log.h"
#include "log/kafka/client.h"

namespace paytick::log::kafka {

class Cursor {
 public:
  // `client` is a consumer that has no other cursor on this topic's partition; both outlive the cursor.
  Cursor(rd_kafka_t* client, rd_kafka_topic_t* topic, TopicPartition at);
  ~Cursor();
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  TopicPartition at() const { return at_; }
  // Whether a read from there goes on where this cursor stands.
  bool stands_at(Offset from) const;
  Result<void> seek(Offset from);

  // Fetched records up to about `max_bytes`. When there is none: waits until `end` is reached or one comes;
  // empty when there is none below `end`. Errors: "out_of_range", "topic_missing", "not_authorized", and
  // "log_busy" when that took longer than `patience`.
  Result<std::vector<Record>> read(Offset end, std::size_t max_bytes, std::chrono::milliseconds patience);

  // True when a record is at hand. False after `timeout`, an error, or wake(); but what lies below `end` is
  // waited for until `patience` has run out.
  bool wait(Offset end, std::chrono::milliseconds timeout, std::chrono::milliseconds patience);
  void wake();  // any thread

 private:
  enum class Polled : std::uint8_t { record, end, nothing };
  Result<Polled> poll(int timeout_ms);
  void stop();

  TopicPartition at_;
  rd_kafka_topic_t* topic_;
  Owned<rd_kafka_queue_t> queue_;
  bool started_ = false;
  std::atomic<bool> woken_{false};
  std::deque<Owned<rd_kafka_message_t>> ready_;
  Offset next_{};     // handed out up to here
  Offset reached_{};  // read up to here: what lies below and is not in ready_ holds no record
};

}  // namespace paytick::log::kafka
