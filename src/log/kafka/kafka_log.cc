#include "log/kafka/kafka_log.h"

#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "log/checks.h"
#include "log/kafka/append_producer.h"
#include "log/kafka/group.h"
#include "log/kafka/questions.h"
#include "log/kafka/readers.h"
#include "log/kafka/topic_admin.h"
#include "log/kafka/topic_watch.h"
#include "log/kafka/topics.h"
#include "log/kafka/transactional_producer.h"

namespace paytick::log {
namespace {

using std::chrono::milliseconds;

constexpr int kAcquireTries = 8;  // who loses so many races in a row leaves the partition to the others

std::int64_t number(Offset offset) { return static_cast<std::int64_t>(offset); }

// What stands beside a committed offset: the epoch of the lease that committed it, and whether it is a
// position at all: a group keeps no epoch without one.
struct Note {
  Epoch epoch{};
  bool position = false;
};

std::string to_metadata(const Note& note) {
  return "paytick 1 epoch=" + std::to_string(static_cast<std::uint64_t>(note.epoch)) +
         (note.position ? "" : " none");
}

Note note_of(std::string_view metadata) {
  Note note{{}, true};  // an operator may have set the offset with a tool of Kafka's
  constexpr std::string_view kStart = "paytick 1 epoch=";
  if (!metadata.starts_with(kStart)) return note;
  std::uint64_t epoch = 0;
  const char* const begin = metadata.data() + kStart.size();
  (void)std::from_chars(begin, metadata.data() + metadata.size(), epoch);
  return {Epoch{epoch}, !metadata.ends_with(" none")};
}

}  // namespace

struct KafkaLog::Impl {
  explicit Impl(KafkaSettings given) : settings(std::move(given)), readers(settings) {}

  Result<void> open();
  Result<Lease> acquire(Role role, PartitionId partition, Epoch at_least);
  Result<std::vector<Offset>> commit(const Step& step);
  Result<std::optional<Offset>> position(Role role, PartitionId partition, kafka::Questions::Wanted wanted);
  Result<EventLog::Range> range(TopicPartition tp);
  Result<std::vector<Record>> read(TopicPartition tp, Offset from, std::size_t max_bytes);

  // One lease that this process holds.
  struct Owner {
    std::mutex mutex;  // one transaction at a time
    Epoch epoch{};
    std::unique_ptr<kafka::TransactionalProducer> producer;
  };
  using OwnerKey = std::pair<Role, PartitionId>;
  std::shared_ptr<Owner> owner_of(OwnerKey key);
  kafka::Consumed consumed(const Lease& lease, Offset to, const Note& note) const;

  // What this process has written or has been shown lies below it: readers wait for it (event_log.h).
  std::atomic<std::int64_t>& known_end(TopicPartition tp) { return known_ends[lane_index(tp, partitions)]; }
  void know(TopicPartition tp, Offset end);
  std::vector<std::int64_t> known_ends_of(std::span<const NewRecord> records);
  // What was written at these offsets lies at or behind the ends that were known before. Else the topic is
  // another one, or has lost what was acknowledged. Codes: "in_doubt".
  Result<void> know_written(std::span<const NewRecord> records, const std::vector<Offset>& offsets,
                            const std::vector<std::int64_t>& ends_before);
  Result<void> check_topics() const;

  const KafkaSettings settings;
  std::uint32_t partitions = 0;
  std::unique_ptr<kafka::Questions> questions;
  std::unique_ptr<kafka::AppendProducer> appender;
  kafka::Readers readers;
  std::unique_ptr<std::atomic<std::int64_t>[]> known_ends;
  std::mutex owners_mutex;
  std::map<OwnerKey, std::shared_ptr<Owner>> owners;

