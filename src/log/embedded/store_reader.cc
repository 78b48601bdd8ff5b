#include "log/embedded/store_reader.h"

#include <rocksdb/snapshot.h>

#include <algorithm>

#include "log/checks.h"
#include "log/embedded/format.h"

namespace paytick::log {

Result<EventLog::Range> stored_range(const Store& store, TopicPartition tp) {
  std::string bytes;
  std::int64_t begin = 0;
  const auto status = store.db->Get({}, store.plain.get(), format::begin_key(tp), &bytes);
  if (status.ok()) {
    const auto number = format::decode_number(bytes);
    if (!number)
      return fail("log_io", "A key of " + std::string(to_text(tp.topic)) + " is damaged; restore the folder.",
                  Next::fatal);
    begin = *number;
  } else if (!status.IsNotFound()) {
    return storage_error("reading", status);
  }
  std::int64_t end = begin;
  const std::unique_ptr<rocksdb::Iterator> last(store.db->NewIterator({}, store.family(tp.topic)));
  last->SeekForPrev(format::record_key_end(tp));
  if (last->Valid()) {
    if (const auto offset = format::decode_record_key(tp, view(last->key())))
      end = std::max(end, static_cast<std::int64_t>(*offset) + 1);
  } else if (!last->status().ok()) {
    return storage_error("reading", last->status());
  }
  return EventLog::Range{Offset{begin}, Offset{end}};
}

Result<std::vector<Record>> read_records(const Store& store, TopicPartition tp, Offset from,
                                         EventLog::Range range, std::size_t max_bytes) {
  if (auto ok = check_offset(tp, from, range); !ok) return tl::unexpected(ok.error());
  std::vector<Record> out;
  if (from == range.end) return out;

  const std::string first = format::record_key(tp, from);
  const std::string stop = format::record_key(tp, range.end);  // what is not published is not read
  const rocksdb::Slice upper(stop);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(store.db->NewIterator(options, store.family(tp.topic)));
  std::size_t bytes = 0;
  for (it->Seek(first); it->Valid(); it->Next()) {
    bytes += it->value().size() + kRecordOverheadBytes;
    if (!out.empty() && bytes > max_bytes) break;
    const auto offset = format::decode_record_key(tp, view(it->key()));
    auto record = offset ? format::decode_record(*offset, view(it->value())) : std::nullopt;
    if (!record) return fail("log_io", "A record is damaged; restore the folder.", Next::fatal);
    out.push_back(std::move(*record));
  }
  if (!it->status().ok()) return storage_error("reading", it->status());
  // A trim may have overtaken us; what it took must not look like a gap or an end.
  if (!is_compacted(tp.topic) && (out.empty() || out.front().offset != from))
    return check_offset(tp, from, {out.empty() ? range.end : out.front().offset, range.end}).map([&] {
      return out;
    });
  return out;
}

Result<std::optional<Record>> latest_record(const Store& store, TopicPartition tp, std::string_view key) {
  // Index and record of one moment: a newer record of the key deletes the older one.
  rocksdb::ManagedSnapshot now(store.db.get());
  rocksdb::ReadOptions options;
  options.snapshot = now.snapshot();
  std::string bytes;
  auto status = store.db->Get(options, store.compacted.get(), format::index_key(tp, key), &bytes);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return storage_error("looking up a key", status);
  const auto offset = format::decode_number(bytes);
  if (offset)
    status = store.db->Get(options, store.compacted.get(), format::record_key(tp, Offset{*offset}), &bytes);
  if (!status.ok()) return storage_error("looking up a key", status);
  auto record = offset ? format::decode_record(Offset{*offset}, bytes) : std::nullopt;
  if (!record) return fail("log_io", "A record is damaged; restore the folder.", Next::fatal);
  if (record->value.empty()) return std::nullopt;
  return record;
}

}  // namespace paytick::log
