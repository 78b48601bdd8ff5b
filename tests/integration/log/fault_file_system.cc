#include "fault_file_system.h"

#include <filesystem>
#include <fstream>
#include <utility>

namespace paytick::log::testing {

using rocksdb::IOStatus;

namespace {

bool is_wal(const std::string& name) { return name.ends_with(".log"); }

}  // namespace

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(FaultFileSystem* disk, std::string name, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    return append(data, [&](const rocksdb::Slice& part) { return target()->Append(part, options, debug); });
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
    return append(data, [&](const rocksdb::Slice& part) { return target()->Append(part, options, debug); });
  }
  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return sync([&] { return target()->Sync(options, debug); });
  }
  IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return sync([&] { return target()->Fsync(options, debug); });
  }

 private:
  template <typename F>
  IOStatus append(const rocksdb::Slice& data, F&& write) {
    if (IOStatus failed = disk_->before_append(); !failed.ok()) {
      // As a disk that fills up does: a part is written still.
      const rocksdb::Slice part(data.data(), data.size() / 2);
      if (write(part).ok()) disk_->appended(name_, part.size());
      return failed;
    }
    IOStatus done = write(data);
    if (done.ok()) disk_->appended(name_, data.size());
    return done;
  }
  template <typename F>
  IOStatus sync(F&& write) {
    if (IOStatus failed = disk_->before_sync(name_); !failed.ok()) return failed;
    IOStatus done = write();
    if (done.ok()) disk_->synced(name_);
    return done;
  }

  FaultFileSystem* disk_;
  std::string name_;
};

void FaultFileSystem::set_fault(DiskFault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
}

void FaultFileSystem::hold_syncs(bool held) {
  {
    const std::lock_guard lock(mutex_);
    held_ = held;
  }
  released_.notify_all();
}

FaultFileSystem::Wal FaultFileSystem::wal() const {
  const std::lock_guard lock(mutex_);
  return wal_;
}

IOStatus FaultFileSystem::before_append() const {
  const std::lock_guard lock(mutex_);
  if (fault_ == DiskFault::full) return IOStatus::NoSpace("injected");
  if (fault_ == DiskFault::broken) return IOStatus::IOError("injected");
  return IOStatus::OK();
}

IOStatus FaultFileSystem::before_sync(const std::string& name) {
  std::unique_lock lock(mutex_);
  if (is_wal(name)) released_.wait(lock, [&] { return !held_; });
  if (fault_ == DiskFault::full_on_sync) return IOStatus::NoSpace("injected");
  if (fault_ == DiskFault::broken_on_sync) return IOStatus::IOError("injected");
  return IOStatus::OK();
}

void FaultFileSystem::appended(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  files_[name].written += bytes;
  if (is_wal(name)) wal_.written += bytes;
}

void FaultFileSystem::synced(const std::string& name) {
  const std::lock_guard lock(mutex_);
  State& file = files_[name];
  if (is_wal(name)) {
    wal_.synced += file.written - file.synced;
    ++wal_.syncs;
  }
  file.synced = file.written;
}

void FaultFileSystem::lose_unsynced(bool torn_tail) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, file] : files_) {
    if (file.synced == file.written || !std::filesystem::exists(name)) continue;
    std::filesystem::resize_file(name, file.synced);
    if (!torn_tail) continue;
    std::ofstream tail(name, std::ios::app | std::ios::binary);
    for (std::uint64_t i = file.synced; i < file.written; ++i) tail.put(static_cast<char>(i * 151));
  }
  files_.clear();
}

void FaultFileSystem::wrap(const std::string& name, FilePtr* out, std::uint64_t size) {
  *out = std::make_unique<FaultFile>(this, name, std::move(*out));
  const std::lock_guard lock(mutex_);
  files_[name] = {size, size};
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& name, const Options& options, FilePtr* out,
                                          Debug* debug) {
  IOStatus done = target()->NewWritableFile(name, options, out, debug);
  if (done.ok()) wrap(name, out, 0);
  return done;
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string& name, const Options& options, FilePtr* out,
                                             Debug* debug) {
  IOStatus done = target()->ReopenWritableFile(name, options, out, debug);
  if (done.ok()) wrap(name, out, std::filesystem::file_size(name));
  return done;
}

IOStatus FaultFileSystem::ReuseWritableFile(const std::string& name, const std::string& old_name,
                                            const Options& options, FilePtr* out, Debug* debug) {
  IOStatus done = target()->ReuseWritableFile(name, old_name, options, out, debug);
  if (done.ok()) wrap(name, out, 0);
  return done;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to,
                                     const rocksdb::IOOptions& options, Debug* debug) {
  IOStatus done = target()->RenameFile(from, to, options, debug);
  const std::lock_guard lock(mutex_);
  if (done.ok())
    if (auto file = files_.extract(from)) {
      file.key() = to;
      files_.erase(to);
      files_.insert(std::move(file));
    }
  return done;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                                     Debug* debug) {
  IOStatus done = target()->DeleteFile(name, options, debug);
  const std::lock_guard lock(mutex_);
  if (done.ok()) files_.erase(name);
  return done;
}

}  // namespace paytick::log::testing
