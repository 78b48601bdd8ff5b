#include "log/kafka/admin_call.h"

#include <array>
#include <chrono>

namespace paytick::log::kafka {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kAskAgainMs = 50;

// Brokers that have just been started, or stood still, name no controller until they are let in (again).
// librdkafka asks them once, and then waits for a change that nobody tells it of.
void look_for_controller(rd_kafka_t* client, int timeout_ms) {
  if (rd_kafka_controllerid(client, 0) >= 0) return;
  const rd_kafka_metadata_t* metadata = nullptr;
  (void)rd_kafka_metadata(client, 0, nullptr, &metadata, timeout_ms);
  const Owned<const rd_kafka_metadata_t> told(metadata);
}

}  // namespace

Owned<rd_kafka_event_t> AdminCall::raw(rd_kafka_admin_op_t operation, const Ask& ask) const {
  std::array<char, 256> why{};
  const Owned<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(client_, operation));
  (void)rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, why.data(), why.size());
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_));
  ask(options.get(), queue.get());
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms_ + 1'000);
  for (;;) {
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), kAskAgainMs));
    if (event || Clock::now() > deadline) return event;
    look_for_controller(client_, timeout_ms_);
  }
}

Result<Owned<rd_kafka_event_t>> AdminCall::answer(rd_kafka_admin_op_t operation, const std::string& asking,
                                                  const Ask& ask) const {
  auto event = raw(operation, ask);
  if (!event) return tl::unexpected(to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, asking));
  if (const auto code = rd_kafka_event_error(event.get()))
    return tl::unexpected(refused(code, rd_kafka_event_error_string(event.get()), asking));
  return event;
}

Error refused(rd_kafka_resp_err_t code, const char* words, const std::string& doing) {
  Error error = to_error(code, doing);
  if (words != nullptr) error.message += std::string(" (") + words + ")";
  if (error.code == "log_busy") error = {"bad_configuration", error.message, Next::fatal};
  return error;
}

}  // namespace paytick::log::kafka
