#pragma once
// In a gateway's process: the replies that aggregators elsewhere have written for it, from now on.

#include <atomic>
#include <functional>
#include <string_view>
#include <thread>

#include "log/event_log.h"
#include "model/reply_record.h"

namespace paytick::app {

class ReplyFollower {
 public:
  using Deliver = std::function<void(const Hints&)>;  // on the follower's thread
  // What else gateways tell each other, a record; on the follower's thread.
  using Other = std::function<void(std::string_view record)>;
  // Begins at the end of the gateway's partition. Must outlive whoever keeps the replies.
  ReplyFollower(log::EventLog& log, const GatewayId& gateway, Deliver deliver, Other other = {});
  ~ReplyFollower() { stop(); }

  void stop();
  std::uint64_t delivered() const { return delivered_; }

 private:
  void run();
  Result<void> follow();

  log::EventLog& log_;
  const std::string key_;
  const log::TopicPartition from_;
  const Deliver deliver_;
  const Other other_;
  ReplyReader reader_;
  std::optional<Offset> next_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace paytick::app
