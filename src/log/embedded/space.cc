// The part of GroupCommit that minds disk space: the size limit, a full disk, and giving trimmed space back.

#include <string>
#include <system_error>
#include <utility>

#include "log/checks.h"
#include "log/embedded/format.h"
#include "log/embedded/group_commit.h"

namespace paytick::log {
namespace {

constexpr std::uint64_t kReserveShare = 20;  // the last 1/20 of bytes_max is for steps
constexpr std::chrono::milliseconds kMeasureEvery{20};
constexpr std::chrono::milliseconds kResumeEvery{50};

}  // namespace

std::uint64_t folder_bytes(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder, error), none; !error && file != none;
       file.increment(error)) {
    std::error_code gone;  // RocksDB deletes files while we look
    const auto size = file->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

std::uint64_t GroupCommit::measure_used() const {
  if (options_.bytes_max == 0) return 0;
  std::uint64_t buffers = 0;  // will be written once more when they are flushed
  for (rocksdb::ColumnFamilyHandle* family : {store_.plain.get(), store_.compacted.get()}) {
    std::uint64_t bytes = 0;
    if (store_.db->GetIntProperty(family, rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes))
      buffers += bytes;
  }
  return folder_bytes(options_.folder) + buffers;
}

Result<void> GroupCommit::check_room(const WriteRequest& request, std::size_t staged_bytes) {
  if (options_.bytes_max == 0) return {};
  const std::uint64_t reserve =
      request.kind == WriteRequest::Kind::commit ? 0 : options_.bytes_max / kReserveShare;
  const std::uint64_t wanted = reserve + 2 * (staged_bytes + request.bytes);
  if (used_bytes_ + wanted <= options_.bytes_max) return {};
  const auto now = Clock::now();
  if (now - measured_at_ >= kMeasureEvery) {
    measured_at_ = now;
    used_bytes_ = measure_used();
    if (used_bytes_ + wanted <= options_.bytes_max) {
      full_ = false;
      return {};
    }
  }
  full_ = true;
  want_reclaim(true);
  return log_full();
}

bool GroupCommit::try_resume() {
  const auto now = Clock::now();
  if (now - resumed_at_ < kResumeEvery) return false;
  resumed_at_ = now;
  // Flushes what is in memory and starts a new WAL: a write that failed is gone for good after this.
  if (!store_.db->Resume().ok()) return false;
  no_space_ = false;
  return true;
}

void GroupCommit::want_reclaim(bool now) {
  {
    const std::lock_guard lock(maintenance_mutex_);
    reclaim_now_ |= now;
  }
  if (now) maintenance_wanted_.notify_one();
}

void GroupCommit::maintain() {
  const std::chrono::milliseconds every{options_.reclaim_every_ms};
  std::unique_lock lock(maintenance_mutex_);
  while (!stopping_) {
    maintenance_wanted_.wait_for(lock, every, [&] { return stopping_ || reclaim_now_; });
    if (stopping_) return;
    const bool now = std::exchange(reclaim_now_, false);
    const auto trimmed = std::exchange(trimmed_, {});
    lock.unlock();
    reclaim(trimmed, now);
    lock.lock();
    // One round a kMeasureEvery is enough: nobody looks more often.
    maintenance_wanted_.wait_for(lock, kMeasureEvery, [&] { return stopping_; });
  }
}

void GroupCommit::reclaim(const std::map<TopicPartition, Offset>& trimmed, bool flush) {
  // A flushed buffer frees its WAL.
  if (flush) (void)store_.db->Flush({}, {store_.plain.get(), store_.compacted.get()});
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  for (const auto& [tp, before] : trimmed) {
    // Drops the keys below `before`; a blob file goes when its last key has gone.
    const std::string from = format::record_key(tp, Offset{});
    const std::string to = format::record_key(tp, before);
    const rocksdb::Slice begin(from);
    const rocksdb::Slice end(to);
    if (!store_.db->CompactRange(options, store_.plain.get(), &begin, &end).ok()) {
      const std::lock_guard lock(maintenance_mutex_);
      trimmed_.try_emplace(tp, before);  // again with the next round
    }
  }
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(maintenance_mutex_);
    stopping_ = true;
  }
  maintenance_wanted_.notify_one();
  if (maintenance_.joinable()) maintenance_.join();
}

}  // namespace paytick::log
