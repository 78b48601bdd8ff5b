#include "log/kafka/append_producer.h"

#include <chrono>

#include "log/kafka/delivery.h"

namespace paytick::log::kafka {
namespace {

constexpr int kPollMs = 100;
constexpr auto kQueueFullPause = std::chrono::milliseconds(1);

}  // namespace

rd_kafka_resp_err_t produce(rd_kafka_t* client, const TopicHandles& topics, const NewRecord& record,
                            void* slot) {
  // An empty value deletes a key in a compacted topic; elsewhere it is a value like any other.
  const bool tombstone = is_compacted(record.to.topic) && record.value.empty();
  const char* const value = tombstone ? nullptr : record.value.data();
  const char* const key = record.key.empty() ? nullptr : record.key.data();
  return rd_kafka_producev(
      client, RD_KAFKA_V_RKT(topics.of(record.to.topic)),
      RD_KAFKA_V_PARTITION(static_cast<std::int32_t>(record.to.partition)),
      RD_KAFKA_V_VALUE(const_cast<char*>(value), record.value.size()), RD_KAFKA_V_KEY(key, record.key.size()),
      RD_KAFKA_V_TIMESTAMP(record.append_time.ms), RD_KAFKA_V_OPAQUE(slot), RD_KAFKA_V_END);
}

AppendProducer::AppendProducer(Client client, const KafkaSettings& settings)
    : client_(std::move(client)), topics_(client_.get(), settings), poller_([this] {
        while (!stop_) rd_kafka_poll(client_.get(), kPollMs);
      }) {}

AppendProducer::~AppendProducer() {
  stop_ = true;
  poller_.join();
}

Result<std::unique_ptr<AppendProducer>> AppendProducer::open(const KafkaSettings& settings) {
  auto conf = make_conf(settings, {{"enable.idempotence", "true"},
                                   {"acks", "all"},
                                   {"compression.type", "lz4"},
                                   {"linger.ms", "0"},  // the callers gather
                                   {"message.timeout.ms", std::to_string(settings.request_timeout.count())},
                                   {"queue.buffering.max.kbytes", "262144"}});
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), Delivery::on_report);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) return tl::unexpected(client.error());
  return std::unique_ptr<AppendProducer>(new AppendProducer(std::move(*client), settings));
}

Result<std::vector<Offset>> AppendProducer::append(std::span<const NewRecord> records) {
  Delivery delivery(records.size());
  bool any = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::size_t bytes = records[i].value.size();
    delivery.wait_for_room(bytes);
    void* const slot = delivery.open(i, bytes);
    auto error = produce(client_.get(), topics_, records[i], slot);
    // Others' records fill the queue; it empties by itself, within the request timeout at the latest.
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      std::this_thread::sleep_for(kQueueFullPause);
      error = produce(client_.get(), topics_, records[i], slot);
    }
    if (error)
      delivery.refuse(i, error);
    else
      any = true;
  }
  delivery.wait();
  if (const auto code = delivery.error()) {
    Error error = to_error(code, "an append");
    // A record that timed out may have been written, and the others of the call were or were not.
    if (any && error.next == Next::retry) error = {"in_doubt", error.message, Next::in_doubt};
    return tl::unexpected(std::move(error));
  }
  return delivery.take_offsets();
}

}  // namespace paytick::log::kafka
