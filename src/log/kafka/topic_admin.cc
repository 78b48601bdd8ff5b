#include "log/kafka/topic_admin.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "log/checks.h"
#include "log/kafka/admin_call.h"
#include "log/kafka/rights_admin.h"
#include "log/kafka/topic_rights.h"

namespace paytick::log {

using kafka::Owned;
using kafka::refused;
using kafka::to_error;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kAwaitPause = std::chrono::milliseconds(20);
constexpr auto kHoldsOn = std::chrono::milliseconds(1'000);  // then the client is replaced
constexpr std::array<const char*, 2> kInternal{"__consumer_offsets", "__transaction_state"};

struct DestroyMore {
  void operator()(rd_kafka_NewTopic_t* p) const { rd_kafka_NewTopic_destroy(p); }
  void operator()(rd_kafka_ConfigResource_t* p) const { rd_kafka_ConfigResource_destroy(p); }
};
template <typename T>
using Held = std::unique_ptr<T, DestroyMore>;
using NewTopic = Held<rd_kafka_NewTopic_t>;
using TopicConfig = Held<rd_kafka_ConfigResource_t>;

template <typename T>
std::vector<T*> pointers(const std::vector<Held<T>>& held) {
  std::vector<T*> out;
  for (const auto& one : held) out.push_back(one.get());
  return out;
}

TopicState state_of(const rd_kafka_metadata_topic_t& topic) {
  TopicState state;
  state.partitions = static_cast<std::uint32_t>(topic.partition_cnt);
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const auto replicas = static_cast<std::uint32_t>(topic.partitions[i].replica_cnt);
    state.replication = i == 0 ? replicas : std::min(state.replication, replicas);
  }
  return state;
}

}  // namespace

struct TopicAdmin::Impl {
  explicit Impl(const KafkaSettings& given)
      : settings(given), timeout_ms(kafka::milliseconds_of(given.request_timeout)) {}

  kafka::AdminCall call() const { return {client.get(), timeout_ms}; }
  Result<void> connect();  // with a client that knows nothing yet
  Result<Owned<const rd_kafka_metadata_t>> metadata();
  Result<void> read_settings(ClusterState& state);
  Result<std::int64_t> end(const std::string& topic, std::uint32_t partition);
  Result<bool> has_records(const std::string& topic, std::uint32_t partitions);
  Result<void> create(const std::vector<Topic>& topics, std::uint32_t partitions);
  Result<void> ask_to_create(const std::vector<Topic>& topics, std::uint32_t partitions);
  Result<void> alter(const std::vector<const TopicChange*>& changes);

  const KafkaSettings& settings;
  const int timeout_ms;
  kafka::Client client;
};

// A broker that was started, or stood still, a moment ago may be let in (again) only later: until then it
// tells of a cluster without brokers.
Result<Owned<const rd_kafka_metadata_t>> TopicAdmin::Impl::metadata() {
  const std::string asking = "asking " + settings.bootstrap + " for its topics";
  const auto deadline = Clock::now() + settings.request_timeout;
  for (;;) {
    const rd_kafka_metadata_t* raw = nullptr;
    if (const auto code = rd_kafka_metadata(client.get(), 1, nullptr, &raw, timeout_ms))
      return tl::unexpected(to_error(code, asking));
    Owned<const rd_kafka_metadata_t> told(raw);
    if (told->broker_cnt > 0) return told;
    if (Clock::now() > deadline)
      return tl::unexpected(to_error(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, asking));
    std::this_thread::sleep_for(kAwaitPause);
  }
}

