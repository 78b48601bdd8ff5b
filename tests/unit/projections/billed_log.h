#pragma once
// A log as the real fold writes it: two viewers who watch, stop and come back, and a settlement of what they
// owe.

#include "integration/aggregator/world.h"
#include "model/settlements.h"

namespace paytick::projections {

class BilledLog {
 public:
  BilledLog() {
    world.append_story(40);
    fold();
  }

  void fold() { world.run_to_end(*world.worker()); }
  log::MemoryLog& log() { return world.log(); }

  // One frame of settlement lines.
  void settle(const std::vector<Settlement>& lines) {
    const auto lease = world.log().acquire(log::Role::settler, aggregator::kPartition);
    ASSERT_TRUE(lease);
    log::Step step{*lease, {}, std::nullopt};
    const auto add = [&step](std::string value) {
      step.records.push_back({{log::Topic::settlements, aggregator::kPartition},
                              TimeMs{1'790'000'000'000},
                              {},
                              std::move(value)});
    };
    add(build_fence({aggregator::kPartition, lease->epoch, random_.id<OwnerId>()}));
    std::string text;
    for (const Settlement& line : lines) codec::write(line, text);
    const FrameSpan span{aggregator::kPartition, lease->epoch, Offset{to_}, Offset{to_ + 1}, 1};
    for (std::string& value : build_frame(span, text, prev_)) add(std::move(value));
    ++to_;
    ASSERT_TRUE(world.log().commit(step));
  }

  // A batch that pays `amount` of sum 0 and is confirmed.
  TxHash pay(std::int64_t amount) {
    const auto hash = aggregator::named<TxHash>("tx" + std::to_string(to_));
    Confirmed confirmed;
    confirmed.hash = hash;
    confirmed.ledger = 7;
    confirmed.items = {{SumId{0}, Amount(amount), Amount(amount), Amount(0), 0}};
    settle({confirmed});
    return hash;
  }

  // A batch whose only item the router skipped.
  void skip(std::int64_t asked) {
    Confirmed confirmed;
    confirmed.hash = aggregator::named<TxHash>("tx" + std::to_string(to_));
    confirmed.ledger = 7;
    confirmed.items = {{SumId{0}, Amount(asked), Amount(0), Amount(0), 14}};
    settle({confirmed});
  }

  aggregator::World world;

 private:
  aggregator::CountingRandom random_;
  FrameHash prev_;
  std::int64_t to_ = 0;
};

}  // namespace paytick::projections
