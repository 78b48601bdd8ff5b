#include "log/kafka/cursor.h"

#include <algorithm>
#include <utility>

namespace paytick::log::kafka {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t number(Offset offset) { return static_cast<std::int64_t>(offset); }

Record to_record(const rd_kafka_message_t& message) {
  Record record;
  record.offset = Offset{message.offset};
  record.append_time = TimeMs{rd_kafka_message_timestamp(&message, nullptr)};
  if (message.key != nullptr) record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.assign(static_cast<const char*>(message.payload), message.len);
  return record;
}

int until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

}  // namespace

Cursor::Cursor(rd_kafka_t* client, rd_kafka_topic_t* topic, TopicPartition at)
    : at_(at), topic_(topic), queue_(rd_kafka_queue_new(client)) {}

Cursor::~Cursor() { stop(); }

void Cursor::stop() {
  if (started_) rd_kafka_consume_stop(topic_, static_cast<std::int32_t>(at_.partition));
  started_ = false;
  ready_.clear();
}

bool Cursor::stands_at(Offset from) const {
  if (!started_) return false;
  if (from == next_) return true;
  // A gap: nothing lies between where the reader stands and the next record.
  return from > next_ && from <= (ready_.empty() ? reached_ : Offset{ready_.front()->offset});
}

Result<void> Cursor::seek(Offset from) {
  stop();
  // What is under way to the old queue must not be seen.
  while (Owned<rd_kafka_message_t> stale{rd_kafka_consume_queue(queue_.get(), 0)}) continue;
  if (rd_kafka_consume_start_queue(topic_, static_cast<std::int32_t>(at_.partition), number(from),
                                   queue_.get()) != 0)
    return tl::unexpected(to_error(rd_kafka_last_error(), "reading"));
  started_ = true;
  next_ = reached_ = from;
  return {};
}

Result<Cursor::Polled> Cursor::poll(int timeout_ms) {
  Owned<rd_kafka_message_t> message(rd_kafka_consume_queue(queue_.get(), timeout_ms));
  if (!message) return Polled::nothing;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    reached_ = std::max(reached_, Offset{message->offset});
    return Polled::end;
  }
  if (message->err) {
    const auto code = message->err;
    stop();  // the next read begins anew
    return tl::unexpected(to_error(code, "reading"));
  }
  reached_ = std::max(reached_, Offset{message->offset + 1});
  ready_.push_back(std::move(message));
  return Polled::record;
}

Result<std::vector<Record>> Cursor::read(Offset end, std::size_t max_bytes,
                                         std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  std::vector<Record> out;
  std::size_t bytes = 0;
  for (;;) {
    if (ready_.empty()) {
      const bool must_wait = out.empty() && reached_ < end;
      auto polled = poll(must_wait ? until(deadline) : 0);
      if (!polled && out.empty()) return tl::unexpected(polled.error());
      if (!polled) return out;  // the error comes again
      if (*polled == Polled::end) continue;
      if (*polled == Polled::nothing) {
        if (!out.empty() || reached_ >= end) return out;
        if (until(deadline) > 0) continue;
        return fail(
            "log_busy",
            "Kafka: records that are there cannot be read now: no broker answers, or an open transaction "
            "holds them up.",
            Next::retry);
      }
    }
    const rd_kafka_message_t& message = *ready_.front();
    bytes += message.len + message.key_len;
    if (!out.empty() && bytes > max_bytes) return out;
    out.push_back(to_record(message));
    next_ = Offset{message.offset + 1};
    ready_.pop_front();
  }
}

bool Cursor::wait(Offset end, std::chrono::milliseconds timeout, std::chrono::milliseconds patience) {
  woken_ = false;
  const auto start = Clock::now();
  while (ready_.empty()) {
    const auto deadline = start + (reached_ < end ? std::max(timeout, patience) : timeout);
    const auto polled = poll(until(deadline));
    if (!polled || woken_) break;
    if (*polled == Polled::nothing && until(deadline) == 0) break;
  }
  return !ready_.empty();
}

void Cursor::wake() {
  woken_ = true;
  rd_kafka_queue_yield(queue_.get());
}

}  // namespace paytick::log::kafka