Result<void> TopicAdmin::Impl::read_settings(ClusterState& state) {
  const std::string asking = "asking for the settings of the topics";
  std::map<std::string, TopicState*> by_name;
  for (auto& [topic, one] : state.topics) by_name[topic_name(settings, topic)] = &one;
  for (auto& [name, one] : state.internal) by_name[name] = &one;
  if (by_name.empty()) return {};
  std::vector<TopicConfig> resources;
  for (const auto& [name, one] : by_name)
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  auto asked = pointers(resources);
  const auto event =
      call().answer(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, asking, [&](const auto* options, auto* queue) {
        rd_kafka_DescribeConfigs(client.get(), asked.data(), asked.size(), options, queue);
      });
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* const told =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(told[i]);
    if (const auto code = rd_kafka_ConfigResource_error(told[i])) {
      if (state.internal.erase(name) != 0) continue;  // a role need not have that right
      return tl::unexpected(
          refused(code, rd_kafka_ConfigResource_error_string(told[i]), "asking for the settings of " + name));
    }
    std::size_t entries = 0;
    const auto* const* const all = rd_kafka_ConfigResource_configs(told[i], &entries);
    for (std::size_t e = 0; e < entries; ++e)
      if (const char* const value = rd_kafka_ConfigEntry_value(all[e]))
        by_name[name]->settings[rd_kafka_ConfigEntry_name(all[e])] = value;
  }
  return {};
}

Result<void> TopicAdmin::Impl::connect() {
  auto conf = kafka::make_conf(settings, {});
  if (!conf) return tl::unexpected(conf.error());
  auto made = kafka::make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!made) return tl::unexpected(made.error());
  client = std::move(*made);
  return {};
}

// The end of a partition; its leader may be new, and not know it yet.
Result<std::int64_t> TopicAdmin::Impl::end(const std::string& topic, std::uint32_t partition) {
  const auto deadline = Clock::now() + settings.request_timeout;
  auto renewal = Clock::now() + kHoldsOn;
  for (;;) {
    std::int64_t low = 0, high = 0;
    const auto code = rd_kafka_query_watermark_offsets(
        client.get(), topic.c_str(), static_cast<std::int32_t>(partition), &low, &high, timeout_ms);
    if (!code) return high;
    Error error = to_error(code, "asking for the ends of " + topic);
    if (error.next != Next::retry || Clock::now() > deadline) return tl::unexpected(std::move(error));
    std::this_thread::sleep_for(kAwaitPause);
    (void)metadata();  // what the client holds of a new topic is not renewed by asking for its ends
    if (Clock::now() < renewal) continue;
    // Nor always by that: it may hold on to a topic with fewer partitions for good.
    if (auto anew = connect(); !anew) return tl::unexpected(anew.error());
    renewal = Clock::now() + kHoldsOn;
  }
}

Result<bool> TopicAdmin::Impl::has_records(const std::string& topic, std::uint32_t partitions) {
  for (std::uint32_t p = 0; p < partitions; ++p) {
    const auto found = end(topic, p);
    if (!found) return tl::unexpected(found.error());
    if (*found > 0) return true;
  }
  return false;
}

// That there were brokers enough has been seen: a cluster that cannot place the replicas has just lost one,
// and a broker that only stood still is let in again.
Result<void> TopicAdmin::Impl::create(const std::vector<Topic>& topics, std::uint32_t partitions) {
  const auto deadline = Clock::now() + settings.request_timeout;
  for (;;) {
    auto made = ask_to_create(topics, partitions);
    if (made || made.error().code != "log_busy" || Clock::now() > deadline) return made;
    std::this_thread::sleep_for(kAwaitPause);
  }
}

