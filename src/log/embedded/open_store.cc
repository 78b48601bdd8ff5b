#include "log/embedded/open_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "log/checks.h"
#include "log/embedded/format.h"
#include "log/embedded/wal_check.h"

namespace paytick::log {
namespace {

constexpr char kCompactedFamily[] = "compacted";
constexpr std::size_t kBlobBytesMin = 1024;  // smaller values stay in the tables: a blob read costs a seek

std::size_t write_buffer_bytes(const EmbeddedOptions& options) {
  std::size_t bytes = options.memory_bytes / 4;
  // Every byte is in a WAL until its buffer is flushed; a small log needs small buffers.
  if (options.bytes_max != 0) bytes = std::min<std::size_t>(bytes, options.bytes_max / 32);
  return std::max<std::size_t>(bytes, 1 << 20);
}

rocksdb::DBOptions db_options(const EmbeddedOptions& options, const std::shared_ptr<WalWatch>& wal) {
  rocksdb::DBOptions out;
  out.create_if_missing = true;
  out.create_missing_column_families = true;
  out.listeners = {wal};
  if (options.env != nullptr) out.env = options.env;
  out.max_background_jobs = 2;
  out.db_write_buffer_size = options.memory_bytes;
  out.max_total_wal_size = 4 * write_buffer_bytes(options);
  // A torn tail can only be what was never acknowledged: it was not synced. check_wals() has told it from
  // damage.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  out.track_and_verify_wals_in_manifest = true;
  // The WAL is synced: closing need not flush.
  out.avoid_flush_during_shutdown = true;
  // Flushes hand their pages to the disk bit by bit, or the WAL's next sync waits behind all of them.
  out.bytes_per_sync = 1 << 20;
  out.max_open_files = 512;
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  out.max_log_file_size = 1 << 20;
  out.keep_log_file_num = 2;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  return out;
}

// Values go to blob files when a write buffer is flushed, and are never rewritten: compactions move keys
// only.
rocksdb::ColumnFamilyOptions family_options(const EmbeddedOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions out;
  out.write_buffer_size = write_buffer_bytes(options);
  out.max_write_buffer_number = 3;
  out.compression = rocksdb::kLZ4Compression;
  out.enable_blob_files = true;
  out.min_blob_size = kBlobBytesMin;
  out.blob_file_size = std::min<std::uint64_t>(64 << 20, write_buffer_bytes(options));
  out.blob_compression_type = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.block_size = 16 << 10;
  table.format_version = 5;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

Result<void> check_creation(Store& store, const EmbeddedOptions& options) {
  std::string bytes;
  const auto status = store.db->Get({}, store.plain.get(), format::creation_key(), &bytes);
  if (status.IsNotFound()) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto put = store.db->Put(synced, store.plain.get(), format::creation_key(),
                                   format::encode({.partitions = options.partitions}));
    if (!put.ok()) return storage_error("creating the log", put);
    return {};
  }
  if (!status.ok()) return storage_error("opening the log", status);
  const auto creation = format::decode_creation(bytes);
  if (!creation)
    return fail("log_io", "The log's creation record is damaged; restore the folder.", Next::fatal);
  if (creation->version != format::kFormatVersion)
    return fail("log_version",
                "The log has format version " + std::to_string(creation->version) + "; this paytick knows " +
                    std::to_string(format::kFormatVersion) + ". Use the paytick that wrote it.",
                Next::fatal);
  if (creation->partitions != options.partitions)
    return fail("log_partitions",
                "The log was created with " + std::to_string(creation->partitions) + " partitions, not " +
                    std::to_string(options.partitions) + "; the count is fixed. Configure the former.",
                Next::fatal);
  return {};
}

std::vector<rocksdb::ColumnFamilyDescriptor> families(const EmbeddedOptions& options,
                                                      const std::shared_ptr<rocksdb::Cache>& cache) {
  const rocksdb::ColumnFamilyOptions plain = family_options(options, cache);
  rocksdb::ColumnFamilyOptions compacted = plain;
  // Superseded snapshots leave holes in blob files; files with more holes than data are written anew.
  compacted.enable_blob_garbage_collection = true;
  compacted.blob_garbage_collection_age_cutoff = 1.0;
  compacted.blob_garbage_collection_force_threshold = 0.5;
  return {{rocksdb::kDefaultColumnFamilyName, plain}, {kCompactedFamily, compacted}};
}

}  // namespace

void WalWatch::OnIOError(const rocksdb::IOErrorInfo& info) {
  const bool is_wal = info.file_path.ends_with(".log");
  const bool is_sync = info.operation == rocksdb::FileOperationType::kSync ||
                       info.operation == rocksdb::FileOperationType::kFsync ||
                       info.operation == rocksdb::FileOperationType::kRangeSync;
  if (is_wal && is_sync) sync_failed_ = true;
}

Store::~Store() {
  plain.reset();
  compacted.reset();
  if (db) (void)db->Close();
}

bool is_no_space(const rocksdb::Status& status) {
  return status.IsIOError() && status.subcode() == rocksdb::Status::kNoSpace;
}

tl::unexpected<Error> storage_error(std::string_view doing, const rocksdb::Status& status) {
  if (is_no_space(status)) return log_full();
  return fail("log_io", "The storage failed while " + std::string(doing) + ": " + status.ToString() + ".",
              Next::fatal);
}

Result<Store> open_store(const EmbeddedOptions& options) {
  if (options.partitions < 1 || options.partitions > kPartitionsMax)
    return fail("log_partitions", "A log has 1 to " + std::to_string(kPartitionsMax) + " partitions.",
                Next::fatal);
  std::error_code error;
  if (std::filesystem::create_directories(options.folder, error))
    std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all, error);
  if (error)
    return fail("log_io", "Cannot create " + options.folder.string() + ": " + error.message() + ".",
                Next::fatal);
  if (auto whole = check_wals(options.folder); !whole) return tl::unexpected(whole.error());

