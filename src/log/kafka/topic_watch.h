#pragma once
// Whether the brokers answer, and whether the topics are still those that the log was opened on: asked once a
// second, on a thread of its own, because readiness wants to know at once.
//
// A broker that answers too late to bill by counts as one that does not answer: "broker_slow" while the
// connection stands, "broker_unreachable" when it does not. A topic that is deleted, or deleted and made
// anew, takes acknowledged records with it: "topic_lost", "topic_replaced". Then no call may go on as if
// nothing had happened; what is right again by itself (the same topic is seen again) goes on by itself.

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "log/checks.h"
#include "log/kafka/client.h"

namespace paytick::log::kafka {

class TopicWatch {
 public:
  // Asks for the topics as they are now, within the request timeout. `made_anew` is told of a topic of
  // passing hints (is_expendable) that was made anew: nothing is lost, but offsets begin again. It is called
  // on the watch's thread. `settings` must outlive it.
  static Result<std::unique_ptr<TopicWatch>> open(const KafkaSettings& settings,
                                                  std::function<void(Topic)> made_anew);
  ~TopicWatch();

  // Thread-safe, as is everything here.
  bool reachable() const;                // brokers answer, and in time
  std::optional<Error> trouble() const;  // of the brokers, or lost(); fatal where only an operator helps
  // Why nothing may be read or written; nothing in ordinary times, which costs no lock.
  std::optional<Error> lost() const;
  // lost(), after asking now: for whom an offset does not exist any more.
  std::optional<Error> ask_now();
  // A write has shown it: it was given an offset where there had been a record.
  void note_replaced(Topic topic);

 private:
  using Clock = std::chrono::steady_clock;
  using Ids = std::map<Topic, std::string>;  // of those that there are
  enum class Answers : std::uint8_t { in_time, late, none };

  TopicWatch(Client client, const KafkaSettings& settings, std::function<void(Topic)> made_anew);
  Owned<rd_kafka_queue_t> ask();
  std::optional<Ids> ids_of(rd_kafka_event_t& event) const;
  Owned<rd_kafka_event_t> await(rd_kafka_queue_t& queue, std::chrono::milliseconds patience);
  void run();
  void wait_for_answer();
  void note_late(Clock::time_point now);
  void judge(const Ids& seen);
  bool is_missing(Topic topic) const;  // the mutex is held
  static void on_error(rd_kafka_t*, int code, const char*, void* watch);

  const KafkaSettings& settings_;
  const std::function<void(Topic)> made_anew_;
  Client client_;
  std::atomic<bool> connected_{true};  // no connection has broken since the last answer
  std::atomic<bool> is_lost_{false};
  Clock::time_point unanswered_since_;  // the thread's

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  Answers answers_ = Answers::in_time;
  std::chrono::milliseconds took_{0};  // the latest answer that was late, or the silence so far
  Ids first_;
  std::map<Topic, int> missing_;  // looks in a row that did not see it
  std::set<Topic> replaced_;
  std::thread thread_;
};

}  // namespace paytick::log::kafka
