#include "log/kafka/topic_watch.h"

#include <pthread.h>

#include <algorithm>
#include <vector>

#include "log/kafka/topics.h"

namespace paytick::log::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPeriod{1'000};
constexpr milliseconds kAnswerMax{2'000};  // docs/kafka.md names it
constexpr milliseconds kSlice{100};        // a stop is noticed after it
// A question waits for a broker that is away, and is sent when it is back. It is given up late, because that
// breaks a connection that may only be slow.
constexpr milliseconds kGiveUp{60'000};
// A broker that has just come up may tell of no topics for a moment.
constexpr int kMissingLooks = 2;

struct DestroyTopics {
  void operator()(rd_kafka_TopicCollection_t* p) const { rd_kafka_TopicCollection_destroy(p); }
};

std::string seconds(milliseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

TopicWatch::TopicWatch(Client client, const KafkaSettings& settings, std::function<void(Topic)> made_anew)
    : settings_(settings), made_anew_(std::move(made_anew)), client_(std::move(client)) {}

Result<std::unique_ptr<TopicWatch>> TopicWatch::open(const KafkaSettings& settings,
                                                     std::function<void(Topic)> made_anew) {
  auto conf = make_conf(settings, {});
  if (!conf) return tl::unexpected(conf.error());
  // The watch is there before its client, and hears of its connections.
  std::unique_ptr<TopicWatch> watch(new TopicWatch(nullptr, settings, std::move(made_anew)));
  rd_kafka_conf_set_opaque(conf->get(), watch.get());
  rd_kafka_conf_set_error_cb(conf->get(), on_error);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) return tl::unexpected(client.error());
  watch->client_ = std::move(*client);
  const auto queue = watch->ask();
  const auto event = watch->await(*queue, settings.request_timeout);
  const auto seen = event ? watch->ids_of(*event) : std::nullopt;
  if (!seen)
    return tl::unexpected(to_error(event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT,
                                   "asking " + settings.bootstrap + " for its topics"));
  watch->first_ = *seen;
  watch->thread_ = std::thread([raw = watch.get()] { raw->run(); });
  return watch;
}

TopicWatch::~TopicWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool TopicWatch::reachable() const {
  const std::lock_guard lock(mutex_);
  return answers_ == Answers::in_time;
}

std::optional<Error> TopicWatch::trouble() const {
  if (auto error = lost()) {
    error->message +=
        error->code == "topic_lost"
            ? " Nothing is taken or billed meanwhile. Do not make an empty one: stop all roles, "
              "bring it back from a copy, and start them again (docs/kafka.md)."
            : " Nothing is taken or billed on it. Stop all roles, bring its records back from a "
              "copy, and start them again (docs/kafka.md).";
    error->next = Next::fatal;
    return error;
  }
  const std::lock_guard lock(mutex_);
  if (answers_ == Answers::in_time) return std::nullopt;
  if (answers_ == Answers::none)
    return Error{"broker_unreachable",
                 "Kafka: no broker of " + settings_.bootstrap +
                     " answers. Are they up, and is the way to them open? It goes on by itself when one is.",
                 Next::retry};
  return Error{"broker_slow",
               "Kafka: the brokers of " + settings_.bootstrap + " take " + seconds(took_) +
                   " or more to answer; " + seconds(kAnswerMax) +
                   " are the most that can be billed by. Look at their disks, their load and the network; it "
                   "goes on by itself when they are faster.",
               Next::retry};
}

std::optional<Error> TopicWatch::lost() const {
  if (!is_lost_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  for (const Topic topic : kTopics) {
    const std::string name = topic_name(settings_, topic);
    if (replaced_.contains(topic))
      return Error{"topic_replaced",
                   "Kafka: " + name +
                       " is not the topic that it was: it was deleted and made anew, or has lost records.",
                   Next::retry};
    if (is_missing(topic))
      return Error{"topic_lost", "Kafka: the topic " + name + " is gone, and what was on it.", Next::retry};
  }
  return std::nullopt;
}

std::optional<Error> TopicWatch::ask_now() {
  const auto queue = ask();
  if (const auto event = await(*queue, kAnswerMax))
    if (const auto seen = ids_of(*event)) judge(*seen);
  return lost();
}

bool TopicWatch::is_missing(Topic topic) const {
  const auto found = missing_.find(topic);
  return found != missing_.end() && found->second >= kMissingLooks;
}

void TopicWatch::note_replaced(Topic topic) {
  if (is_expendable(topic)) return;
  const std::lock_guard lock(mutex_);
  replaced_.insert(topic);
  is_lost_ = true;
}

Owned<rd_kafka_queue_t> TopicWatch::ask() {
  std::vector<std::string> names;
  for (const Topic topic : kTopics) names.push_back(topic_name(settings_, topic));
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  const std::unique_ptr<rd_kafka_TopicCollection_t, DestroyTopics> topics(
      rd_kafka_TopicCollection_of_topic_names(pointers.data(), pointers.size()));
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
  std::array<char, 256> why{};
  (void)rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds_of(kGiveUp), why.data(),
                                                  why.size());
  Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_DescribeTopics(client_.get(), topics.get(), options.get(), queue.get());
  return queue;
}

// Nothing when it is no answer. A topic of which nothing can be said for the moment is as it was.
std::optional<TopicWatch::Ids> TopicWatch::ids_of(rd_kafka_event_t& event) const {
  if (rd_kafka_event_error(&event)) return std::nullopt;
  const auto* const result = rd_kafka_event_DescribeTopics_result(&event);
  if (result == nullptr) return std::nullopt;
  std::size_t count = 0;
  const auto* const* const told = rd_kafka_DescribeTopics_result_topics(result, &count);
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_TopicDescription_name(told[i]);
    const auto* const failed = rd_kafka_TopicDescription_error(told[i]);
    const auto code = failed == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(failed);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    for (const Topic topic : kTopics) {
      if (name != topic_name(settings_, topic)) continue;
      const auto* const id = code ? nullptr : rd_kafka_TopicDescription_topic_id(told[i]);
      ids[topic] = id == nullptr ? "" : rd_kafka_Uuid_base64str(id);
    }
  }
  return ids;
}

Owned<rd_kafka_event_t> TopicWatch::await(rd_kafka_queue_t& queue, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    rd_kafka_poll(client_.get(), 0);  // what on_error is told
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    Owned<rd_kafka_event_t> event(
        rd_kafka_queue_poll(&queue, milliseconds_of(std::clamp(left, milliseconds(0), kSlice))));
    if (event || left.count() <= 0) return event;
  }
}

void TopicWatch::on_error(rd_kafka_t*, int code, const char*, void* watch) {
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
      code == RD_KAFKA_RESP_ERR__RESOLVE)
    static_cast<TopicWatch*>(watch)->connected_ = false;
}

