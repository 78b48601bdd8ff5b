#pragma once
// Opening RocksDB the way the log needs it, and what its answers mean to us.

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <memory>
#include <string_view>

#include "log/embedded/embedded_log.h"
#include "model/error.h"

namespace paytick::log {

// Tells a write that never reached the file from one whose sync failed: only the latter is in doubt.
class WalWatch final : public rocksdb::EventListener {
 public:
  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnIOError(const rocksdb::IOErrorInfo& info) override;
  // Whether a sync of the WAL has failed since the last call.
  bool take_sync_failure() { return sync_failed_.exchange(false); }

 private:
  std::atomic<bool> sync_failed_ = false;
};

struct Store {
  std::shared_ptr<WalWatch> wal;
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::unique_ptr<rocksdb::ColumnFamilyHandle> plain;
  std::unique_ptr<rocksdb::ColumnFamilyHandle> compacted;

  Store() = default;
  Store(Store&&) = default;
  Store& operator=(Store&&) = delete;
  ~Store();

  rocksdb::ColumnFamilyHandle* family(Topic topic) const {
    return is_compacted(topic) ? compacted.get() : plain.get();
  }
};

// Opens or creates; checks version and partition count.
Result<Store> open_store(const EmbeddedOptions& options);

// Opens what another process may be writing, as it is now, for reading. Codes "log_missing" when there is no
// log, "log_busy" (retry) when files were replaced while they were being opened.
Result<Store> open_read_only(const std::filesystem::path& folder);

bool is_no_space(const rocksdb::Status& status);
tl::unexpected<Error> storage_error(std::string_view doing, const rocksdb::Status& status);

inline std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace paytick::log
