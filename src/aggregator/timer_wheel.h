#pragma once
// Private to the fold: who is to be looked at when. A bucket a second, 4,096 of them; what lies further ahead
// is looked at on the way and armed again. An entry says only "look at this now": what was armed earlier in
// between leaves its old entry behind, which is recognised by its bucket and dropped.
//
// Entries come out in the order they went in, and a snapshot keeps that order.

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "aggregator/slab.h"

namespace paytick::aggregator {

class TimerWheel {
 public:
  static constexpr std::uint32_t kBuckets = 4096;

  TimerWheel() { heads_.fill(kNone), tails_.fill(kNone); }

  // The bucket in which a wake at `ms` belongs: never before the cursor, at most a turn ahead.
  std::int64_t second_for(std::int64_t ms) const {
    const std::int64_t second = ms / 1000;
    if (second < cursor_) return cursor_;
    return second < cursor_ + kBuckets - 1 ? second : cursor_ + kBuckets - 1;
  }
  static std::uint32_t bucket_of(std::int64_t second) {
    return static_cast<std::uint32_t>(second) & (kBuckets - 1);
  }
  // The second at which a bucket will next be reached.
  std::int64_t second_of(std::uint32_t bucket) const {
    return cursor_ + ((bucket - bucket_of(cursor_)) & (kBuckets - 1));
  }

  void push(std::uint32_t bucket, std::uint32_t entry) {
    std::uint32_t tail = tails_[bucket];
    if (tail == kNone || chunks_[tail].n == kEntries) {
      const std::uint32_t fresh = chunks_.add();
      (tail == kNone ? heads_[bucket] : chunks_[tail].next) = fresh;
      tails_[bucket] = tail = fresh;
    }
    Chunk& chunk = chunks_[tail];
    chunk.entries[chunk.n++] = entry;
  }

  // Moves the cursor to `ms` and hands out what lies up to its second, in order, as (entry, bucket). Pushing
  // does not add to it. Valid until the next call.
  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& advance(std::int64_t ms) {
    due_.clear();
    const std::int64_t to = ms / 1000;
    if (to < cursor_) return due_;
    const std::int64_t turn = cursor_ + kBuckets - 1;  // nothing lies beyond
    const std::int64_t last = to < turn ? to : turn;
    for (std::int64_t second = cursor_; second <= last; ++second) collect(bucket_of(second));
    cursor_ = to;
    return due_;
  }

  // Every entry, bucket by bucket from the cursor, for a snapshot.
  template <typename F>
  void each(F&& f) const {
    for (std::uint32_t i = 0; i < kBuckets; ++i) {
      const std::uint32_t bucket = (bucket_of(cursor_) + i) & (kBuckets - 1);
      for (std::uint32_t at = heads_[bucket]; at != kNone; at = chunks_[at].next) {
        for (std::uint32_t e = 0; e < chunks_[at].n; ++e) f(bucket, chunks_[at].entries[e]);
      }
    }
  }
  std::int64_t cursor() const { return cursor_; }
  void set_cursor(std::int64_t second) { cursor_ = second; }
  std::size_t bytes() const { return chunks_.bytes() + due_.capacity() * sizeof due_[0] + sizeof *this; }

 private:
  static constexpr std::uint32_t kEntries = 14;
  struct Chunk {  // one cache line
    std::uint32_t next = kNone;
    std::uint32_t n = 0;
    std::array<std::uint32_t, kEntries> entries{};
  };

  void collect(std::uint32_t bucket) {
    for (std::uint32_t at = heads_[bucket]; at != kNone;) {
      const Chunk& chunk = chunks_[at];
      for (std::uint32_t e = 0; e < chunk.n; ++e) due_.emplace_back(chunk.entries[e], bucket);
      const std::uint32_t next = chunk.next;
      chunks_.release(at);
      at = next;
    }
    heads_[bucket] = tails_[bucket] = kNone;
  }

  std::array<std::uint32_t, kBuckets> heads_;
  std::array<std::uint32_t, kBuckets> tails_;
  Slab<Chunk> chunks_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> due_;
  std::int64_t cursor_ = 0;
};

}  // namespace paytick::aggregator
