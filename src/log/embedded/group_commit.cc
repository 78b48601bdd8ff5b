#include "log/embedded/group_commit.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <utility>

#include "log/checks.h"
#include "log/embedded/format.h"
#include "log/embedded/store_reader.h"

namespace paytick::log {
namespace {

// A group's bound: large enough that a sync is spread over many records, small enough that the first of the
// queue does not wait long for the last.
constexpr std::size_t kGroupBytesMax = 8 << 20;

Offset after(Offset offset) { return Offset{static_cast<std::int64_t>(offset) + 1}; }

tl::unexpected<Error> damaged(TopicPartition tp) {
  return fail("log_io", "A key of " + std::string(to_text(tp.topic)) + " is damaged; restore the folder.",
              Next::fatal);
}

}  // namespace

// What the requests of one group change, applied only once the batch is durable.
struct GroupCommit::Group {
  rocksdb::WriteBatch batch;
  std::size_t bytes = 0;
  std::size_t writes = 0;
  std::map<TopicPartition, Offset> ends;
  std::map<std::pair<TopicPartition, std::string>, Offset> newest;  // keys of compacted topics
  std::map<Owner, Epoch> epochs;
  std::map<Owner, Offset> positions;
  std::map<TopicPartition, Offset> begins;
};

GroupCommit::GroupCommit(const EmbeddedOptions& options, Store& store, EndWatch& ends)
    : options_(options),
      store_(store),
      ends_(ends),
      begins_(std::make_unique<std::atomic<std::int64_t>[]>(kTopics.size() * options.partitions)) {}

Result<std::unique_ptr<GroupCommit>> GroupCommit::load(const EmbeddedOptions& options, Store& store,
                                                       EndWatch& ends) {
  std::unique_ptr<GroupCommit> out(new GroupCommit(options, store, ends));
  for (std::uint32_t p = 0; p < options.partitions; ++p) {
    for (const Topic topic : kTopics)
      if (auto ok = out->load_lane({topic, PartitionId{p}}); !ok) return tl::unexpected(ok.error());
    for (const Role role : kRoles)
      if (auto ok = out->load_owner(role, PartitionId{p}); !ok) return tl::unexpected(ok.error());
  }
  out->used_bytes_ = out->measure_used();
  out->maintenance_ = std::thread([raw = out.get()] { raw->maintain(); });
  return out;
}

Result<void> GroupCommit::load_lane(TopicPartition tp) {
  const auto range = stored_range(store_, tp);
  if (!range) return tl::unexpected(range.error());
  const std::size_t lane = lane_index(tp, options_.partitions);
  begins_[lane] = static_cast<std::int64_t>(range->begin);
  ends_.publish(lane, range->end);
  return {};
}

Result<void> GroupCommit::load_owner(Role role, PartitionId partition) {
  const auto number = [&](const std::string& key) -> Result<std::optional<std::int64_t>> {
    std::string bytes;
    const auto status = store_.db->Get({}, store_.plain.get(), key, &bytes);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return storage_error("opening the log", status);
    return format::decode_number(bytes);
  };
  const auto epoch = number(format::epoch_key(role, partition));
  if (!epoch) return tl::unexpected(epoch.error());
  if (*epoch) epochs_[{role, partition}] = Epoch{static_cast<std::uint64_t>(**epoch)};
  const auto position = number(format::position_key(role, partition));
  if (!position) return tl::unexpected(position.error());
  if (*position) positions_[{role, partition}] = Offset{**position};
  return {};
}

void GroupCommit::submit(WriteRequest& request) {
  std::unique_lock lock(queue_mutex_);
  queue_.push_back(&request);
  request.turn.wait(lock, [&] { return request.done || queue_.front() == &request; });
  if (request.done) return;

  std::vector<WriteRequest*> group;
  std::size_t bytes = 0;
  for (WriteRequest* waiting : queue_) {
    bytes += waiting->bytes;
    if (!group.empty() && bytes > kGroupBytesMax) break;
    group.push_back(waiting);
  }
  // The group stays at the queue's head while it is written, so that nobody else leads.
  lock.unlock();
  write_group(group);
  lock.lock();
  for (WriteRequest* answered : group) {
    queue_.pop_front();
    answered->done = true;
    if (answered != &request) answered->turn.notify_one();
  }
  if (!queue_.empty()) queue_.front()->turn.notify_one();
}

void GroupCommit::write_group(std::span<WriteRequest* const> requests) {
  Group group;
  if (broken_ || (no_space_ && !try_resume())) {
    for (WriteRequest* request : requests)
      request->outcome =
          broken_ ? fail("log_io", "The log's storage failed earlier; restart paytick.", Next::fatal)
                  : Result<void>(log_full());
    return;
  }
  std::vector<WriteRequest*> accepted;
  for (WriteRequest* request : requests) {
    request->outcome = stage(*request, group);
    if (request->outcome) accepted.push_back(request);
  }
  if (group.batch.Count() == 0) return;
  const Result<void> written = write(group);
  if (written) {
    publish(group);
    return;
  }
  for (WriteRequest* request : accepted) request->outcome = written;
}

Result<void> GroupCommit::stage(WriteRequest& request, Group& group) {
  switch (request.kind) {
    case WriteRequest::Kind::append:
      if (auto ok = check_room(request, group.bytes); !ok) return ok;
      return stage_records(request, group);
    case WriteRequest::Kind::commit:
      return stage_commit(request, group);
    case WriteRequest::Kind::acquire:
      stage_acquire(request, group);
      return {};
    case WriteRequest::Kind::trim:
      stage_trim(request, group);
      return {};
  }
  return {};
}

Result<void> GroupCommit::stage_commit(WriteRequest& request, Group& group) {
  const Owner owner{request.lease.role, request.lease.partition};
  const auto staged = group.epochs.find(owner);
  const auto stored = epochs_.find(owner);
  const Epoch newest = staged != group.epochs.end() ? staged->second
                       : stored != epochs_.end()    ? stored->second
                                                    : Epoch{};
  if (newest != request.lease.epoch) return fenced(request.lease, newest);
  if (auto ok = check_room(request, group.bytes); !ok) return ok;
  if (auto ok = stage_records(request, group); !ok) return ok;
  if (request.consumed_to) {
    group.positions[owner] = *request.consumed_to;
    (void)group.batch.Put(store_.plain.get(), format::position_key(owner.first, owner.second),
                          format::encode_number(static_cast<std::int64_t>(*request.consumed_to)));
  }
  return {};
}

Result<void> GroupCommit::stage_records(WriteRequest& request, Group& group) {
  // A failed look-up must leave nothing of the request in the batch.
  group.batch.SetSavePoint();
  auto ends_before = group.ends;
  auto newest_before = group.newest;
  request.offsets.clear();
  request.offsets.reserve(request.records.size());
  for (const NewRecord& record : request.records) {
    auto [end, is_new] = group.ends.try_emplace(record.to, Offset{});
    if (is_new) end->second = ends_.end(lane_index(record.to, options_.partitions));
    const Offset offset = end->second;
    if (is_compacted(record.to.topic)) {
      if (auto ok = supersede(record, offset, group); !ok) {
        (void)group.batch.RollbackToSavePoint();
        group.ends = std::move(ends_before);
        group.newest = std::move(newest_before);
        return ok;
      }
    }
    const std::string key = format::record_key(record.to, offset);
    const auto header = format::record_header(record.append_time, record.key);
    const rocksdb::Slice key_part(key);
    const std::array<rocksdb::Slice, 3> value{rocksdb::Slice(header.data(), header.size()), record.key,
                                              record.value};
    (void)group.batch.Put(store_.family(record.to.topic), rocksdb::SliceParts(&key_part, 1),
                          rocksdb::SliceParts(value.data(), static_cast<int>(value.size())));
    end->second = after(offset);
    request.offsets.push_back(offset);
  }
  (void)group.batch.PopSavePoint();
  group.bytes += request.bytes;
  ++group.writes;
  return {};
}

Result<void> GroupCommit::supersede(const NewRecord& record, Offset offset, Group& group) {
  const std::string index = format::index_key(record.to, record.key);
  std::optional<Offset> old;
  auto [staged, is_new] = group.newest.try_emplace({record.to, record.key}, offset);
  if (!is_new) {
    old = std::exchange(staged->second, offset);
  } else {
    std::string bytes;
    const auto status = store_.db->Get({}, store_.compacted.get(), index, &bytes);
    if (status.ok()) {
      const auto number = format::decode_number(bytes);
      if (!number) return damaged(record.to);
      old = Offset{*number};
    } else if (!status.IsNotFound()) {
      return storage_error("looking up a key", status);
    }
  }
  if (old) (void)group.batch.Delete(store_.compacted.get(), format::record_key(record.to, *old));
  (void)group.batch.Put(store_.compacted.get(), index,
                        format::encode_number(static_cast<std::int64_t>(offset)));
  return {};
}

void GroupCommit::stage_acquire(WriteRequest& request, Group& group) {
  const Owner owner{request.lease.role, request.lease.partition};
  const auto [epoch, is_new] = group.epochs.try_emplace(owner, Epoch{});
  if (is_new)
    if (const auto stored = epochs_.find(owner); stored != epochs_.end()) epoch->second = stored->second;
  epoch->second = std::max(Epoch{static_cast<std::uint64_t>(epoch->second) + 1}, request.lease.epoch);
  request.lease.epoch = epoch->second;
  (void)group.batch.Put(store_.plain.get(), format::epoch_key(owner.first, owner.second),
                        format::encode_number(static_cast<std::int64_t>(epoch->second)));
}

void GroupCommit::stage_trim(WriteRequest& request, Group& group) {
  const TopicPartition tp = request.lane;
  const std::size_t lane = lane_index(tp, options_.partitions);
  const auto staged = group.begins.find(tp);
  const Offset from = staged != group.begins.end() ? staged->second : begin(lane);
  const Offset to = std::min(request.before, ends_.end(lane));
  if (to <= from) return;
  group.begins[tp] = to;
  (void)group.batch.DeleteRange(store_.plain.get(), format::record_key(tp, from), format::record_key(tp, to));
  (void)group.batch.Put(store_.plain.get(), format::begin_key(tp),
                        format::encode_number(static_cast<std::int64_t>(to)));
}

Result<void> GroupCommit::write(Group& group) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  (void)store_.wal->take_sync_failure();
  const auto status = store_.db->Write(synced, &group.batch);
  if (status.ok()) {
    used_bytes_ += 2 * group.bytes;  // in the WAL, and once more when the write buffer is flushed
    return {};
  }
  const bool sync_failed = store_.wal->take_sync_failure();
  if (is_no_space(status)) {
    no_space_ = true;
  } else {
    broken_ = true;
  }
  // Without a sync that failed, the record did not even reach the file whole: the WAL's reader drops it.
  if (is_no_space(status) && !sync_failed) return log_full();
  return fail(
      "in_doubt",
      "The log could not be synced (" + status.ToString() + "); the write may have happened. Read it back.",
      Next::in_doubt);
}

