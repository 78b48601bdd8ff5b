#include "log/kafka/admin_call.h"

#include <array>

namespace paytick::log::kafka {

Owned<rd_kafka_event_t> AdminCall::raw(rd_kafka_admin_op_t operation, const Ask& ask) const {
  std::array<char, 256> why{};
  const Owned<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(client_, operation));
  (void)rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, why.data(), why.size());
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_));
  ask(options.get(), queue.get());
  return Owned<rd_kafka_event_t>(rd_kafka_queue_poll(queue.get(), timeout_ms_ + 1'000));
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