  std::atomic<std::uint64_t> in_doubt{0}, fenced{0}, aborted{0}, append_failures{0};
  std::unique_ptr<kafka::TopicWatch> watch;  // last: it tells of topics that were made anew
};

Result<void> KafkaLog::Impl::open() {
  auto asked = kafka::Questions::open(settings);
  if (!asked) return tl::unexpected(asked.error());
  questions = std::move(*asked);
  auto count = safe_partitions(settings);
  if (!count) return tl::unexpected(count.error());
  if (*count > kPartitionsMax)
    return fail("topic_mismatch",
                "Kafka: at most " + std::to_string(kPartitionsMax) + " partitions are supported.",
                Next::fatal);
  partitions = *count;
  known_ends = std::make_unique<std::atomic<std::int64_t>[]>(kTopics.size() * partitions);
  auto producer = kafka::AppendProducer::open(settings);
  if (!producer) return tl::unexpected(producer.error());
  appender = std::move(*producer);
  auto watching = kafka::TopicWatch::open(settings, [this](Topic topic) {
    for (std::uint32_t p = 0; p < partitions; ++p) known_end({topic, PartitionId{p}}) = 0;
  });
  if (!watching) return tl::unexpected(watching.error());
  watch = std::move(*watching);
  return {};
}

void KafkaLog::Impl::know(TopicPartition tp, Offset end) {
  auto& known = known_end(tp);
  std::int64_t before = known;
  while (before < number(end) && !known.compare_exchange_weak(before, number(end))) continue;
}

std::vector<std::int64_t> KafkaLog::Impl::known_ends_of(std::span<const NewRecord> records) {
  std::vector<std::int64_t> ends;
  ends.reserve(records.size());
  for (const NewRecord& record : records) ends.push_back(known_end(record.to));
  return ends;
}

Result<void> KafkaLog::Impl::know_written(std::span<const NewRecord> records,
                                          const std::vector<Offset>& offsets,
                                          const std::vector<std::int64_t>& ends_before) {
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (number(offsets[i]) < ends_before[i] && !is_expendable(records[i].to.topic)) {
      watch->note_replaced(records[i].to.topic);
      return fail("in_doubt", watch->lost()->message, Next::in_doubt);
    }
    know(records[i].to, Offset{number(offsets[i]) + 1});
  }
  // It was lost meanwhile, and perhaps made anew: who can say where this was written?
  if (auto lost = watch->lost()) return fail("in_doubt", lost->message, Next::in_doubt);
  return {};
}

Result<void> KafkaLog::Impl::check_topics() const {
  if (auto lost = watch->lost()) return tl::unexpected(std::move(*lost));
  return {};
}

std::shared_ptr<KafkaLog::Impl::Owner> KafkaLog::Impl::owner_of(OwnerKey key) {
  const std::lock_guard lock(owners_mutex);
  auto& owner = owners[key];
  if (!owner) owner = std::make_shared<Owner>();
  return owner;
}

kafka::Consumed KafkaLog::Impl::consumed(const Lease& lease, Offset to, const Note& note) const {
  return {group_name(settings, lease.role), topic_name(settings, source_of(lease.role)), lease.partition, to,
          to_metadata(note)};
}

Result<Lease> KafkaLog::Impl::acquire(Role role, PartitionId partition, Epoch at_least) {
  const auto owner = owner_of({role, partition});
  const std::lock_guard lock(owner->mutex);
  const std::string id =
      group_name(settings, role) + "." + std::to_string(static_cast<std::uint32_t>(partition));
  for (int tries = 1;; ++tries) {
    owner->producer.reset();
    owner->epoch = Epoch{};
    auto producer = kafka::TransactionalProducer::open(settings, id);
    if (!producer) return tl::unexpected(producer.error());
    const auto before =
        questions->committed(group_name(settings, role), topic_name(settings, source_of(role)), partition,
                             kafka::Questions::Wanted::as_it_is);
    if (!before) return tl::unexpected(before.error());
    Note note = *before ? note_of((*before)->metadata) : Note{};
    note.epoch = std::max(Epoch{static_cast<std::uint64_t>(note.epoch) + 1}, at_least);
    const Lease lease{role, partition, note.epoch};
    const Offset at = *before ? (*before)->offset : Offset{};
    const auto taken = (*producer)->commit({}, consumed(lease, at, note));
    if (taken) {
      owner->producer = std::move(*producer);
      owner->epoch = lease.epoch;
      return lease;
    }
    if (taken.error().next == Next::in_doubt) ++in_doubt;
    if (taken.error().code != "fenced" || tries == kAcquireTries) return tl::unexpected(taken.error());
  }
}

