#include "log/kafka/transactional_producer.h"

#include <array>
#include <chrono>

#include "log/kafka/delivery.h"

namespace paytick::log::kafka {
namespace {

using Failure = Owned<rd_kafka_error_t>;

constexpr int kPollMs = 100;

Error taken_over() {
  return {"fenced", "Kafka: another instance has taken this partition over; acquire it again.", Next::abort};
}

}  // namespace

TransactionalProducer::TransactionalProducer(Client client, const KafkaSettings& settings)
    : client_(std::move(client)),
      topics_(client_.get(), settings),
      timeout_ms_(milliseconds_of(settings.request_timeout)) {}

Result<std::unique_ptr<TransactionalProducer>> TransactionalProducer::open(const KafkaSettings& settings,
                                                                           const std::string& id) {
  auto conf =
      make_conf(settings, {{"transactional.id", id},
                           {"transaction.timeout.ms", std::to_string(settings.transaction_timeout.count())},
                           // A call gives up before librdkafka repeats a request that was not answered: who
                           // asks for the end of a transaction twice may end the next one.
                           {"socket.timeout.ms", std::to_string(settings.transaction_timeout.count())},
                           {"message.timeout.ms", std::to_string(settings.request_timeout.count())},
                           {"compression.type", "lz4"},
                           {"linger.ms", "0"},  // a step is all there is
                           // A transaction that begins while the markers of the one before are still being
                           // written is told to try again; waiting 100 ms for it is most of a commit's time.
                           {"retry.backoff.ms", "2"},
                           {"batch.size", "1000000"},
                           {"queue.buffering.max.kbytes", "131072"}});
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), Delivery::on_report);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client) return tl::unexpected(client.error());
  std::unique_ptr<TransactionalProducer> producer(new TransactionalProducer(std::move(*client), settings));
  const Failure failed(rd_kafka_init_transactions(producer->client_.get(), producer->timeout_ms_));
  if (!failed) return producer;
  if (is_fenced(rd_kafka_error_code(failed.get()))) return tl::unexpected(taken_over());
  return tl::unexpected(to_error(*failed, "taking over " + id));
}

bool TransactionalProducer::fenced() const {
  std::array<char, 256> why{};
  return is_fenced(rd_kafka_fatal_error(client_.get(), why.data(), why.size()));
}

Result<std::vector<Offset>> TransactionalProducer::commit(std::span<const NewRecord> records,
                                                          const std::optional<Consumed>& consumed) {
  if (const Failure failed{rd_kafka_begin_transaction(client_.get())})
    return tl::unexpected(end_failed(*failed));
  Delivery delivery(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::size_t bytes = records[i].value.size();
    while (!delivery.has_room(bytes)) rd_kafka_poll(client_.get(), kPollMs);
    auto error = delivery.error();  // no use in sending more
    void* const slot = delivery.open(i, bytes);
    if (!error) error = produce(client_.get(), topics_, records[i], slot);
    while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client_.get(), kPollMs);
      error = produce(client_.get(), topics_, records[i], slot);
    }
    if (error) delivery.refuse(i, error);
  }
  // The records are ours until each has been reported, whatever happens.
  const auto drain = [&] {
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (!delivery.complete()) rd_kafka_poll(client_.get(), kPollMs);
  };
  if (delivery.error()) {
    const Error error = give_up(to_error(delivery.error(), "a step"));
    drain();
    return tl::unexpected(error);
  }
  if (consumed) {
    if (auto sent = consume(*consumed); !sent) {
      const Error error = give_up(sent.error());
      drain();
      return tl::unexpected(error);
    }
  }
  // The commit waits for them, too, but spins.
  while (!delivery.complete()) rd_kafka_poll(client_.get(), kPollMs);
  if (delivery.error()) return tl::unexpected(give_up(to_error(delivery.error(), "a step")));
  const Failure failed(rd_kafka_commit_transaction(client_.get(), timeout_ms_));
  if (!failed) {
    while (!delivery.complete()) rd_kafka_poll(client_.get(), 0);
    return delivery.take_offsets();
  }
  const Error error = rd_kafka_error_txn_requires_abort(failed.get())
                          ? give_up(to_error(*failed, "the commit of a step"))
                          : end_failed(*failed);
  drain();
  return tl::unexpected(error);
}

Result<void> TransactionalProducer::consume(const Consumed& consumed) {
  const Owned<rd_kafka_topic_partition_list_t> offsets(rd_kafka_topic_partition_list_new(1));
  auto* const entry = rd_kafka_topic_partition_list_add(offsets.get(), consumed.topic.c_str(),
                                                        static_cast<std::int32_t>(consumed.partition));
  entry->offset = static_cast<std::int64_t>(consumed.to);
  // Freed with the list, by free().
  entry->metadata = ::strndup(consumed.metadata.data(), consumed.metadata.size());
  entry->metadata_size = consumed.metadata.size();
  const Owned<rd_kafka_consumer_group_metadata_t> group(
      rd_kafka_consumer_group_metadata_new(consumed.group.c_str()));
  const Failure failed(
      rd_kafka_send_offsets_to_transaction(client_.get(), offsets.get(), group.get(), timeout_ms_));
  if (!failed) return {};
  return tl::unexpected(to_error(*failed, "committing a position"));
}

Error TransactionalProducer::give_up(Error error) {
  if (fenced()) {
    usable_ = false;
    return taken_over();
  }
  const Failure failed(rd_kafka_abort_transaction(client_.get(), timeout_ms_));
  if (!failed) return error;
  return end_failed(*failed);
}

// Nothing is known of the transaction, or this producer can write no more.
Error TransactionalProducer::end_failed(const rd_kafka_error_t& error) {
  usable_ = false;
  if (fenced() || is_fenced(rd_kafka_error_code(&error))) return taken_over();
  Error told = to_error(error, "the end of a transaction");
  if (told.next == Next::fatal) return told;
  return {"in_doubt", told.message, Next::in_doubt};
}

}  // namespace paytick::log::kafka
