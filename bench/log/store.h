#pragma once
// What log_bench asks of a storage library: ordered records, durable when append returns, one sync for many.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace paytick::bench {

class Store {
 public:
  virtual ~Store() = default;
  virtual void append(std::uint32_t lane,
                      const std::string& value) = 0;  // from any thread; ends the program on errors
  virtual std::uint64_t commits() const = 0;          // groups that were synced
  // Reads a lane in order; gives the bytes of its values.
  virtual std::uint64_t read(std::uint32_t lane) = 0;
};

std::unique_ptr<Store> open_rocksdb(const std::filesystem::path& folder);
std::unique_ptr<Store> open_lmdb(const std::filesystem::path& folder);
std::unique_ptr<Store> open_sqlite(const std::filesystem::path& folder);

// Our engine merges writes itself; this does the same for the libraries it is compared with, so that each
// pays one commit for all who wait.
class Merged : public Store {
 public:
  void append(std::uint32_t lane, const std::string& value) final {
    Waiting me{lane, &value};
    std::unique_lock lock(mutex_);
    queue_.push_back(&me);
    me.turn.wait(lock, [&] { return me.done || queue_.front() == &me; });
    if (me.done) return;
    std::vector<Waiting*> group;
    std::size_t bytes = 0;
    for (Waiting* waiting : queue_) {
      bytes += waiting->value->size();
      if (!group.empty() && bytes > kGroupBytesMax) break;
      group.push_back(waiting);
    }
    lock.unlock();
    write(group);
    lock.lock();
    ++commits_;
    for (Waiting* waiting : group) {
      queue_.pop_front();
      waiting->done = true;
      if (waiting != &me) waiting->turn.notify_one();
    }
    if (!queue_.empty()) queue_.front()->turn.notify_one();
  }
  std::uint64_t commits() const final { return commits_; }

 protected:
  static constexpr std::size_t kGroupBytesMax = 8 << 20;  // as the engine's
  struct Waiting {
    std::uint32_t lane;
    const std::string* value;
    bool done = false;
    std::condition_variable turn{};
  };
  virtual void write(std::span<Waiting* const> group) = 0;

 private:
  std::mutex mutex_;
  std::deque<Waiting*> queue_;
  std::uint64_t commits_ = 0;
};

[[noreturn]] void give_up(std::string_view doing, std::string_view why);

}  // namespace paytick::bench
