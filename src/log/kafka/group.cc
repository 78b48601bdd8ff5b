#include "log/kafka/group.h"

#include <array>
#include <chrono>

namespace paytick::log::kafka {
namespace {

constexpr int kPollMs = 100;

std::vector<PartitionId> to_partitions(const rd_kafka_topic_partition_list_t& list) {
  std::vector<PartitionId> out;
  for (int i = 0; i < list.cnt; ++i)
    out.push_back(PartitionId{static_cast<std::uint32_t>(list.elems[i].partition)});
  return out;
}

}  // namespace

Result<void> Group::start(Callbacks callbacks) {
  callbacks_ = std::move(callbacks);
  note(Error{"joining", "Kafka: waiting for a share of " + topic_ + " in the group " + group_ + ".",
             Next::retry});
  if (auto joined = join(); !joined) return joined;
  thread_ = std::thread([this] { run(); });
  return {};
}

Result<void> Group::join() {
  ended_ = false;
  Options options{{"group.id", group_},
                  {"enable.auto.commit", "false"},
                  {"auto.offset.reset", "latest"},
                  {"partition.assignment.strategy", "cooperative-sticky"},
                  {"session.timeout.ms", std::to_string(settings_.session_timeout.count())},
                  {"heartbeat.interval.ms", std::to_string(settings_.session_timeout.count() / 5)},
                  // It is paused as soon as it has partitions; what slips through before is not kept.
                  {"queued.max.messages.kbytes", "1024"}};
  if (!settings_.instance_id.empty()) options.emplace_back("group.instance.id", settings_.instance_id);
  auto conf = make_conf(settings_, options);
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), this);
  rd_kafka_conf_set_rebalance_cb(conf->get(), on_rebalance);
  rd_kafka_conf_set_error_cb(conf->get(), on_error);
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  rd_kafka_poll_set_consumer(client_.get());
  const Owned<rd_kafka_topic_partition_list_t> topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(client_.get(), topics.get()))
    return tl::unexpected(to_error(code, "joining " + group_));
  return {};
}

// A membership that has ended is begun anew after a session's time. It may be ours that another process of
// our name has taken, who then is told in turn; or our own, when a broker that was stalled has answered an
// older request to join after a newer one. Both look alike from here, and leases and fences keep either from
// doing harm.
void Group::run() {
  while (!stop_) {
    while (!stop_ && !ended_) {
      const Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(client_.get(), kPollMs));
      if (message && message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) failed(message->err);
    }
    leave();
    const auto again = std::chrono::steady_clock::now() + settings_.session_timeout;
    while (!stop_ && std::chrono::steady_clock::now() < again)
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
    if (stop_) return;
    if (auto joined = join(); !joined) ended_ = true, note(joined.error());
  }
}

// Revokes what is assigned, through the callback, and tells the group.
void Group::leave() {
  if (!client_) return;
  rd_kafka_consumer_close(client_.get());
  // A membership that was taken from us is closed without a word.
  if (!held_.empty()) callbacks_.revoked({held_.begin(), held_.end()});
  held_.clear();
  client_.reset();
}

void Group::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

std::optional<Error> Group::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Group::note(std::optional<Error> trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
}

void Group::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                         void* group) {
  static_cast<Group*>(group)->rebalance(what, *partitions);
}

void Group::on_error(rd_kafka_t*, int code, const char*, void* group) {
  static_cast<Group*>(group)->failed(static_cast<rd_kafka_resp_err_t>(code));
}

// Another process with our instance id, or a group that refuses us, ends the membership. What passes is not
// kept: nothing would say when it has passed, and whether a broker answers the log knows.
void Group::failed(rd_kafka_resp_err_t code) {
  std::array<char, 256> why{};
  if (code == RD_KAFKA_RESP_ERR__FATAL) code = rd_kafka_fatal_error(client_.get(), why.data(), why.size());
  Error error = to_error(code, "keeping the membership in " + group_);
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    error = {"instance_fenced",
             "Kafka: the membership of " + settings_.instance_id +
                 " was taken over; it is begun anew. If another process has the same instance id, give each "
                 "its own.",
             Next::retry};
  if (error.next != Next::fatal && error.code != "instance_fenced") return;
  ended_ = true;
  note(std::move(error));
}

void Group::rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& partitions) {
  const bool assigned = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  if (assigned) {
    const Owned<rd_kafka_error_t> failed(rd_kafka_incremental_assign(client_.get(), &partitions));
    (void)rd_kafka_pause_partitions(client_.get(), &partitions);
    note(std::nullopt);  // before anybody can see the share
    const auto more = to_partitions(partitions);
    held_.insert(more.begin(), more.end());
    callbacks_.assigned(more);
  } else {
    const auto fewer = to_partitions(partitions);
    for (const PartitionId p : fewer) held_.erase(p);
    callbacks_.revoked(fewer);
    const Owned<rd_kafka_error_t> failed(rd_kafka_incremental_unassign(client_.get(), &partitions));
  }
}

}  // namespace paytick::log::kafka
