// What a heartbeat costs to read, and a tick to write and to prove. One thread; the lines differ, so that no
// branch predictor learns one by heart.
//   build/release/codec_bench --benchmark_min_time=1

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "model/codec.h"
#include "model/frame.h"
#include "model/proof.h"

namespace paytick {
namespace {

constexpr std::size_t kEvents = 4096;
constexpr std::size_t kBufferBytes = 262'144;
constexpr std::int64_t kNow = 1'790'000'000'000;

template <typename Id>
void fill(Id& id, std::mt19937_64& random) {
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
}

std::vector<std::string> heartbeat_lines() {
  std::mt19937_64 random(1);
  std::vector<std::string> lines(kEvents);
  for (std::string& line : lines) {
    Heartbeat heartbeat;
    fill(heartbeat.session, random);
    fill(heartbeat.attachment, random);
    heartbeat.seq = random() % 10'000;
    heartbeat.at = TimeMs{kNow + static_cast<std::int64_t>(random() % 1'000'000)};
    codec::write_line(heartbeat, line);
    line.pop_back();
  }
  return lines;
}

std::vector<TickLine> ticks() {
  std::mt19937_64 random(2);
  std::vector<TickLine> out(kEvents);
  for (TickLine& tick : out) {
    fill(tick.session, random);
    fill(tick.proof, random);
    tick.sum = SumId{static_cast<std::uint32_t>(random() % 1'000'000)};
    tick.k = static_cast<std::int64_t>(random() % 10'000);
    tick.n = 10;
    tick.price = Amount(10'000);
    tick.start = TimeMs{kNow + tick.k * 1'000};
    tick.ticks = tick.k + 10;
    tick.charged = Amount(tick.ticks * 10'000);
    tick.due = Amount(tick.k * 10'000);
    tick.paid_until = tick.start + 10'000;
    tick.spendable = Amount(static_cast<std::int64_t>(random() % 100'000'000));
  }
  return out;
}

void BM_ParseHeartbeat(benchmark::State& state) {
  auto lines = heartbeat_lines();
  std::size_t i = 0;
  for (auto _ : state) {
    std::string& line = lines[i++ % kEvents];
    auto input = codec::parse_input({line.data(), line.size()});
    benchmark::DoNotOptimize(input);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ParseHeartbeat);

// The same with its members in another order, which only the general reader takes; copying included, since it
// changes the line.
void BM_ParseHeartbeatOfAnotherWriter(benchmark::State& state) {
  auto lines = heartbeat_lines();
  for (std::string& line : lines) line = "{\"extra\":null," + line.substr(1);
  std::size_t i = 0;
  std::string copy;
  for (auto _ : state) {
    copy = lines[i++ % kEvents];
    auto input = codec::parse_input({copy.data(), copy.size()});
    benchmark::DoNotOptimize(input);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ParseHeartbeatOfAnotherWriter);

void BM_WriteTick(benchmark::State& state) {
  const auto lines = ticks();
  std::string out;
  std::size_t i = 0;
  for (auto _ : state) {
    if (out.size() > kBufferBytes) out.clear();
    codec::write_line(lines[i++ % kEvents], out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_WriteTick);

void BM_ProveAndWriteTick(benchmark::State& state) {
  auto lines = ticks();
  std::string out;
  std::size_t i = 0;
  for (auto _ : state) {
    if (out.size() > kBufferBytes) out.clear();
    TickLine& line = lines[i++ % kEvents];
    line.proof = link(line.proof, line);
    codec::write_line(line, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ProveAndWriteTick);

void BM_ParseTick(benchmark::State& state) {
  std::vector<std::string> lines;
  for (const TickLine& tick : ticks()) {
    codec::write_line(tick, lines.emplace_back());
    lines.back().pop_back();
  }
  std::size_t i = 0;
  for (auto _ : state) {
    std::string& line = lines[i++ % kEvents];
    auto output = codec::parse_output({line.data(), line.size()});
    benchmark::DoNotOptimize(output);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ParseTick);

void BM_HashRecord(benchmark::State& state) {
  const std::string record(codec::kRecordBytesMax, 'x');
  for (auto _ : state) {
    auto hash = hash_record(record);
    benchmark::DoNotOptimize(hash);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(record.size()));
}
BENCHMARK(BM_HashRecord);

}  // namespace
}  // namespace paytick

BENCHMARK_MAIN();