Result<std::vector<Offset>> KafkaLog::Impl::commit(const Step& step) {
  const auto owner = owner_of({step.lease.role, step.lease.partition});
  const std::lock_guard lock(owner->mutex);
  if (!owner->producer || owner->epoch != step.lease.epoch) {
    ++fenced;
    return log::fenced(step.lease, owner->epoch);
  }
  if (step.records.empty() && !step.consumed_to) return std::vector<Offset>{};
  std::optional<kafka::Consumed> position;
  if (step.consumed_to) position = consumed(step.lease, *step.consumed_to, {step.lease.epoch, true});
  const auto ends_before = known_ends_of(step.records);
  auto done = owner->producer->commit(step.records, position);
  bool usable = owner->producer->usable();
  if (done)
    if (auto known = know_written(step.records, *done, ends_before); !known) {
      done = tl::unexpected(known.error());
      usable = false;
    }
  if (!usable) {
    owner->producer.reset();
    owner->epoch = Epoch{};
  }
  if (done) return done;
  ++(done.error().code == "fenced" ? fenced : done.error().next == Next::in_doubt ? in_doubt : aborted);
  return done;
}

Result<std::optional<Offset>> KafkaLog::Impl::position(Role role, PartitionId partition,
                                                       kafka::Questions::Wanted wanted) {
  if (auto good = check_partition(partition, partitions); !good) return tl::unexpected(good.error());
  if (auto there = check_topics(); !there) return tl::unexpected(there.error());
  const auto found = questions->committed(group_name(settings, role), topic_name(settings, source_of(role)),
                                          partition, wanted);
  if (!found) return tl::unexpected(found.error());
  if (!*found || !note_of((*found)->metadata).position) return std::nullopt;
  return (*found)->offset;
}

Result<EventLog::Range> KafkaLog::Impl::range(TopicPartition tp) {
  auto found = questions->range(tp);
  if (!found) return found;
  know(tp, found->end);
  // The broker may still be writing the marker of a transaction that it has told us is committed.
  found->end = std::max(found->end, Offset{known_end(tp).load()});
  return found;
}

Result<std::vector<Record>> KafkaLog::Impl::read(TopicPartition tp, Offset from, std::size_t max_bytes) {
  auto cursor = readers.borrow(tp, from, [&]() -> Result<void> {
    const auto there = range(tp);
    return there ? check_offset(tp, from, *there) : tl::unexpected(there.error());
  });
  if (!cursor) return tl::unexpected(cursor.error());
  return (*cursor)->read(Offset{known_end(tp).load()}, max_bytes, settings.request_timeout);
}

KafkaLog::KafkaLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaLog::~KafkaLog() { interrupt(); }

Result<std::unique_ptr<KafkaLog>> KafkaLog::open(const KafkaSettings& settings) {
  auto impl = std::make_unique<Impl>(settings);
  if (auto opened = impl->open(); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(impl)));
}

std::uint32_t KafkaLog::partitions() const { return impl_->partitions; }

Result<std::vector<Offset>> KafkaLog::append(std::span<const NewRecord> records) {
  if (auto good = check_records(records, partitions()); !good) return tl::unexpected(good.error());
  if (auto there = impl_->check_topics(); !there) return tl::unexpected(there.error());
  const auto ends_before = impl_->known_ends_of(records);
  auto done = impl_->appender->append(records);
  if (done)
    if (auto known = impl_->know_written(records, *done, ends_before); !known)
      done = tl::unexpected(known.error());
  if (!done) ++impl_->append_failures;
  return done;
}

Result<Lease> KafkaLog::acquire(Role role, PartitionId partition, Epoch at_least) {
  if (auto good = check_partition(partition, partitions()); !good) return tl::unexpected(good.error());
  if (auto there = impl_->check_topics(); !there) return tl::unexpected(there.error());
  return impl_->acquire(role, partition, at_least);
}

Result<std::vector<Offset>> KafkaLog::commit(const Step& step) {
  if (auto good = check_partition(step.lease.partition, partitions()); !good)
    return tl::unexpected(good.error());
  if (auto good = check_records(step.records, partitions()); !good) return tl::unexpected(good.error());
  if (auto there = impl_->check_topics(); !there) return tl::unexpected(there.error());
  return impl_->commit(step);
}

Result<std::optional<Offset>> KafkaLog::position(Role role, PartitionId partition) {
  return impl_->position(role, partition, kafka::Questions::Wanted::settled);
}

