#include "log/kafka/readers.h"

#include <algorithm>
#include <optional>

namespace paytick::log::kafka {
namespace {

using Clock = std::chrono::steady_clock;

// A partition that nobody has read for so long is not fetched ahead any more.
constexpr auto kIdleMax = std::chrono::seconds(30);
// The broker's patience: with what nobody waits for, and with what somebody does.
constexpr const char* kGatherMs = "50";
constexpr const char* kGatherBytes = "65536";
constexpr const char* kWaitMs = "100";
// Readers of one partition that stand apart keep a cursor each; more take turns.
constexpr std::size_t kCursorsMax = 4;

}  // namespace

struct Readers::Entry {
  Entry(rd_kafka_t* client, rd_kafka_topic_t* topic, TopicPartition at) : cursor(client, topic, at) {}
  Cursor cursor;
  bool lent = true;
  Clock::time_point used = Clock::now();
};

struct Readers::Consumer {
  Consumer(Client made, const KafkaSettings& settings, bool gathers_in)
      : gathers(gathers_in), client(std::move(made)), topics(client.get(), settings) {}
  const bool gathers;
  Client client;
  TopicHandles topics;
  std::list<Entry> entries;
};

Cursor& Readers::Loan::operator*() const { return entry_->cursor; }

Readers::Readers(const KafkaSettings& settings) : settings_(settings) {}
Readers::~Readers() = default;

Result<Readers::Loan> Readers::borrow(TopicPartition at, Offset from,
                                      const std::function<Result<void>()>& check) {
  Entry* found = nullptr;
  {
    const std::lock_guard lock(mutex_);
    close_idle();
    std::size_t cursors = 0;
    Entry* oldest = nullptr;
    for (const auto& consumer : consumers_)
      for (Entry& entry : consumer->entries) {
        if (entry.cursor.at() != at) continue;
        ++cursors;
        if (entry.lent) continue;
        if (entry.cursor.stands_at(from)) {
          entry.lent = true;
          return Loan(*this, entry);
        }
        if (oldest == nullptr || entry.used < oldest->used) oldest = &entry;
      }
    if (oldest != nullptr && cursors >= kCursorsMax) {
      found = oldest;
      found->lent = true;
    } else {
      auto added = add(at);
      if (!added) return tl::unexpected(added.error());
      found = *added;
    }
    ++seeks_;
  }
  Loan loan(*this, *found);
  if (auto there = check(); !there) return tl::unexpected(there.error());
  if (auto sought = found->cursor.seek(from); !sought) return tl::unexpected(sought.error());
  return loan;
}

Result<Readers::Entry*> Readers::add(TopicPartition at) {
  const bool gathers = std::ranges::find(settings_.gathered, at.topic) != settings_.gathered.end();
  Consumer* home = nullptr;
  for (const auto& consumer : consumers_)
    if (consumer->gathers == gathers &&
        std::none_of(consumer->entries.begin(), consumer->entries.end(),
                     [&](const Entry& entry) { return entry.cursor.at() == at; }))
      home = consumer.get();
  if (home == nullptr) {
    auto conf =
        make_conf(settings_, {{"isolation.level", "read_committed"},
                              {"enable.partition.eof", "true"},
                              {"auto.offset.reset", "error"},
                              {"check.crcs", "true"},
                              // Without it a full queue costs a second of silence.
                              {"fetch.queue.backoff.ms", "2"},
                              {"queued.min.messages", "1000000"},
                              {"queued.max.messages.kbytes",
                               std::to_string(std::max<std::size_t>(settings_.fetch_bytes_max / 1024, 1024))},
                              {"fetch.min.bytes", gathers ? kGatherBytes : "1"},
                              {"fetch.wait.max.ms", gathers ? kGatherMs : kWaitMs},
                              {"fetch.error.backoff.ms", "50"}});
    if (!conf) return tl::unexpected(conf.error());
    auto client = make_client(RD_KAFKA_CONSUMER, std::move(*conf));
    if (!client) return tl::unexpected(client.error());
    home = consumers_.emplace_back(std::make_unique<Consumer>(std::move(*client), settings_, gathers)).get();
  }
  return &home->entries.emplace_back(home->client.get(), home->topics.of(at.topic), at);
}

void Readers::give_back(Entry& entry) {
  const std::lock_guard lock(mutex_);
  entry.lent = false;
  entry.used = Clock::now();
}

void Readers::close_idle() {
  const auto since = Clock::now() - kIdleMax;
  for (const auto& consumer : consumers_)
    consumer->entries.remove_if([&](const Entry& entry) { return !entry.lent && entry.used < since; });
}

void Readers::wake() {
  const std::lock_guard lock(mutex_);
  for (const auto& consumer : consumers_)
    for (Entry& entry : consumer->entries)
      if (entry.lent) entry.cursor.wake();
}

std::uint64_t Readers::seeks() const {
  const std::lock_guard lock(mutex_);
  return seeks_;
}

}  // namespace paytick::log::kafka
