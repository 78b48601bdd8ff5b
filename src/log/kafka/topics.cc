#include "log/kafka/topics.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "log/checks.h"

namespace paytick::log {
namespace {

constexpr std::size_t kBrokenShown = 3;  // in the refusal to start; check shows all

std::string text_of(std::uint32_t number) { return std::to_string(number); }

std::int64_t number_of(const std::string& value) {
  std::int64_t number = 0;
  (void)std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

class Comparison {
 public:
  Comparison(const KafkaSettings& settings, const ClusterState& actual)
      : settings_(settings), plan_(settings.topics), actual_(actual) {}

  std::vector<TopicChange> run() {
    for (const auto& [topic, state] : actual_.topics) {
      counts_.insert(state.partitions);
      records_ = records_ || state.has_records;
    }
    for (const Topic topic : kTopics) {
      topic_ = topic;
      name_ = topic_name(settings_, topic_);
      const auto found = actual_.topics.find(topic_);
      if (found == actual_.topics.end()) {
        missing();
        continue;
      }
      partitions(found->second);
      replication(found->second);
      for (const TopicRule& rule : topic_rules())
        if (rule.concerns(topic_)) judge(rule, found->second);
    }
    for (const auto& [name, state] : actual_.internal) internal(name, state);
    return std::move(changes_);
  }

 private:
  void add(std::string what, std::string from, std::string to, Verdict verdict, Mend mend,
           std::string_view why, std::string how = {}) {
    changes_.push_back({name_, std::move(what), std::move(from), std::move(to), verdict, mend,
                        std::string(why), std::move(how)});
  }

  void missing() {
    std::string to = text_of(partitions_to_make(plan_, actual_)) + " partitions, " +
                     text_of(plan_.replication) + " replicas";
    for (const auto& [setting, value] : wanted_settings(plan_, topic_)) {
      to += ", ";
      to += setting;
      to += '=';
      to += value;
    }
    constexpr std::string_view kWhy = "every role needs it";
    if (records_ && !is_expendable(topic_))
      return add("topic", "missing", std::move(to), Verdict::breaks, Mend::by_hand,
                 "other topics hold records: this one was lost, and an empty one would hide that",
                 "bring it back from a replica or a copy; when it never held a record, make it by hand");
    if (plan_.replication > actual_.brokers)
      return add("topic", "missing", std::move(to), Verdict::breaks, Mend::by_hand, kWhy,
                 "the cluster has " + text_of(actual_.brokers) + " brokers: add some, or set " +
                     "topics.replication lower (1: losing the disk may lose the log)");
    if (counts_.size() > 1)
      return add("topic", "missing", std::move(to), Verdict::breaks, Mend::by_hand, kWhy,
                 "first give the other topics one number of partitions");
    add("topic", "missing", std::move(to), Verdict::breaks, Mend::apply, kWhy);
  }

  void partitions(const TopicState& state) {
    if (counts_.size() > 1)
      return add("partitions", text_of(state.partitions), text_of(*counts_.rbegin()), Verdict::breaks,
                 Mend::by_hand, "a viewer's heartbeats, ticks and settlements share a partition's number",
                 "the number is fixed once a topic holds records: make all topics anew under another "
                 "kafka.prefix; while this one is empty, delete it and run apply");
    if (state.partitions != plan_.partitions)
      add("partitions", text_of(state.partitions), text_of(plan_.partitions), Verdict::harmless, Mend::none,
          "the number is fixed since the topics were made: paytick goes by what is there");
  }

  void replication(const TopicState& state) {
    const std::string from = text_of(state.replication), to = text_of(plan_.replication);
    if (state.replication < plan_.replication)
      return add("replication", from, to, Verdict::breaks, Mend::by_hand,
                 "an acknowledged record outlives the loss of a broker",
                 "kafka-reassign-partitions.sh gives it more replicas");
    if (state.replication > plan_.replication)
      add("replication", from, to, Verdict::harmless, Mend::none, "more copies do no harm");
  }

  void judge(const TopicRule& rule, const TopicState& state) {
    const auto found = state.settings.find(std::string(rule.setting));
    if (found == state.settings.end()) return;  // this version of Kafka does not know it
    const std::string& value = found->second;
    const std::string wanted = rule.wanted(plan_, topic_);
    if (rule.setting == "min.insync.replicas" && number_of(value) > state.replication)
      return add(std::string(rule.setting), value, wanted, Verdict::breaks, Mend::apply,
                 "with fewer replicas than that, no write is ever acknowledged");
    if (value == wanted || (rule.more_is_fine && number_of(value) > number_of(wanted))) return;
    add(std::string(rule.setting), value, wanted,
        rule.stands(plan_, value) ? Verdict::wanted : Verdict::breaks, Mend::apply, rule.why);
  }

  void internal(const std::string& name, const TopicState& state) {
    name_ = name;
    if (state.replication < plan_.replication)
      add("replication", text_of(state.replication), text_of(plan_.replication), Verdict::breaks,
          Mend::by_hand, "what is committed hangs on this topic of Kafka's own as much as on ours",
          "kafka-reassign-partitions.sh gives it more replicas");
    const auto found = state.settings.find("min.insync.replicas");
    if (found != state.settings.end() && number_of(found->second) < plan_.min_insync)
      add("min.insync.replicas", found->second, text_of(plan_.min_insync), Verdict::breaks, Mend::by_hand,
          "what is committed hangs on this topic of Kafka's own as much as on ours",
          "kafka-configs.sh --alter --topic " + name +
              " --add-config min.insync.replicas=" + text_of(plan_.min_insync));
  }

  const KafkaSettings& settings_;
  const TopicPlan& plan_;
  const ClusterState& actual_;
  std::set<std::uint32_t> counts_;  // of partitions
  bool records_ = false;
  Topic topic_{};
  std::string name_;
  std::vector<TopicChange> changes_;
};

tl::unexpected<Error> bad(std::string message) {
  return fail("bad_configuration", std::move(message), Next::fatal);
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::harmless:
      return "harmless";
    case Verdict::wanted:
      return "wanted";
    case Verdict::breaks:
      return "breaks";
  }
  return "unknown";
}

std::string_view to_text(Mend mend) {
  switch (mend) {
    case Mend::none:
      return "none";
    case Mend::apply:
      return "apply";
    case Mend::by_hand:
      return "by_hand";
  }
  return "unknown";
}

bool is_expendable(Topic topic) { return topic == Topic::replies || topic == Topic::refusals; }

std::vector<TopicChange> compare_topics(const KafkaSettings& settings, const ClusterState& actual) {
  return Comparison(settings, actual).run();
}

std::uint32_t partitions_to_make(const TopicPlan& plan, const ClusterState& actual) {
  return actual.topics.empty() ? plan.partitions : actual.topics.begin()->second.partitions;
}

Result<void> check_plan(const TopicPlan& plan) {
  if (plan.partitions == 0 || plan.partitions > kPartitionsMax)
    return bad("log.partitions has to be between 1 and " + std::to_string(kPartitionsMax) + ".");
  if (plan.replication == 0) return bad("topics.replication has to be 1 at least.");
  if (plan.min_insync == 0 || plan.min_insync > plan.replication)
    return bad("topics.min_insync has to be between 1 and topics.replication.");
  if (plan.replication > 1 && plan.min_insync < 2)
    return bad(
        "With topics.min_insync = 1 a lost broker may take acknowledged records along; set it to 2, or "
        "topics.replication to 1 where that may be.");
  if (plan.keep_heartbeats_in < kKeepLeast || plan.keep_refusals < kKeepLeast)
    return bad("topics.keep_heartbeats_in_days and topics.keep_refusals_days have to be " +
               std::to_string(kKeepLeast.count()) + " at least.");
  return {};
}

std::optional<Error> refusal(const std::vector<TopicChange>& changes) {
  std::string message;
  std::string_view code;
  std::size_t broken = 0;
  bool by_hand = false;
  for (const TopicChange& change : changes) {
    if (change.verdict != Verdict::breaks) continue;
    by_hand = by_hand || change.mend == Mend::by_hand;
    if (code.empty())
      code = change.what == "topic"        ? "topic_missing"
             : change.what == "partitions" ? "topic_mismatch"
                                           : "topic_unsafe";
    if (++broken > kBrokenShown) continue;
    message += broken == 1 ? "Kafka: " : "; ";
    if (change.what == "topic")
      message += "there is no topic " + change.subject;
    else if (change.what == "right")
      message += change.subject + ": " + change.from + ", has to be " + change.to + " (" + change.why + ")";
    else
      message += change.subject + " has " + change.what + " " + change.from + ", not " + change.to + " (" +
                 change.why + ")";
  }
  if (broken == 0) return std::nullopt;
  if (broken > kBrokenShown) message += "; and " + std::to_string(broken - kBrokenShown) + " more";
  message += by_hand ? ". `paytick topics check` says how to mend it." : ". `paytick topics apply` mends it.";
  return Error{std::string(code), std::move(message), Next::fatal};
}

}  // namespace paytick::log