Result<void> TopicAdmin::Impl::ask_to_create(const std::vector<Topic>& topics, std::uint32_t partitions) {
  std::vector<NewTopic> made;
  std::array<char, 512> why{};
  for (const Topic topic : topics) {
    const std::string name = topic_name(settings, topic);
    made.emplace_back(rd_kafka_NewTopic_new(name.c_str(), static_cast<int>(partitions),
                                            static_cast<int>(settings.topics.replication), why.data(),
                                            why.size()));
    if (!made.back())
      return fail("bad_configuration", "Kafka: " + name + ": " + why.data() + ".", Next::fatal);
    for (const auto& [setting, value] : wanted_settings(settings.topics, topic))
      (void)rd_kafka_NewTopic_set_config(made.back().get(), setting.c_str(), value.c_str());
  }
  auto asked = pointers(made);
  const auto event = call().answer(
      RD_KAFKA_ADMIN_OP_CREATETOPICS, "making the topics", [&](const auto* options, auto* queue) {
        rd_kafka_CreateTopics(client.get(), asked.data(), asked.size(), options, queue);
      });
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* const told =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(told[i]);
    const std::string making = std::string("making ") + rd_kafka_topic_result_name(told[i]);
    if (code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) return tl::unexpected(to_error(code, making));
    // Somebody else makes them, too; whether they are right is looked at afterwards.
    if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      return tl::unexpected(refused(code, rd_kafka_topic_result_error_string(told[i]), making));
  }
  return {};
}

Result<void> TopicAdmin::Impl::alter(const std::vector<const TopicChange*>& changes) {
  std::map<std::string, TopicConfig> by_name;
  for (const TopicChange* change : changes) {
    TopicConfig& resource = by_name[change->subject];
    if (!resource)
      resource.reset(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, change->subject.c_str()));
    const Owned<rd_kafka_error_t> failed(rd_kafka_ConfigResource_add_incremental_config(
        resource.get(), change->what.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, change->to.c_str()));
    if (failed) return tl::unexpected(to_error(*failed, "setting " + change->what));
  }
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const auto& [name, resource] : by_name) asked.push_back(resource.get());
  const auto event = call().answer(RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS, "setting up the topics",
                                   [&](const auto* options, auto* queue) {
                                     rd_kafka_IncrementalAlterConfigs(client.get(), asked.data(),
                                                                      asked.size(), options, queue);
                                   });
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* const told = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (const auto code = rd_kafka_ConfigResource_error(told[i]))
      return tl::unexpected(refused(code, rd_kafka_ConfigResource_error_string(told[i]),
                                    std::string("setting up ") + rd_kafka_ConfigResource_name(told[i])));
  return {};
}

TopicAdmin::TopicAdmin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TopicAdmin::~TopicAdmin() = default;

Result<std::unique_ptr<TopicAdmin>> TopicAdmin::open(const KafkaSettings& settings) {
  if (auto good = check_plan(settings.topics); !good) return tl::unexpected(good.error());
  auto impl = std::make_unique<Impl>(settings);
  if (auto connected = impl->connect(); !connected) return tl::unexpected(connected.error());
  return std::unique_ptr<TopicAdmin>(new TopicAdmin(std::move(impl)));
}

Result<ClusterState> TopicAdmin::look() {
  const auto metadata = impl_->metadata();
  if (!metadata) return tl::unexpected(metadata.error());
  ClusterState state;
  state.brokers = static_cast<std::uint32_t>((*metadata)->broker_cnt);
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const auto& told = (*metadata)->topics[i];
    const std::string name = told.topic;
    for (const Topic topic : kTopics)
      // It is there, but for the moment nothing can be said of it: not a topic that is missing.
      if (told.err && told.err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
          name == topic_name(impl_->settings, topic))
        return tl::unexpected(to_error(told.err, "asking for " + name));
    if (told.err || told.partition_cnt == 0) continue;
    if (std::find(kInternal.begin(), kInternal.end(), name) != kInternal.end())
      state.internal[name] = state_of(told);
    for (const Topic topic : kTopics)
      if (name == topic_name(impl_->settings, topic)) state.topics[topic] = state_of(told);
  }
  if (auto read = impl_->read_settings(state); !read) return tl::unexpected(read.error());
  if (state.topics.size() < kTopics.size()) {
    for (auto& [topic, one] : state.topics) {
      const auto any = impl_->has_records(topic_name(impl_->settings, topic), one.partitions);
      if (!any) return tl::unexpected(any.error());
      one.has_records = *any;
    }
  }
  return state;
}

