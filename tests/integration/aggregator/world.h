#pragma once
// A partition, on the memory engine unless another is given, with workers that may die, and the truth to hold
// its `ticks` against: a fold over the same inputs that nothing ever happened to.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aggregator/fold.h"
#include "aggregator/partition_worker.h"
#include "log/memory/memory_log.h"
#include "model/codec.h"
#include "model/frame.h"
#include "model/hash.h"

namespace paytick::aggregator {

inline constexpr PartitionId kPartition{0};
inline constexpr log::TopicPartition kInputs{log::Topic::heartbeats, kPartition};
inline constexpr log::TopicPartition kTicks{log::Topic::ticks, kPartition};
inline constexpr log::TopicPartition kSnapshots{log::Topic::snapshots, kPartition};

template <typename Id>
Id named(std::string_view name) {
  Id id;
  blake2b(name, id.bytes);
  return id;
}

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override { blake2b(std::to_string(++n_), out); }

 private:
  int n_ = 0;
};

class KeepingSink final : public ReplySink {
 public:
  void deliver(PartitionId, std::span<const Reply> replies) override {
    all.insert(all.end(), replies.begin(), replies.end());
  }
  std::vector<Reply> all;
};

class World {
 public:
  World() : log_(std::make_unique<log::MemoryLog>(options())) {}
  explicit World(log::EventLog& other) : other_(&other) {}

  log::MemoryLog& log() { return *log_; }
  log::EventLog& any_log() { return other_ != nullptr ? *other_ : *log_; }
  KeepingSink& replies() { return replies_; }

  // One record of these inputs, `ms` after the beginning.
  void append(std::int64_t ms, const std::vector<Input>& inputs) {
    log::NewRecord record{kInputs, TimeMs{kBegin + ms}, {}, {}};
    for (const Input& input : inputs) codec::write(input, record.value);
    ASSERT_TRUE(any_log().append(std::span(&record, 1)));
  }

  // What two viewers do in `seconds`: pings each second, a clock line each second, one stop half-way.
  void append_story(int seconds, int from = 0) {
    if (from == 0) {
      append(0, {report("v"), report("w"), open("v", 0), open("w", 0)});
    }
    for (int s = from; s < from + seconds; ++s) {
      const std::int64_t ms = s * 1'000;
      append(ms, {ping("v", ms), ping("w", ms)});
      append(ms + 500, {Clock{}});
      if (s == from + seconds / 2)
        append(ms + 700, {Stop{{}, named<AttachmentId>("w"), {kBegin + ms + 700}}});
    }
  }

