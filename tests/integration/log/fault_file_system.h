#pragma once
// RocksDB's file system with a disk that fills up, fails, syncs slowly or loses what was not synced. Records
// what the WAL was given and what of it was synced. Thread-safe.

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace paytick::log::testing {

enum class DiskFault : std::uint8_t { none, full, full_on_sync, broken, broken_on_sync };

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultFileSystem"; }

  void set_fault(DiskFault fault);
  // While held, a sync of the WAL does not return.
  void hold_syncs(bool held);

  struct Wal {
    std::uint64_t written = 0;  // bytes, of all WAL files
    std::uint64_t synced = 0;   // of those
    std::uint64_t syncs = 0;
  };
  Wal wal() const;

  // What a power failure does to files written through this file system: call when the log is closed. Each is
  // cut to what was synced; with a torn tail: random bytes follow instead of what was not.
  void lose_unsynced(bool torn_tail);

  using Options = rocksdb::FileOptions;
  using Debug = rocksdb::IODebugContext;
  using FilePtr = std::unique_ptr<rocksdb::FSWritableFile>;
  rocksdb::IOStatus NewWritableFile(const std::string& name, const Options& options, FilePtr* out,
                                    Debug* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const Options& options, FilePtr* out,
                                       Debug* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const Options& options, FilePtr* out, Debug* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, Debug* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               Debug* debug) override;

 private:
  friend class FaultFile;
  struct State {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };
  rocksdb::IOStatus before_append() const;
  rocksdb::IOStatus before_sync(const std::string& name);
  void appended(const std::string& name, std::uint64_t bytes);
  void synced(const std::string& name);
  void wrap(const std::string& name, FilePtr* out, std::uint64_t size);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  DiskFault fault_ = DiskFault::none;
  bool held_ = false;
  Wal wal_;
  std::map<std::string, State> files_;
};

}  // namespace paytick::log::testing
