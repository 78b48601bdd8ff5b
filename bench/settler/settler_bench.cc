// How long a settler takes to start again: 100,000 sums with a session open each, 1,000,000 lines of ticks,
// one partition, one thread, a log in memory.
//
//   build/release/settler_bench

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "log/memory/memory_log.h"
#include "model/codec.h"
#include "model/frame.h"
#include "settler/settler_worker.h"

namespace paytick::settler {
namespace {

constexpr PartitionId kPartition{0};
constexpr log::TopicPartition kTicks{log::Topic::ticks, kPartition};
constexpr std::uint32_t kSums = 100'000;
constexpr std::uint32_t kLines = 1'000'000;
constexpr std::uint32_t kLinesPerFrame = 500;
constexpr TimeMs kNow{1'800'000'000'000};

template <typename Id>
Id id_of(std::uint32_t n) {
  Id id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

class StoppedClock : public WallClock {
 public:
  TimeMs now() override { return kNow; }
};

class CountingRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), ++count_); }

 private:
  std::uint8_t count_ = 0;
};

// Nothing is worth a settlement here: whoever asks the chain is wrong.
class NoChain : public ChainPort {
 public:
  AccountId source() const override { return {}; }
  Result<LedgerInfo> latest_ledger() override { return none(); }
  Result<std::int64_t> next_sequence() override { return none(); }
  Result<Preparation> prepare(std::span<const SettlementItem>, std::int64_t, TimeMs, TimeMs) override {
    return none();
  }
  Result<Preparation> prepare_refund(const RefundItem&, std::int64_t, TimeMs, TimeMs) override {
    return none();
  }
  Result<SendAnswer> send(std::string_view) override { return none(); }
  Result<TransactionAnswer> transaction(const Prepared&) override { return none(); }
  Result<std::vector<Amount>> paid(std::span<const SettlementItem>) override { return none(); }
  Result<EventPage> events(std::string_view, std::uint32_t) override { return none(); }
  Result<LedgerInfo> oldest_ledger() override { return none(); }
  Result<MeterReport> totals(const MeterId&) override { return none(); }
  Result<void> register_creators(std::span<const CreatorId>) override { return none(); }

 private:
  static tl::unexpected<Error> none() { std::abort(); }
};

struct World {
  World() {
    write(log, build_fence({kPartition, Epoch{1}, id_of<OwnerId>(1)}));
    std::string lines;
    for (std::uint32_t i = 0; i < kSums; ++i) {
      codec::write(
          Output{SumLine{SumId{i}, id_of<ViewerId>(i), id_of<MeterId>(i), id_of<CreatorId>(i % 100), 1'000}},
          lines);
      OpenedLine opened;
      opened.session = id_of<SessionId>(i);
      opened.sum = SumId{i};
      codec::write(Output{opened}, lines);
      if (i % kLinesPerFrame == kLinesPerFrame - 1) frame(lines);
    }
    for (std::uint32_t i = 0; i < kLines; ++i) {
      const std::uint32_t n = 1 + i / kSums;
      TickLine tick;
      tick.session = id_of<SessionId>(i % kSums);
      tick.sum = SumId{i % kSums};
      tick.k = tick.ticks = n;
      tick.n = 1;
      tick.price = Amount(10'000);
      tick.start = tick.paid_until = kNow;
      tick.charged = tick.due = Amount(10'000 * std::int64_t{n});
      tick.spendable = Amount(50'000'000);
      codec::write(Output{tick}, lines);
      if (i % kLinesPerFrame == kLinesPerFrame - 1) frame(lines);
    }
    config.partitions = {kPartition};
    config.policy.threshold = kMaxAmount;
    config.policy.max_age_ms = kMaxAmount.units() / 2;
  }

  void frame(std::string& lines) {
    for (const std::string& record :
         build_frame({kPartition, Epoch{1}, Offset{to}, Offset{to + 1}, 1}, lines, prev)) {
      write(log, record);
      bytes += record.size();
    }
    ++to;
    lines.clear();
  }
  static void write(log::MemoryLog& into, const std::string& value) {
    if (!into.append(std::vector<log::NewRecord>{{kTicks, kNow, {}, value}})) std::abort();
  }

  // Starts a settler and lets it read all there is; tells whether it began with a snapshot.
  std::size_t start(log::MemoryLog& from) {
    SettlerWorker worker(config, from, chain, clock, random);
    if (!worker.start()) std::abort();
    for (bool more = true; more;) {
      const auto done = worker.step();
      if (!done) std::abort();
      more = *done;
    }
    if (worker.accrual(kPartition).due() != Amount(10'000 * std::int64_t{kLines})) std::abort();
    return worker.status().restored;
  }

  log::MemoryLog log{{.partitions = 1, .bytes_max = 0, .wait_blocks = false}};
  StoppedClock clock;
  CountingRandom random;
  NoChain chain;
  SettlerConfig config;
  FrameHash prev;
  std::int64_t to = 0;
  std::size_t bytes = 0;
};

World& world() {
  static World world;
  return world;
}

void restart(benchmark::State& state, bool from_snapshot) {
  World& w = world();
  w.config.snapshot_every_bytes = from_snapshot ? SettlerConfig().snapshot_every_bytes : 0;
  log::MemoryLog log({.partitions = 1, .bytes_max = 0, .wait_blocks = false}, w.log.image());
  if (from_snapshot) w.start(log);
  std::size_t restored = 0;
  for (auto _ : state) restored += w.start(log);
  if ((restored != 0) != from_snapshot) state.SkipWithError("it began in another way");
  state.counters["log_MB"] = static_cast<double>(w.bytes) / 1e6;
}

void from_the_beginning(benchmark::State& state) { restart(state, false); }
void from_a_snapshot(benchmark::State& state) { restart(state, true); }
BENCHMARK(from_the_beginning)->Unit(benchmark::kMillisecond);
BENCHMARK(from_a_snapshot)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace paytick::settler

BENCHMARK_MAIN();
