#pragma once
// A log that answers every n-th read with "log_busy", as one over a network does now and then.

#include "log/forwarding_log.h"

namespace paytick::aggregator {

class StutteringLog final : public log::ForwardingLog {
 public:
  StutteringLog(log::EventLog& log, int every) : ForwardingLog(log), every_(every) {}

  Result<std::vector<log::Record>> read(log::TopicPartition tp, Offset from, std::size_t max) override {
    if (++reads_ % every_ == 0) return fail("log_busy", "not now", Next::retry);
    return ForwardingLog::read(tp, from, max);
  }

 private:
  const int every_;
  int reads_ = 0;
};

}  // namespace paytick::aggregator
