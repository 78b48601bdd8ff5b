#pragma once
// The cursors of a process: each reader of a partition finds the one that stands where it left off. A
// consumer can hold one cursor of a partition, so a second reader of the same partition has a consumer of its
// own. Thread-safe.

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "log/kafka/cursor.h"
#include "log/kafka/topic_handles.h"

namespace paytick::log::kafka {

class Readers {
 public:
  explicit Readers(const KafkaSettings& settings);
  ~Readers();

  // A cursor that stands at `from`, for the caller alone until it is given back. `check` is asked before one
  // has to seek: whether the offset is there. Errors: what `check` says, "bad_configuration".
  class Loan;
  Result<Loan> borrow(TopicPartition at, Offset from, const std::function<Result<void>()>& check);

  // Wakes every wait on a cursor that is on loan.
  void wake();
  std::uint64_t seeks() const;

 private:
  struct Consumer;
  struct Entry;
  Result<Entry*> add(TopicPartition at);
  void give_back(Entry& entry);
  void close_idle();

  const KafkaSettings& settings_;
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<Consumer>> consumers_;
  std::uint64_t seeks_ = 0;
};

class Readers::Loan {
 public:
  Loan(Readers& readers, Entry& entry) : readers_(&readers), entry_(&entry) {}
  Loan(Loan&& other) noexcept : readers_(std::exchange(other.readers_, nullptr)), entry_(other.entry_) {}
  Loan& operator=(Loan&&) = delete;
  ~Loan() {
    if (readers_ != nullptr) readers_->give_back(*entry_);
  }
  Cursor& operator*() const;
  Cursor* operator->() const { return &**this; }

 private:
  Readers* readers_;
  Entry* entry_;
};

}  // namespace paytick::log::kafka