void GroupCommit::publish(Group& group) {
  for (const auto& [owner, epoch] : group.epochs) epochs_[owner] = epoch;
  {
    const std::lock_guard lock(positions_mutex_);
    for (const auto& [owner, position] : group.positions) positions_[owner] = position;
  }
  for (const auto& [tp, begin] : group.begins)
    begins_[lane_index(tp, options_.partitions)] = static_cast<std::int64_t>(begin);
  for (const auto& [tp, end] : group.ends) ends_.publish(lane_index(tp, options_.partitions), end);
  ++groups_;
  writes_ += group.writes;
  bytes_ += group.bytes;
  if (!group.begins.empty()) {
    {
      const std::lock_guard lock(maintenance_mutex_);
      for (const auto& [tp, begin] : group.begins) trimmed_[tp] = begin;
    }
    want_reclaim(full_);
  }
}

std::optional<Offset> GroupCommit::position(Role role, PartitionId partition) const {
  const std::lock_guard lock(positions_mutex_);
  const auto entry = positions_.find({role, partition});
  if (entry == positions_.end()) return std::nullopt;
  return entry->second;
}

void GroupCommit::add_metrics(EmbeddedLog::Metrics& metrics) const {
  {
    const std::lock_guard lock(queue_mutex_);
    metrics.waiting = queue_.size();
  }
  metrics.groups = groups_;
  metrics.writes = writes_;
  metrics.bytes = bytes_;
  metrics.full = full_ || no_space_;
  metrics.broken = broken_;
}

}  // namespace paytick::log
