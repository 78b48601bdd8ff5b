// Parse + fold + encode with the hash chain on, one thread. Sessions in random order, each on a viewer and a
// meter of its own; records of 500 lines; every session pings once a round (ten seconds), ten clock lines a
// round.
//
//   bench_fold                        one million sessions
//   PAYTICK_BENCH_SESSIONS=100000 bench_fold
//
// `state_B` is the resident state of session, viewer, meter and sum together, tables included; `session_B`
// what a session alone takes (its record; the tables' slots that lead to it come on top).

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "aggregator/fold.h"
#include "aggregator/records.h"
#include "load_ids.h"
#include "model/codec.h"

namespace paytick::aggregator {
namespace {

constexpr std::int64_t kBegin = 1'790'000'000'000;
constexpr std::int64_t kRoundMs = 10'000;
constexpr std::size_t kLinesARecord = 500;
// The fold keeps 64 ticks in a session's record, what is older and has gaps beside it.
constexpr int kRoundsBeyondWindow = 10;

std::uint32_t sessions_wanted() {
  const char* given = std::getenv("PAYTICK_BENCH_SESSIONS");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr ? static_cast<std::uint32_t>(std::atoi(given)) : 1'000'000;
}

struct Plans {
  Plan ten_seconds, one_second;
  Plans() {
    ten_seconds.price_per_tick = one_second.price_per_tick = Amount(1);
    one_second.tick_ms = 1'000;
    ten_seconds.id = derive_plan_id(ten_seconds);
    one_second.id = derive_plan_id(one_second);
  }
};

class Load {
 public:
  // With a gap, no session pings in the ten seconds after its open, and the fold has to remember that.
  Load(const Plan& plan, bool gap) : n_(sessions_wanted()), order_(n_), attachments_(n_) {
    std::iota(order_.begin(), order_.end(), 0U);
    for (std::uint32_t i = 0; i < n_; ++i) attachments_[i] = id_of<AttachmentId>(i);
    std::string record;
    for (std::uint32_t i = 0; i < n_; ++i) {
      MeterReport report;
      report.viewer = id_of<ViewerId>(i);
      report.meter = id_of<MeterId>(i);
      report.deposited = report.allowance = Amount(1'000'000'000);
      report.version = 1;
      codec::write(Input(report), record);
      Open open;
      open.session = id_of<SessionId>(i);
      open.attachment = attachments_[i];
      open.viewer = report.viewer;
      open.meter = report.meter;
      open.content = id_of<ContentId>(1);
      open.creator = id_of<CreatorId>(7'000'000 + i % 1'000);
      open.at = {at_of(i)};
      open.plan = plan;
      codec::write(Input(open), record);
      if (!gap) codec::write_line(Heartbeat{open.session, open.attachment, 0, open.at}, record);
      if (i % kLinesARecord == kLinesARecord - 1 || i + 1 == n_) {
        out_.clear();
        fold_.apply(Offset{}, {kBegin + 9'000}, record, out_);
        record.clear();
      }
    }
  }

  std::uint32_t sessions() const { return n_; }
  const Fold& fold() const { return fold_; }

  // The records of one round: every session once, in an order of its own, a clock line each tenth.
  std::vector<std::pair<std::int64_t, std::string>> round(std::int64_t number) {
    std::shuffle(order_.begin(), order_.end(), random_);
    // A session's phase decides when in the round it pings; within a second the order is random.
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return a % 10 < b % 10; });
    std::vector<std::pair<std::int64_t, std::string>> records;
    std::size_t lines = 0;
    std::uint32_t phase = 0;
    const auto begin = kBegin + number * kRoundMs;
    const auto fresh = [&](std::int64_t t) {
      records.emplace_back(t, std::string());
      lines = 0;
    };
    fresh(begin);
    for (const std::uint32_t i : order_) {
      if (i % 10 != phase) {
        phase = i % 10;
        fresh(begin + phase * 1'000);
        codec::write(Input(Clock{}), records.back().second);
      }
      if (lines++ == kLinesARecord) fresh(records.back().first);
      const std::int64_t at = at_of(i) + number * kRoundMs;
      codec::write_line(
          Heartbeat{id_of_session(i), attachments_[i], static_cast<std::uint64_t>(number), {at}},
          records.back().second);
    }
    return records;
  }

  void fold_round(std::vector<std::pair<std::int64_t, std::string>>& records) {
    for (auto& [t, value] : records) {
      out_.clear();
      fold_.apply(Offset{}, {t}, value, out_);
      bytes_ += out_.lines.size();
      benchmark::DoNotOptimize(out_.lines.data());
    }
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::int64_t at_of(std::uint32_t i) const { return kBegin + (i % 10) * 1'000 - 300; }
  SessionId id_of_session(std::uint32_t i) {
    SessionId id;
    std::memcpy(id.bytes.data(), &i, sizeof i);  // the fold goes by the attachment
    return id;
  }

  std::uint32_t n_;
  std::vector<std::uint32_t> order_;
  std::vector<AttachmentId> attachments_;
  std::mt19937 random_{42};
  Fold fold_{FoldConfig{}};
  FoldOutput out_;
  std::uint64_t bytes_ = 0;
};

void heartbeats(benchmark::State& state, const Plan& plan, bool gap) {
  Load load(plan, gap);
  std::int64_t number = 1;
  auto warm = load.round(number++);
  load.fold_round(warm);
  for (auto _ : state) {
    state.PauseTiming();
    auto records = load.round(number++);
    state.ResumeTiming();
    load.fold_round(records);
  }
  const auto done = static_cast<std::int64_t>(state.iterations()) * load.sessions();
  state.SetItemsProcessed(done);
  const FoldCounters& c = load.fold().counters();
  if (c.rejected != 0 || c.late != 0 || c.duplicates != 0)
    state.SkipWithError("not every heartbeat was billed");
  state.counters["hb/s"] = benchmark::Counter(static_cast<double>(done), benchmark::Counter::kIsRate);
  state.counters["session_B"] = sizeof(Session);
  state.counters["state_B"] = static_cast<double>(load.fold().state_bytes()) / load.sessions();
  state.counters["out_B/hb"] =
      static_cast<double>(load.bytes()) / static_cast<double>(done + load.sessions());
}

const Plans kPlans;
BENCHMARK_CAPTURE(heartbeats, ticks_of_10_s, kPlans.ten_seconds, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(heartbeats, ticks_of_1_s, kPlans.one_second, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(heartbeats, ticks_of_1_s_a_gap_each, kPlans.one_second, true)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(kRoundsBeyondWindow);

}  // namespace
}  // namespace paytick::aggregator

BENCHMARK_MAIN();
