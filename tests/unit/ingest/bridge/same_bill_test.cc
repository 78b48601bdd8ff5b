// Any partitioner, any order of what is written within a moment, and duplicates: the bill is that of the same
// lines sent to POST /v1/heartbeats in order.

#include <algorithm>
#include <random>

#include "ingest/gateway_core.h"
#include "unit/ingest/bridge/bill.h"
#include "unit/ingest/bridge/bridge_fixture.h"

namespace paytick::ingest {
namespace {

struct Sent {
  TimeMs at;  // when the platform says it
  std::string line;
};

// Sessions of viewers: opens, heartbeats with gaps and jitter, second screens, stops. Of what acts at its
// place in the log (an open, a stop, a silence noticed), no two of a session are within a moment.
std::vector<Sent> day_of(const World& world, std::mt19937& random, TimeMs start) {
  std::vector<Sent> sent;
  int name = 0;
  for (const char* who : {"1", "2", "3", "4", "5", "6"}) {
    for (int n = 0; n < 3; ++n) {
      const std::string session = std::string(who) + "/" + std::to_string(n);
      const int screens = random() % 3 == 0 ? 2 : 1;
      const TimeMs begin = start + static_cast<std::int64_t>(random() % 5'000);
      for (int screen = 0; screen < screens; ++screen) {
        const std::string attachment = "a" + std::to_string(name++);
        TimeMs at = begin + screen * 1'500;
        sent.push_back({at, world.open(session, attachment, who, at)});
        const int pings = static_cast<int>(random() % 8);
        for (int i = 0; i < pings; ++i) {
          sent.push_back({at, World::ping(session, attachment, at)});
          at = at + 3'000 + static_cast<std::int64_t>(random() % 9'000);
        }
        if (screen + 1 == screens && random() % 2 == 0)
          sent.push_back({at, World::stop(session, attachment, at)});
      }
    }
  }
  std::ranges::stable_sort(sent, {}, &Sent::at);
  return sent;
}

class Nobody : public Outbox {
  void send(ConnId, std::string_view) override {}
  void answer(RunId, std::string, std::uint32_t, std::uint32_t) override {}
};

class Zeros : public Random {
  void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{0}); }
};

std::map<std::string, std::int64_t> billed_over_http(const World& world, const std::vector<Sent>& sent,
                                                     std::uint32_t partitions, TimeMs start) {
  log::MemoryLog log({.partitions = partitions, .wait_blocks = false});
  fund(log, start);
  Zeros random;
  SessionDirectory sessions(partitions, random);
  const ResumeTokens tokens{ResumeTokens::Key{}};
  Nobody out;
  const Shared shared{world.catalog, world.meters, sessions, tokens, random};
  GatewayCore core({}, shared, partitions, out);
  for (const Sent& one : sent) {
    const RunId run = core.begin_batch(world.platform, one.line);
    core.step_batch(run, 10, one.at);
    while (auto batch = core.take_batch(one.at)) {
      EXPECT_TRUE(log.append(batch->records));
      core.on_appended(batch->id, {});
    }
  }
  return bill(log);
}

class SameBill : public BridgeTest, public ::testing::WithParamInterface<std::uint32_t> {};

TEST_P(SameBill, AsOverHttp) {
  std::mt19937 random(GetParam());
  const TimeMs start = clock_.time;
  const std::vector<Sent> sent = day_of(world_, random, start);

  // Producers are up to 200 ms apart, and send some lines again within seconds.
  struct Written {
    TimeMs at;
    std::uint32_t partition;
    std::string line;
  };
  std::vector<Written> written;
  const auto partition = [&] { return static_cast<std::uint32_t>(random() % options_.partitions); };
  for (const Sent& one : sent) {
    const TimeMs at = one.at + static_cast<std::int64_t>(random() % 200);
    written.push_back({at, partition(), one.line});
    while (random() % 3 == 0)
      written.push_back({at + static_cast<std::int64_t>(random() % 5'000), partition(), one.line});
  }
  std::ranges::sort(written, {}, &Written::at);

  fund(*log_, start);
  std::size_t restarts = 0;
  for (const Written& one : written) {
    if (clock_.time < one.at) clock_.time = one.at;
    produce(one.partition, one.line);
    if (random() % 2 == 0) settle();
    if (random() % 40 == 0) restart(), ++restarts;
    if (random() % 10 == 0) pass(static_cast<std::int64_t>(random() % 300));
  }
  pass(config_.unknown_ms + 1'000);

  EXPECT_EQ(bill(*log_), billed_over_http(world_, sent, options_.partitions, start));
  EXPECT_EQ(worker_->stats().waiting, 0U);
  // Only what was sent again after its stop was refused.
  for (const Refusal& refusal : refusals_of(*log_)) EXPECT_EQ(refusal.code, "session_closed") << refusal.text;
  // Of each attachment one stop at most, whatever was sent twice.
  std::map<AttachmentId, int> stops;
  for (const Stop& stop : inputs_of<Stop>(*log_)) EXPECT_EQ(++stops[stop.attachment], 1);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SameBill, ::testing::Range(1U, 61U));

}  // namespace
}  // namespace paytick::ingest
