#include "log/embedded/embedded_log.h"

#include <algorithm>
#include <utility>

#include "log/checks.h"
#include "log/embedded/group_commit.h"
#include "log/embedded/store_reader.h"
#include "log/end_watch.h"

namespace paytick::log {

struct EmbeddedLog::Impl {
  Impl(const EmbeddedOptions& o, Store s) : options(o), store(std::move(s)), ends(o.partitions) {}

  EmbeddedOptions options;
  Store store;
  EndWatch ends;
  std::unique_ptr<GroupCommit> writer;  // last: its thread uses the others

  std::size_t lane(TopicPartition tp) const { return lane_index(tp, options.partitions); }
  Range range(TopicPartition tp) const {
    const Offset end = ends.end(lane(tp));  // before begin, which never passes it
    return {std::min(writer->begin(lane(tp)), end), end};
  }
};

EmbeddedLog::EmbeddedLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedLog::~EmbeddedLog() = default;

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::open(const EmbeddedOptions& options) {
  auto store = open_store(options);
  if (!store) return tl::unexpected(store.error());
  auto impl = std::make_unique<Impl>(options, std::move(*store));
  auto writer = GroupCommit::load(options, impl->store, impl->ends);
  if (!writer) return tl::unexpected(writer.error());
  impl->writer = std::move(*writer);
  return std::unique_ptr<EmbeddedLog>(new EmbeddedLog(std::move(impl)));
}

std::uint32_t EmbeddedLog::partitions() const { return impl_->options.partitions; }

Result<std::vector<Offset>> EmbeddedLog::append(std::span<const NewRecord> records) {
  const auto bytes = check_records(records, partitions());
  if (!bytes) return tl::unexpected(bytes.error());
  if (records.empty()) return std::vector<Offset>{};
  WriteRequest request;
  request.kind = WriteRequest::Kind::append;
  request.records = records;
  request.bytes = *bytes;
  impl_->writer->submit(request);
  if (!request.outcome) return tl::unexpected(request.outcome.error());
  return std::move(request.offsets);
}

Result<Lease> EmbeddedLog::acquire(Role role, PartitionId partition, Epoch at_least) {
  if (auto ok = check_partition(partition, partitions()); !ok) return tl::unexpected(ok.error());
  WriteRequest request;
  request.kind = WriteRequest::Kind::acquire;
  request.lease = {role, partition, at_least};
  impl_->writer->submit(request);
  if (!request.outcome) return tl::unexpected(request.outcome.error());
  return request.lease;
}

Result<std::vector<Offset>> EmbeddedLog::commit(const Step& step) {
  if (auto ok = check_partition(step.lease.partition, partitions()); !ok) return tl::unexpected(ok.error());
  const auto bytes = check_records(step.records, partitions());
  if (!bytes) return tl::unexpected(bytes.error());
  WriteRequest request;
  request.kind = WriteRequest::Kind::commit;
  request.records = step.records;
  request.bytes = *bytes;
  request.lease = step.lease;
  request.consumed_to = step.consumed_to;
  impl_->writer->submit(request);
  if (!request.outcome) return tl::unexpected(request.outcome.error());
  return std::move(request.offsets);
}

Result<std::optional<Offset>> EmbeddedLog::position(Role role, PartitionId partition) {
  if (auto ok = check_partition(partition, partitions()); !ok) return tl::unexpected(ok.error());
  return impl_->writer->position(role, partition);
}

Result<std::vector<Record>> EmbeddedLog::read(TopicPartition tp, Offset from, std::size_t max_bytes) {
  if (auto ok = check_lane(tp, partitions()); !ok) return tl::unexpected(ok.error());
  const Range range = impl_->range(tp);
  return read_records(impl_->store, tp, from, range, max_bytes);
}

Result<std::optional<Record>> EmbeddedLog::latest(TopicPartition tp, std::string_view key) {
  if (auto ok = check_lane(tp, partitions()); !ok) return tl::unexpected(ok.error());
  return latest_record(impl_->store, tp, key);
}

Result<EventLog::Range> EmbeddedLog::range(TopicPartition tp) {
  if (auto ok = check_lane(tp, partitions()); !ok) return tl::unexpected(ok.error());
  return impl_->range(tp);
}

bool EmbeddedLog::wait(TopicPartition tp, Offset seen, std::chrono::milliseconds timeout) {
  if (!check_lane(tp, partitions())) return false;
  return impl_->ends.wait(impl_->lane(tp), seen, timeout);
}

void EmbeddedLog::interrupt() { impl_->ends.interrupt(); }

Result<void> EmbeddedLog::trim(TopicPartition tp, Offset before) {
  if (auto ok = check_lane(tp, partitions()); !ok) return ok;
  if (is_compacted(tp.topic)) return {};
  WriteRequest request;
  request.kind = WriteRequest::Kind::trim;
  request.lane = tp;
  request.before = before;
  impl_->writer->submit(request);
  return request.outcome;
}

EmbeddedLog::Metrics EmbeddedLog::metrics() const {
  Metrics out;
  impl_->writer->add_metrics(out);
  for (rocksdb::ColumnFamilyHandle* family : {impl_->store.plain.get(), impl_->store.compacted.get()})
    for (const std::string& property :
         {rocksdb::DB::Properties::kSizeAllMemTables, rocksdb::DB::Properties::kEstimateTableReadersMem}) {
      std::uint64_t bytes = 0;
      if (impl_->store.db->GetIntProperty(family, property, &bytes)) out.memory += bytes;
    }
  out.memory += impl_->store.cache->GetUsage();
  out.on_disk = folder_bytes(impl_->options.folder);
  return out;
}

}  // namespace paytick::log
