// What the gateway's pure part costs: HTTP batches from body to records and answers, and pings from message
// to line to answer. One thread, no sockets, no log.
//
//   build/release/ingest_bench --benchmark_min_time=2

#include <benchmark/benchmark.h>
#include <sodium.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "ingest/gateway_core.h"

namespace paytick::ingest {
namespace {

class SodiumRandom : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override { randombytes_buf(out.data(), out.size()); }
};

class CountingOutbox : public Outbox {
 public:
  void send(ConnId, std::string_view text) override { bytes += text.size(); }
  void answer(RunId, std::string lines, std::uint32_t accepted, std::uint32_t) override {
    bytes += lines.size();
    lines_accepted += accepted;
  }
  std::size_t bytes = 0, lines_accepted = 0;
};

constexpr TimeMs kNow{1'800'000'000'000};
constexpr std::uint32_t kPartitions = 4;

struct World {
  World() {
    if (sodium_init() < 0) std::abort();
    content.title = "A film";
    content.id = random.id<ContentId>();
    content.plan.price_per_tick = Amount(10'000);
    content.plan.id = derive_plan_id(content.plan);
    catalog.apply(content);
    platform.id = random.id<PlatformId>();
  }
  MeterId viewer(std::uint32_t n, ViewerId& id) {
    for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
    MeterId meter;
    meter.bytes = id.bytes;
    meters.put(meter, id);
    return meter;
  }
  void flush() {
    while (auto batch = core.take_batch(kNow)) {
      for (const auto& record : batch->records) log_bytes += record.value.size();
      core.on_appended(batch->id, {});
    }
  }

  SodiumRandom random;
  Content content;
  Catalog catalog;
  MeterDirectory meters;
  SessionDirectory sessions{kPartitions, random};
  ResumeTokens tokens{ResumeTokens::Key{}};
  CountingOutbox out;
  Platform platform;
  GatewayCore core{CoreConfig{.development = true, .pings_per_second = 1'000'000, .pings_burst = 1'000'000},
                   Shared{catalog, meters, sessions, tokens, random}, kPartitions, out};
  std::size_t log_bytes = 0;
};

// Heartbeats of `range(0)` sessions in random order, 1,000 lines a request.
void BM_HttpHeartbeats(benchmark::State& state) {
  World world;
  const auto sessions = static_cast<std::uint32_t>(state.range(0));
  const auto run = [&](std::string body) {
    const RunId id = world.core.begin_batch(world.platform, std::move(body));
    while (world.core.step_batch(id, 1'000, kNow) != BatchDesk::Progress::parsed) world.flush();
    world.flush();
  };
  for (std::uint32_t i = 0; i < sessions; ++i) {
    ViewerId viewer;
    const MeterId meter = world.viewer(i, viewer);
    run(R"({"type":"open","session":"session-)" + std::to_string(i) + R"(","attachment":"a-1","viewer":")" +
        to_text(viewer) + R"(","meter":")" + to_text(meter) + R"(","content":")" + to_text(world.content.id) +
        R"(","at":1800000000000})");
  }
  std::mt19937 random(1);
  std::vector<std::string> bodies(64);
  for (std::string& body : bodies) {
    for (int i = 0; i < 1'000; ++i) {
      body += R"({"type":"heartbeat","session":"session-)" + std::to_string(random() % sessions) +
              R"(","attachment":"a-1","seq":12,"at":1800000000123})" + "\n";
    }
  }
  world.out.lines_accepted = 0;
  std::size_t next = 0;
  for (auto _ : state) run(bodies[next++ % bodies.size()]);
  state.SetItemsProcessed(static_cast<std::int64_t>(world.out.lines_accepted));
}
BENCHMARK(BM_HttpHeartbeats)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

// A ping on an open attachment, and the fold's reply to it.
void BM_PingAndAnswer(benchmark::State& state) {
  World world;
  const auto connections = static_cast<std::uint32_t>(state.range(0));
  std::vector<std::string> pings;
  std::vector<Reply> replies;
  for (std::uint32_t i = 0; i < connections; ++i) {
    ViewerId viewer;
    const MeterId meter = world.viewer(i, viewer);
    pings.push_back(R"({"type":"ping","videoId":")" + to_text(world.content.id) + R"(","contractId":")" +
                    to_text(meter) + R"("})");
    world.core.on_open(ConnId{i + 1}, kNow);
  }
  std::uint64_t n = 0;
  const auto ping = [&](std::uint32_t i) {
    std::string text = pings[i];
    world.core.on_message(ConnId{i + 1}, {text.data(), text.size()}, kNow);
  };
  for (std::uint32_t i = 0; i < connections; ++i) {
    ping(i);
    auto batch = world.core.take_batch(kNow);
    for (auto& record : batch->records) {
      codec::for_each_line(record.value, [&](codec::MutableLine line) {
        const auto input = codec::parse_input(line);
        if (const auto* heartbeat = std::get_if<Heartbeat>(&*input)) {
          Reply reply;
          reply.attachment = heartbeat->attachment;
          reply.session = heartbeat->session;
          reply.spendable = Amount(49'000'000);
          reply.paid_until = kNow + 10'000;
          reply.seq = 1;
          replies.push_back(reply);
        }
      });
    }
    world.core.on_appended(batch->id, {});
  }
  for (auto _ : state) {
    const auto i = static_cast<std::uint32_t>(n++ % connections);
    ping(i);
    replies[i].seq = n / connections + 1;
    world.core.on_reply(replies[i], kNow);
    if (n % 64 == 0) world.flush();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(n));
}
BENCHMARK(BM_PingAndAnswer)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace paytick::ingest

BENCHMARK_MAIN();
