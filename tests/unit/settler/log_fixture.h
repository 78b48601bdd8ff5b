#pragma once
// What the aggregator would write, and clocks that tests turn.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "log/memory/memory_log.h"
#include "model/codec.h"
#include "model/frame.h"
#include "model/ports.h"

namespace paytick::settler::testing {

class ManualClock : public WallClock {
 public:
  TimeMs now() override { return time; }
  TimeMs time{1'000'000};
};

class CountingRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    ++count_;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(count_ >> (8 * (i % 4)));
  }

 private:
  std::uint32_t count_ = 0;
};

template <typename Id>
Id id_of(std::uint8_t n) {
  Id id;
  id.bytes.fill(n);
  return id;
}

// Writes frames to one partition of `ticks`, as its owner.
class TicksWriter {
 public:
  explicit TicksWriter(log::EventLog& log, PartitionId partition = PartitionId{0})
      : log_(log), partition_(partition) {
    auto lease = log_.acquire(log::Role::aggregator, partition_);
    EXPECT_TRUE(lease);
    lease_ = *lease;
    commit({build_fence({partition_, Epoch{1}, id_of<OwnerId>(77)})});
  }

  void write(const std::vector<Output>& lines) {
    std::string text;
    for (const Output& line : lines) codec::write(line, text);
    commit(build_frame({partition_, Epoch{1}, Offset{to_}, Offset{to_ + 1}, 1}, text, prev_));
    ++to_;
  }

  // A sum, and later what is due of it.
  void introduce(std::uint32_t sum, std::uint8_t meter = 2, std::uint8_t creator = 3) {
    write({SumLine{SumId{sum}, id_of<ViewerId>(1), id_of<MeterId>(meter), id_of<CreatorId>(creator), 1'000}});
  }
  void due(std::uint32_t sum, std::int64_t amount) {
    write({DueLine{TimeMs{1}, {{SumId{sum}, Amount(amount)}}}});
  }

  // A tip of the sum: charged and due at once.
  void charge(std::uint32_t sum, std::int64_t charged) {
    ChargeLine line;
    line.sum = SumId{sum};
    line.key = "key";
    line.charged = line.due = Amount(charged);
    write({line});
  }
  // What the chain reports of the meter: a refund that was asked for then, or none (0).
  void refund(std::uint8_t meter, std::uint64_t version, std::int64_t asked_at) {
    MeterLine line;
    line.viewer = id_of<ViewerId>(1);
    line.meter = id_of<MeterId>(meter);
    line.version = version;
    line.refund_at = TimeMs{asked_at};
    write({line});
  }

  // An order of the treasury: what is credited to the meter in all.
  void credit(std::uint8_t meter, std::int64_t cumulative) {
    CreditLine line;
    line.viewer = id_of<ViewerId>(1);
    line.meter = id_of<MeterId>(meter);
    line.key = "key";
    line.reason = "purchase";
    line.credited = Amount(cumulative);
    write({line});
  }

 private:
  void commit(std::vector<std::string> values) {
    log::Step step{lease_, {}, std::nullopt};
    for (std::string& value : values)
      step.records.push_back({{log::Topic::ticks, partition_}, TimeMs{1'000'000}, {}, std::move(value)});
    const auto done = log_.commit(step);
    EXPECT_TRUE(done) << done.error().message;
  }

  log::EventLog& log_;
  PartitionId partition_;
  log::Lease lease_;
  FrameHash prev_;
  std::int64_t to_ = 0;
};

}  // namespace paytick::settler::testing