Result<std::vector<TopicChange>> TopicAdmin::compare() {
  const auto state = look();
  if (!state) return tl::unexpected(state.error());
  auto changes = compare_topics(impl_->settings, *state);
  if (!impl_->settings.topics.principals.any()) return changes;
  const auto rights = kafka::read_rights(impl_->client.get(), impl_->call());
  if (!rights) return tl::unexpected(rights.error());
  for (TopicChange& change : compare_rights(impl_->settings, *rights)) changes.push_back(std::move(change));
  return changes;
}

Result<void> TopicAdmin::grant() {
  const auto rights = kafka::read_rights(impl_->client.get(), impl_->call());
  if (!rights) return tl::unexpected(rights.error());
  if (!*rights) return {};
  return kafka::grant_rights(impl_->client.get(), impl_->call(), missing_rights(impl_->settings, **rights));
}

Result<void> TopicAdmin::make(const std::vector<TopicChange>& changes) {
  std::vector<Topic> missing;
  std::vector<const TopicChange*> settings;
  bool rights = false;
  for (const TopicChange& change : changes) {
    if (change.mend != Mend::apply) continue;
    if (change.what == kRight) {
      rights = true;
      continue;
    }
    if (change.what != "topic") {
      settings.push_back(&change);
      continue;
    }
    for (const Topic topic : kTopics)
      if (change.subject == topic_name(impl_->settings, topic)) missing.push_back(topic);
  }
  if (missing.empty() && settings.empty() && !rights) return {};
  const auto before = look();
  if (!before) return tl::unexpected(before.error());
  const std::uint32_t partitions = partitions_to_make(impl_->settings.topics, *before);
  if (!missing.empty())
    if (auto made = impl_->create(missing, partitions); !made) return made;
  if (!settings.empty())
    if (auto set = impl_->alter(settings); !set) return set;
  if (rights)
    if (auto granted = grant(); !granted) return granted;

  // A partition whose leader tells its end can be written.
  for (const Topic topic : missing)
    for (std::uint32_t p = 0; p < partitions; ++p)
      if (auto there = impl_->end(topic_name(impl_->settings, topic), p); !there)
        return tl::unexpected(there.error());
  return await_nothing_to_apply();
}

// Brokers learn of a change one after the other.
Result<void> TopicAdmin::await_nothing_to_apply() {
  const auto deadline = Clock::now() + impl_->settings.request_timeout;
  for (;;) {
    const auto left = compare();
    const auto is_open = [](const TopicChange& change) { return change.mend == Mend::apply; };
    if (left && std::none_of(left->begin(), left->end(), is_open)) return {};
    if (Clock::now() > deadline) {
      if (!left) return tl::unexpected(left.error());
      return fail("log_busy", "Kafka: what was changed is not in force yet; look again.", Next::retry);
    }
    std::this_thread::sleep_for(kAwaitPause);
  }
}

Result<std::uint32_t> safe_partitions(const KafkaSettings& settings) {
  auto admin = TopicAdmin::open(settings);
  if (!admin) return tl::unexpected(admin.error());
  const auto state = (*admin)->look();
  if (!state) return tl::unexpected(state.error());
  if (auto broken = refusal(compare_topics(settings, *state))) return tl::unexpected(std::move(*broken));
  return state->topics.begin()->second.partitions;
}

Result<void> apply_topics(const KafkaSettings& settings) {
  auto admin = TopicAdmin::open(settings);
  if (!admin) return tl::unexpected(admin.error());
  auto changes = (*admin)->compare();
  if (!changes) return tl::unexpected(changes.error());
  if (auto made = (*admin)->make(*changes); !made) return made;
  changes = (*admin)->compare();
  if (!changes) return tl::unexpected(changes.error());
  if (auto broken = refusal(*changes)) return tl::unexpected(std::move(*broken));
  return {};
}

}  // namespace paytick::log