  // A day later, when nobody remembers the first: the session's id again, by another attachment.
  void append_namesake() {
    constexpr std::int64_t kDay = 86'400'000;
    append(kDay, {Clock{}});
    append(kDay + 1'000, {Clock{}});
    Open again = open("w", kDay + 1'000);
    again.attachment = named<AttachmentId>("w again");
    append(kDay + 1'000, {again, Heartbeat{again.session, again.attachment, 1, again.at}});
  }

  // So many viewers of one content, which closes: with one input, more lines than a record of `ticks` holds.
  void append_crowd(int viewers) {
    std::vector<Input> opens;
    for (int i = 0; i < viewers; ++i) {
      opens.emplace_back(open("viewer " + std::to_string(i), 0));
      if (opens.size() == 400) append(0, std::exchange(opens, {}));
    }
    append(0, opens);
    append(1'000, {ContentClosed{named<ContentId>("content")}});
    append(2'000, {Clock{}});
  }

  std::unique_ptr<PartitionWorker> worker(WorkerConfig config = {}) {
    return worker_through(any_log(), std::move(config));
  }
  std::unique_ptr<PartitionWorker> worker_through(log::EventLog& log, WorkerConfig config = {}) {
    config.partition = kPartition;
    config.step_bytes_max = 600;  // a few records a step
    return std::make_unique<PartitionWorker>(std::move(config), log, random_, replies_);
  }

  // The process has died: what was durable is opened again.
  void restart() {
    log_->crash();
    auto fresh = std::make_unique<log::MemoryLog>(options(), log_->image());
    graveyard_.push_back(std::move(log_));
    log_ = std::move(fresh);
  }

  // Steps until there is nothing to read. Errors that ask for it are answered by going on.
  void run_to_end(PartitionWorker& worker) {
    for (int i = 0; i < 10'000; ++i) {
      const auto result = worker.step();
      if (!result) {
        ASSERT_NE(result.error().next, Next::fatal) << result.error().code << ": " << result.error().message;
        continue;
      }
      if (*result == StepResult::idle) return;
    }
    FAIL() << "the worker does not come to an end";
  }

  // All lines that count on `ticks`, read as any reader would.
  std::string ticks_lines() {
    FrameReader reader;
    std::string lines;
    std::string held;
    Offset next{};
    for (;;) {
      const auto records = any_log().read(kTicks, next, 1 << 20);
      if (!records || records->empty()) break;
      for (const log::Record& record : *records) {
        next = Offset{static_cast<std::int64_t>(record.offset) + 1};
        const auto verdict = reader.read(record.value);
        if (!verdict) {
          ADD_FAILURE() << verdict.error().code << ": " << verdict.error().message;
          return lines;
        }
        const std::string body = record.value.substr(record.value.find('\n') + 1);
        if (*verdict == FrameVerdict::fence) held.clear();
        if (*verdict == FrameVerdict::hold) held += body;
        if (*verdict == FrameVerdict::accept) lines += std::exchange(held, "") + body;
      }
    }
    position_ = reader.position();
    return lines;
  }

  // The same inputs through a fold that nothing happened to.
  std::string true_lines() {
    Fold fold(FoldConfig{kPartition, 1});
    FoldOutput out;
    for (Offset next{};;) {
      auto records = any_log().read(kInputs, next, 1 << 24);
      if (!records || records->empty()) return out.lines;
      for (log::Record& record : *records) {
        next = Offset{static_cast<std::int64_t>(record.offset) + 1};
        fold.apply(record.offset, record.append_time, record.value, out);
      }
    }
  }

  void expect_truth() {
    const std::string lines = ticks_lines(), truth = true_lines();
    const auto differ = std::mismatch(lines.begin(), lines.end(), truth.begin(), truth.end());
    EXPECT_TRUE(lines == truth) << lines.size() << " bytes of ticks, " << truth.size()
                                << " of the truth; they differ from byte " << differ.first - lines.begin();
    EXPECT_EQ(position_.to, any_log().range(kInputs)->end);
    EXPECT_EQ(*any_log().position(log::Role::aggregator, kPartition), position_.to);
  }

  Open open(const std::string& name, std::int64_t ms) {
    Open e;
    e.session = named<SessionId>(name);
    e.attachment = named<AttachmentId>(name);
    e.viewer = named<ViewerId>(name);
    e.meter = named<MeterId>(name);
    e.content = named<ContentId>("content");
    e.creator = named<CreatorId>("creator");
    e.at = {kBegin + ms};
    e.plan.tick_ms = 1'000;
    e.plan.heartbeat_ms = 10'000;
    e.plan.price_per_tick = Amount(10'000);
    e.plan.id = derive_plan_id(e.plan);
    return e;
  }

 private:
  static constexpr std::int64_t kBegin = 1'790'000'000'000;
  static log::MemoryOptions options() {
    return {.partitions = 1, .bytes_max = 0, .wait_blocks = false, .markers = true};
  }
  static MeterReport report(const std::string& name) {
    MeterReport e;
    e.viewer = named<ViewerId>(name);
    e.meter = named<MeterId>(name);
    e.deposited = e.allowance = Amount(50'000'000);
    e.version = 1;
    return e;
  }
  static Heartbeat ping(const std::string& name, std::int64_t ms) {
    return {named<SessionId>(name), named<AttachmentId>(name), static_cast<std::uint64_t>(ms), {kBegin + ms}};
  }

  log::EventLog* other_ = nullptr;
  std::unique_ptr<log::MemoryLog> log_;
  std::vector<std::unique_ptr<log::MemoryLog>> graveyard_;  // dead workers still point to them
  CountingRandom random_;
  KeepingSink replies_;
  FramePosition position_;
};

}  // namespace paytick::aggregator
