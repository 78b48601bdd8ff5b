#pragma once
// One question to the brokers through librdkafka's admin interface, and its answer.

#include <functional>
#include <string>

#include "log/kafka/client.h"

namespace paytick::log::kafka {

class AdminCall {
 public:
  AdminCall(rd_kafka_t* client, int timeout_ms) : client_(client), timeout_ms_(timeout_ms) {}

  using Ask = std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;
  // Nothing when the time ran out.
  Owned<rd_kafka_event_t> raw(rd_kafka_admin_op_t operation, const Ask& ask) const;
  // The answer to all of it; parts may have failed by themselves. `asking` as of to_error().
  Result<Owned<rd_kafka_event_t>> answer(rd_kafka_admin_op_t operation, const std::string& asking,
                                         const Ask& ask) const;

 private:
  rd_kafka_t* client_;
  int timeout_ms_;
};

// An error of a part, with the brokers' own words. What they will not have now, they will not have the next
// time.
Error refused(rd_kafka_resp_err_t code, const char* words, const std::string& doing);

}  // namespace paytick::log::kafka
