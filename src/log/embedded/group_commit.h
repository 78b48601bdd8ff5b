#pragma once
// The one place that writes to the embedded log. Calls queue up; the first of the queue leads: it turns
// everything that waits into one batch, writes and syncs it, and answers all of it. Hence lease checks,
// offsets and writes happen in one order, and a reader or a restart never finds a later write without the
// earlier ones.
//
// Thread-safe. State that only the leader touches needs no lock: there is one leader at a time, and the
// queue's mutex orders one after the other.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "log/embedded/open_store.h"
#include "log/end_watch.h"

namespace paytick::log {

struct WriteRequest {
  enum class Kind : std::uint8_t { append, acquire, commit, trim };
  Kind kind{};
  std::span<const NewRecord> records;
  std::size_t bytes = 0;              // of the records
  Lease lease;                        // commit; acquire: the epoch is the least wanted, then the answer
  std::optional<Offset> consumed_to;  // commit
  TopicPartition lane;                // trim
  Offset before{};                    // trim

  // The answer.
  std::vector<Offset> offsets;
  Result<void> outcome;

  // The queue's own.
  bool done = false;
  std::condition_variable turn;
};

class GroupCommit {
 public:
  // Reads ends, begins, epochs and positions; `store` and `ends` must outlive this.
  static Result<std::unique_ptr<GroupCommit>> load(const EmbeddedOptions& options, Store& store,
                                                   EndWatch& ends);
  ~GroupCommit();

  // Blocks until the request is durable or refused; the answer is in it.
  void submit(WriteRequest& request);

  std::optional<Offset> position(Role role, PartitionId partition) const;
  Offset begin(std::size_t lane) const { return Offset{begins_[lane].load()}; }
  void add_metrics(EmbeddedLog::Metrics& metrics) const;

 private:
  using Clock = std::chrono::steady_clock;  // paces maintenance; decides nothing
  using Owner = std::pair<Role, PartitionId>;
  struct Group;

  GroupCommit(const EmbeddedOptions& options, Store& store, EndWatch& ends);
  Result<void> load_lane(TopicPartition tp);
  Result<void> load_owner(Role role, PartitionId partition);

  void write_group(std::span<WriteRequest* const> requests);
  Result<void> stage(WriteRequest& request, Group& group);
  Result<void> stage_commit(WriteRequest& request, Group& group);
  Result<void> stage_records(WriteRequest& request, Group& group);
  Result<void> supersede(const NewRecord& record, Offset offset, Group& group);
  void stage_acquire(WriteRequest& request, Group& group);
  void stage_trim(WriteRequest& request, Group& group);
  Result<void> write(Group& group);
  void publish(Group& group);

  Result<void> check_room(const WriteRequest& request, std::size_t staged_bytes);
  std::uint64_t measure_used() const;
  bool try_resume();
  void maintain();  // the thread
  void reclaim(const std::map<TopicPartition, Offset>& trimmed, bool flush);
  void want_reclaim(bool now);

  const EmbeddedOptions options_;
  Store& store_;
  EndWatch& ends_;

  mutable std::mutex queue_mutex_;
  std::deque<WriteRequest*> queue_;

  // The leader's alone.
  std::map<Owner, Epoch> epochs_;
  std::uint64_t used_bytes_ = 0;  // an upper bound, until measured again
  Clock::time_point measured_at_{};
  Clock::time_point resumed_at_{};

  std::unique_ptr<std::atomic<std::int64_t>[]> begins_;
  mutable std::mutex positions_mutex_;
  std::map<Owner, Offset> positions_;

  std::atomic<bool> full_ = false;
  std::atomic<bool> no_space_ = false;  // the disk itself: RocksDB must be resumed
  std::atomic<bool> broken_ = false;
  std::atomic<std::uint64_t> groups_ = 0, writes_ = 0, bytes_ = 0;

  std::mutex maintenance_mutex_;
  std::condition_variable maintenance_wanted_;
  std::map<TopicPartition, Offset> trimmed_;  // since the last reclaim
  bool reclaim_now_ = false;
  bool stopping_ = false;
  std::thread maintenance_;
};

// Bytes of all files in the folder.
std::uint64_t folder_bytes(const std::filesystem::path& folder);

}  // namespace paytick::log