void TopicWatch::run() {
  ::pthread_setname_np(::pthread_self(), "kafka-watch");
  unanswered_since_ = Clock::now();
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kPeriod, [this] { return stop_; })) {
    lock.unlock();
    wait_for_answer();
    lock.lock();
  }
}

void TopicWatch::wait_for_answer() {
  const auto asked = Clock::now();
  if (reachable()) unanswered_since_ = asked;
  const auto queue = ask();
  Owned<rd_kafka_event_t> event;
  while (!event) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    event = await(*queue, kSlice);
    if (!event && Clock::now() - unanswered_since_ > kAnswerMax) note_late(Clock::now());
  }
  const auto now = Clock::now();
  const auto seen = ids_of(*event);
  if (!seen) {
    connected_ = false;
    if (now - unanswered_since_ > kAnswerMax) note_late(now);
    return;
  }
  judge(*seen);
  // Who was away may have been asked long before it was back.
  const bool was_connected = connected_.exchange(true);
  unanswered_since_ = now;
  const std::lock_guard lock(mutex_);
  if (now - asked <= kAnswerMax) {
    answers_ = Answers::in_time;
    took_ = milliseconds(0);
  } else if (was_connected) {
    answers_ = Answers::late;
    took_ = std::chrono::duration_cast<milliseconds>(now - asked);
  }
}

void TopicWatch::note_late(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  answers_ = connected_ ? Answers::late : Answers::none;
  took_ = std::max(took_, std::chrono::duration_cast<milliseconds>(now - unanswered_since_));
}

void TopicWatch::judge(const Ids& seen) {
  std::vector<Topic> made_anew;
  {
    const std::lock_guard lock(mutex_);
    bool lost = false;
    for (const Topic topic : kTopics) {
      const auto found = seen.find(topic);
      int& missing = missing_[topic];
      missing = found == seen.end() ? std::min(missing + 1, kMissingLooks) : 0;
      if (found != seen.end() && !found->second.empty()) {
        std::string& first = first_[topic];
        const bool other = !first.empty() && first != found->second;
        if (other && is_expendable(topic)) made_anew.push_back(topic);
        if (other && !is_expendable(topic)) replaced_.insert(topic);
        if (first.empty() || is_expendable(topic)) first = found->second;
      }
      lost = lost || replaced_.contains(topic) || is_missing(topic);
    }
    is_lost_ = lost;
  }
  for (const Topic topic : made_anew) made_anew_(topic);
}

}  // namespace paytick::log::kafka