Result<std::optional<Offset>> KafkaLog::settled_position(Role role, PartitionId partition) {
  return impl_->position(role, partition, kafka::Questions::Wanted::as_it_is);
}

Result<std::vector<Record>> KafkaLog::read(TopicPartition tp, Offset from, std::size_t max_bytes) {
  if (auto good = check_lane(tp, partitions()); !good) return tl::unexpected(good.error());
  if (auto there = impl_->check_topics(); !there) return tl::unexpected(there.error());
  auto records = impl_->read(tp, from, max_bytes);
  // Who has stood on it and finds it gone asks first whether it is still the same topic.
  if (!records && records.error().code == "out_of_range")
    if (auto lost = impl_->watch->ask_now()) return tl::unexpected(std::move(*lost));
  if (auto there = impl_->check_topics(); !there) return tl::unexpected(there.error());
  return records;
}

// From the end backwards, in growing steps: what is asked for is mostly new.
Result<std::optional<Record>> KafkaLog::latest(TopicPartition tp, std::string_view key) {
  if (auto good = check_lane(tp, partitions()); !good) return tl::unexpected(good.error());
  constexpr std::int64_t kFirstWindow = 64;
  constexpr std::int64_t kGrowth = 16;
  constexpr std::size_t kReadBytes = 8 * 1024 * 1024;
  const auto range = impl_->range(tp);
  if (!range) return tl::unexpected(range.error());
  for (std::int64_t window = kFirstWindow;; window *= kGrowth) {
    const std::int64_t begin = std::max(number(range->begin), number(range->end) - window);
    std::optional<Record> newest;
    for (Offset at{begin}; at < range->end;) {
      auto records = read(tp, at, kReadBytes);
      if (!records) return tl::unexpected(records.error());
      if (records->empty()) break;
      at = Offset{number(records->back().offset) + 1};
      for (Record& record : *records)
        if (record.key == key) newest = std::move(record);
    }
    if (newest && newest->value.empty()) return std::nullopt;
    if (newest) return newest;
    if (begin == number(range->begin)) return std::nullopt;
  }
}

Result<EventLog::Range> KafkaLog::range(TopicPartition tp) {
  if (auto good = check_lane(tp, partitions()); !good) return tl::unexpected(good.error());
  if (auto there = impl_->check_topics(); !there) return tl::unexpected(there.error());
  return impl_->range(tp);
}

bool KafkaLog::wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) {
  if (!check_lane(tp, partitions())) return false;
  auto cursor = impl_->readers.borrow(tp, seen, [&]() -> Result<void> {
    const auto range = impl_->range(tp);
    return range ? check_offset(tp, seen, *range) : tl::unexpected(range.error());
  });
  return cursor &&
         (*cursor)->wait(Offset{impl_->known_end(tp).load()}, timeout, impl_->settings.request_timeout);
}

void KafkaLog::interrupt() { impl_->readers.wake(); }

Result<void> KafkaLog::trim(TopicPartition tp, Offset before) {
  if (auto good = check_lane(tp, partitions()); !good) return good;
  if (is_compacted(tp.topic)) return {};
  const auto range = impl_->range(tp);
  if (!range) return tl::unexpected(range.error());
  const Offset to = std::min(before, range->end);
  return to > range->begin ? impl_->questions->delete_before(tp, to) : Result<void>();
}

std::unique_ptr<PartitionSource> KafkaLog::partition_source(Role role) {
  return std::make_unique<kafka::Group>(impl_->settings, group_name(impl_->settings, role),
                                        topic_name(impl_->settings, source_of(role)));
}

std::unique_ptr<PartitionSource> KafkaLog::partition_source(const std::string& group, Topic topic) {
  return std::make_unique<kafka::Group>(impl_->settings, impl_->settings.prefix + "." + group,
                                        topic_name(impl_->settings, topic));
}

KafkaCounters KafkaLog::counters() const {
  return {impl_->in_doubt,
          impl_->fenced,
          impl_->aborted,
          impl_->append_failures,
          impl_->readers.seeks(),
          impl_->watch->reachable(),
          impl_->watch->lost().has_value()};
}

std::optional<Error> KafkaLog::trouble() const { return impl_->watch->trouble(); }

}  // namespace paytick::log
