// Every setting of a topic that paytick cares for: the value, whose topics, and the promise it keeps.
// docs/kafka.md shows this table; a test compares.

#include <algorithm>
#include <charconv>
#include <limits>

#include "log/kafka/topics.h"
#include "model/codec.h"

namespace paytick::log {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// What a producer sends at once is a batch: at most librdkafka's batch.size, or one record that is larger.
constexpr std::int64_t kBatchBytes = 1'000'000;
constexpr std::int64_t kBatchOverheadBytes = 48'576;  // headers, a key, and room to grow
constexpr std::int64_t kBatchBytesLeast = 1'048'576;
static_assert(kBatchBytes + kBatchOverheadBytes == kBatchBytesLeast);
static_assert(codec::kRecordBytesMax + 65'536 < kBatchBytes);

template <typename Duration>
std::string text_of(Duration time) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(time).count());
}

// -1 is Kafka's word for no limit.
std::int64_t number_of(const std::string& value) {
  std::int64_t number = 0;
  (void)std::from_chars(value.data(), value.data() + value.size(), number);
  return number == -1 ? kNever : number;
}

// What a bill is made of and proved with.
bool is_money(Topic t) { return t == Topic::heartbeats || t == Topic::ticks || t == Topic::settlements; }
bool all(Topic) { return true; }
bool compacted(Topic t) { return is_compacted(t); }
bool inbound(Topic t) { return t == Topic::heartbeats_in; }
bool ours(Topic t) { return t != Topic::heartbeats_in; }
bool replies(Topic t) { return t == Topic::replies; }
bool but_replies(Topic t) { return t != Topic::replies; }
bool snapshots(Topic t) { return t == Topic::snapshots; }

bool no_other(const TopicPlan&, const std::string&) { return false; }
bool any_other(const TopicPlan&, const std::string&) { return true; }

template <std::int64_t kLeast>
bool at_least(const TopicPlan&, const std::string& value) {
  return number_of(value) >= kLeast;
}
constexpr std::int64_t kKeepLeastMs = std::chrono::duration_cast<milliseconds>(kKeepLeast).count();
constexpr std::int64_t kHourMs = 3'600'000;

std::string forever(const TopicPlan&, Topic) { return "-1"; }
template <std::int64_t kValue>
std::string fixed(const TopicPlan&, Topic) {
  return std::to_string(kValue);
}

std::vector<TopicRule> make_rules() {
  return {
      {"cleanup.policy", compacted, [](const TopicPlan&, Topic) { return std::string("compact"); }, no_other,
       false,
       "the newest record of each key is kept for ever: content, state, the chain's cursor, waiting lines"},
      {"cleanup.policy", [](Topic t) { return !is_compacted(t); },
       [](const TopicPlan&, Topic) { return std::string("delete"); }, no_other, false,
       "compaction would drop records that share a key, and refuse those without one"},
      {"retention.ms", is_money, forever, no_other, false,
       "restoring, replay, verify and proofs of bills read it from the beginning"},
      {"retention.ms", inbound, [](const TopicPlan& plan, Topic) { return text_of(plan.keep_heartbeats_in); },
       at_least<kKeepLeastMs>, false, "a platform's lines wait here while the bridge is down"},
      {"retention.ms", [](Topic t) { return t == Topic::refusals; },
       [](const TopicPlan& plan, Topic) { return text_of(plan.keep_refusals); }, at_least<kKeepLeastMs>,
       false, "who wrote a refused line looks here for the reason"},
      {"retention.ms", replies, fixed<kHourMs>, any_other, false,
       "hints to the gateway that holds the socket; they are of use for seconds"},
      {"retention.bytes", but_replies, forever, no_other, false,
       "nothing is forgotten because there is much of it"},
      {"min.insync.replicas", all,
       [](const TopicPlan& plan, Topic) { return std::to_string(plan.min_insync); },
       [](const TopicPlan& plan, const std::string& value) { return number_of(value) >= plan.min_insync; },
       false, "a record is acknowledged only when so many brokers have it: one may be lost"},
      {"unclean.leader.election.enable", all, [](const TopicPlan&, Topic) { return std::string("false"); },
       no_other, false, "a broker that lacks acknowledged records must not become the one that is asked"},
      {"max.message.bytes", all, fixed<kBatchBytesLeast>, at_least<kBatchBytesLeast>, true,
       "a record has 512 KiB at most, a producer's batch 1,000,000 bytes; smaller, and writes would be "
       "refused"},
      {"message.timestamp.type", ours, [](const TopicPlan&, Topic) { return std::string("CreateTime"); },
       no_other, false, "a record's append time is what its writer wrote, and is frozen with it"},
      {"message.timestamp.type", inbound,
       [](const TopicPlan&, Topic) { return std::string("LogAppendTime"); }, no_other, false,
       "the broker dates what strangers write: nobody bills the past, or has retention take what was not "
       "read"},
      {"message.timestamp.before.max.ms", ours, fixed<kNever>, no_other, false,
       "the fold judges how old a line may be, not the broker"},
      {"message.timestamp.after.max.ms", ours, fixed<kNever>, at_least<kHourMs>, false,
       "the fold judges how far ahead a clock may be, not the broker"},
      {"compression.type", all, [](const TopicPlan&, Topic) { return std::string("producer"); }, any_other,
       false, "batches are stored as they are sent; the broker need not pack them again"},
      {"delete.retention.ms", compacted, fixed<24 * kHourMs>, at_least<kHourMs>, true,
       "who reads the topic from its beginning meets a deletion before it is forgotten"},
      {"segment.bytes", compacted, fixed<128LL * 1024 * 1024>, any_other, false,
       "only closed segments are compacted"},
      {"max.compaction.lag.ms", compacted, fixed<kHourMs>, any_other, false,
       "superseded records go within about an hour, also where little is written"},
      {"min.cleanable.dirty.ratio", snapshots, [](const TopicPlan&, Topic) { return std::string("0.2"); },
       any_other, false, "old snapshots are large: they go when they are a fifth of the topic"},
      {"segment.ms", replies, fixed<kHourMs / 6>, any_other, false, "only closed segments are deleted"},
  };
}

}  // namespace

const std::vector<TopicRule>& topic_rules() {
  static const std::vector<TopicRule> rules = make_rules();
  return rules;
}

std::map<std::string, std::string> wanted_settings(const TopicPlan& plan, Topic topic) {
  std::map<std::string, std::string> out;
  for (const TopicRule& rule : topic_rules())
    if (rule.concerns(topic)) out.emplace(rule.setting, rule.wanted(plan, topic));
  return out;
}

}  // namespace paytick::log