  Store store;
  store.wal = std::make_shared<WalWatch>();
  store.cache = rocksdb::NewLRUCache(kCacheBytes);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(db_options(options, store.wal), options.folder.string(),
                                        families(options, store.cache), &handles, &db);
  if (!status.ok()) {
    const std::string text = status.ToString();
    if (status.IsIOError() &&
        (text.find("lock hold by") != std::string::npos || text.find("While lock file") != std::string::npos))
      return fail("log_locked",
                  "Another process has the log in " + options.folder.string() +
                      " open; stop it, or use another folder.",
                  Next::fatal);
    return storage_error("opening the log", status);
  }
  store.db.reset(db);
  store.plain.reset(handles[0]);
  store.compacted.reset(handles[1]);
  if (auto ok = check_creation(store, options); !ok) return tl::unexpected(ok.error());
  return store;
}

Result<Store> open_read_only(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "CURRENT", ignored))
    return fail("log_missing",
                "There is no log in " + folder.string() + "; name the data folder of a paytick.");
  EmbeddedOptions options;
  options.folder = folder;
  Store store;
  store.wal = std::make_shared<WalWatch>();
  store.cache = rocksdb::NewLRUCache(kCacheBytes);
  rocksdb::DBOptions as_reader = db_options(options, store.wal);
  as_reader.create_if_missing = as_reader.create_missing_column_families = false;
  as_reader.max_open_files = -1;  // what the writer deletes can be read as long as it is open
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::OpenForReadOnly(as_reader, folder.string(), families(options, store.cache), &handles, &db);
  if (!status.ok())
    return fail("log_busy", "The log moved while it was opened for reading: " + status.ToString() + ".",
                Next::retry);
  store.db.reset(db);
  store.plain.reset(handles[0]);
  store.compacted.reset(handles[1]);
  return store;
}

}  // namespace paytick::log
