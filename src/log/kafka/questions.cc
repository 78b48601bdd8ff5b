#include "log/kafka/questions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <thread>

#include "log/checks.h"

namespace paytick::log::kafka {
namespace {

// A transaction has ended and is not cleared yet, or the group's broker is just becoming that: milliseconds,
// mostly.
bool passes(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT || code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
         code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
         code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}
constexpr auto kPassingPause = std::chrono::milliseconds(2);

Result<Owned<rd_kafka_event_t>> answer(rd_kafka_queue_t* queue, int timeout_ms, const std::string& asking) {
  Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, timeout_ms));
  if (!event) return tl::unexpected(to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, asking));
  if (const auto code = rd_kafka_event_error(event.get())) return tl::unexpected(to_error(code, asking));
  return event;
}

}  // namespace

Questions::Questions(Client client, const KafkaSettings& settings)
    : settings_(settings),
      client_(std::move(client)),
      timeout_ms_(milliseconds_of(settings.request_timeout)) {}

Result<std::unique_ptr<Questions>> Questions::open(const KafkaSettings& settings) {
  // It joins no group. But where a coordinator is still loading, librdkafka's answer to "which offsets has
  // that group?" goes through the client's own group, and there has to be one (2.15.1 crashes otherwise).
  auto conf = make_conf(settings, {{"isolation.level", "read_committed"},
                                   {"group.id", settings.prefix + ".questions"},
                                   {"enable.auto.commit", "false"}});
  if (!conf) return tl::unexpected(conf.error());
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!client) return tl::unexpected(client.error());
  return std::unique_ptr<Questions>(new Questions(std::move(*client), settings));
}

Owned<rd_kafka_AdminOptions_t> Questions::options(rd_kafka_admin_op_t operation) const {
  Owned<rd_kafka_AdminOptions_t> made(rd_kafka_AdminOptions_new(client_.get(), operation));
  std::array<char, 256> why{};
  (void)rd_kafka_AdminOptions_set_request_timeout(made.get(), timeout_ms_, why.data(), why.size());
  return made;
}

bool Questions::reachable(std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, nullptr, &raw, milliseconds_of(timeout));
  const Owned<const rd_kafka_metadata_t> metadata(raw);
  return !code && raw != nullptr && raw->broker_cnt > 0;
}

Result<EventLog::Range> Questions::range(TopicPartition at) {
  std::int64_t low = 0, high = 0;
  const std::string name = topic_name(settings_, at.topic);
  const auto code = rd_kafka_query_watermark_offsets(
      client_.get(), name.c_str(), static_cast<std::int32_t>(at.partition), &low, &high, timeout_ms_);
  if (code) return tl::unexpected(to_error(code, "asking for the ends of " + name));
  return EventLog::Range{Offset{low}, Offset{high}};
}

std::optional<Result<std::optional<Committed>>> Questions::ask_committed(const std::string& group,
                                                                         const std::string& topic,
                                                                         PartitionId partition,
                                                                         Wanted wanted) {
  using Found = Result<std::optional<Committed>>;
  const auto no = [](Error error) { return Found(tl::unexpected(std::move(error))); };
  const std::string asking = "asking for the position of " + group;
  const Owned<rd_kafka_topic_partition_list_t> which(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(which.get(), topic.c_str(), static_cast<std::int32_t>(partition));
  const auto how = options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  if (const Owned<rd_kafka_error_t> failed{
          rd_kafka_AdminOptions_set_require_stable_offsets(how.get(), wanted == Wanted::settled ? 1 : 0)})
    return no(to_error(*failed, asking));
  auto* request = rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), which.get());
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_ListConsumerGroupOffsets(client_.get(), &request, 1, how.get(), queue.get());
  rd_kafka_ListConsumerGroupOffsets_destroy(request);
  const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), timeout_ms_ + 1'000));
  if (!event) return no(to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, asking));
  if (passes(rd_kafka_event_error(event.get()))) return std::nullopt;
  if (const auto code = rd_kafka_event_error(event.get())) return no(to_error(code, asking));
  std::size_t count = 0;
  const auto* const result = rd_kafka_event_ListConsumerGroupOffsets_result(event.get());
  const auto* const* const groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
  if (count != 1) return no(to_error(RD_KAFKA_RESP_ERR__BAD_MSG, asking));
  if (const auto* const failed = rd_kafka_group_result_error(groups[0])) {
    if (rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return Found(std::nullopt);
    if (passes(rd_kafka_error_code(failed))) return std::nullopt;
    return no(to_error(*failed, asking));
  }
  const auto* const list = rd_kafka_group_result_partitions(groups[0]);
  if (list->cnt != 1) return Found(std::nullopt);
  const auto& entry = list->elems[0];
  if (passes(entry.err)) return std::nullopt;
  if (entry.err) return no(to_error(entry.err, asking));
  if (entry.offset < 0) return Found(std::nullopt);
  return Found(Committed{Offset{entry.offset},
                         std::string(static_cast<const char*>(entry.metadata), entry.metadata_size)});
}

Result<std::optional<Committed>> Questions::committed(const std::string& group, const std::string& topic,
                                                      PartitionId partition, Wanted wanted) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (waited > settings_.request_timeout / 2) wanted = Wanted::as_it_is;
    if (auto found = ask_committed(group, topic, partition, wanted)) return *found;
    if (waited > settings_.request_timeout)
      return fail("log_busy",
                  "Kafka: the position of " + group + " cannot be read now; its broker is not ready.",
                  Next::retry);
    std::this_thread::sleep_for(kPassingPause);
  }
}

Result<void> Questions::delete_before(TopicPartition at, Offset before) {
  const std::string asking = "trimming " + topic_name(settings_, at.topic);
  const Owned<rd_kafka_topic_partition_list_t> which(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(which.get(), topic_name(settings_, at.topic).c_str(),
                                    static_cast<std::int32_t>(at.partition))
      ->offset = static_cast<std::int64_t>(before);
  auto* request = rd_kafka_DeleteRecords_new(which.get());
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_DeleteRecords(client_.get(), &request, 1, options(RD_KAFKA_ADMIN_OP_DELETERECORDS).get(),
                         queue.get());
  rd_kafka_DeleteRecords_destroy(request);
  auto event = answer(queue.get(), timeout_ms_ + 1'000, asking);
  if (!event) return tl::unexpected(event.error());
  const auto* const list =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  for (int i = 0; i < list->cnt; ++i)
    if (list->elems[i].err) return tl::unexpected(to_error(list->elems[i].err, asking));
  return {};
}

}  // namespace paytick::log::kafka
