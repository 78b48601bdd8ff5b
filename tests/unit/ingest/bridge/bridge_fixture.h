#pragma once
// A bridge over the memory log, with a catalogue, meters, and producers of heartbeats-in.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ingest/batch_desk.h"
#include "ingest/bridge/bridge_worker.h"
#include "log/memory/memory_log.h"
#include "model/codec.h"
#include "model/hash.h"

namespace paytick::ingest {

template <typename Id>
Id named(std::string_view name) {
  Id id;
  blake2b(name, id.bytes);
  return id;
}

class ManualClock : public WallClock {
 public:
  TimeMs now() override { return time; }
  TimeMs time{1'790'000'000'000};
};

// What everybody knows: one content, and for each viewer "v…" the meter "m…".
struct World {
  World() {
    content.id = named<ContentId>("film");
    content.title = "film";
    content.creator_wallet = named<CreatorId>("creator");
    content.plan.tick_ms = 1'000;
    content.plan.heartbeat_ms = 10'000;
    content.plan.price_per_tick = Amount(10'000);
    content.plan.id = derive_plan_id(content.plan);
    catalog.apply(content);
    for (const char* name : {"1", "2", "3", "4", "5", "6"}) meters.put(meter(name), viewer(name));
    platform.id = named<PlatformId>("platform");
  }
  static ViewerId viewer(std::string_view name) { return named<ViewerId>("v" + std::string(name)); }
  static MeterId meter(std::string_view name) { return named<MeterId>("m" + std::string(name)); }

  std::string open(std::string_view session, std::string_view attachment, std::string_view who, TimeMs at,
                   const std::string& more = {}) const {
    return R"({"type":"open","session":")" + std::string(session) + R"(","attachment":")" +
           std::string(attachment) + R"(","viewer":")" + to_text(viewer(who)) + R"(","meter":")" +
           to_text(meter(who)) + R"(","content":")" + to_text(content.id) + R"(","at":)" +
           std::to_string(at.ms) + more + "}";
  }
  static std::string say(std::string_view type, std::string_view session, std::string_view attachment,
                         TimeMs at, const std::string& more = {}) {
    return R"({"type":")" + std::string(type) + R"(","session":")" + std::string(session) +
           R"(","attachment":")" + std::string(attachment) + R"(","at":)" + std::to_string(at.ms) + more +
           "}";
  }
  static std::string ping(std::string_view session, std::string_view attachment, TimeMs at) {
    return say("heartbeat", session, attachment, at);
  }
  static std::string stop(std::string_view session, std::string_view attachment, TimeMs at) {
    return say("stop", session, attachment, at);
  }

  Content content;
  Catalog catalog;
  MeterDirectory meters;
  Platform platform;
};

// Lines of a topic, all partitions one after another.
inline std::vector<std::string> lines_of(log::EventLog& log, log::Topic topic) {
  std::vector<std::string> lines;
  for (std::uint32_t p = 0; p < log.partitions(); ++p) {
    const log::TopicPartition tp{topic, PartitionId{p}};
    Offset next = log.range(tp)->begin;
    for (;;) {
      auto records = log.read(tp, next, 1 << 20);
      if (!records || records->empty()) break;
      for (log::Record& record : *records) {
        next = Offset{static_cast<std::int64_t>(record.offset) + 1};
        codec::for_each_line(record.value,
                             [&](codec::MutableLine line) { lines.emplace_back(line.data, line.size); });
      }
    }
  }
  return lines;
}

template <typename T>
std::vector<T> inputs_of(log::EventLog& log) {
  std::vector<T> found;
  for (std::string& line : lines_of(log, log::Topic::heartbeats)) {
    const auto input = codec::parse_input({line.data(), line.size()});
    EXPECT_TRUE(input);
    if (input && std::holds_alternative<T>(*input)) found.push_back(std::get<T>(*input));
  }
  return found;
}

inline std::vector<Refusal> refusals_of(log::EventLog& log) {
  std::vector<Refusal> found;
  for (std::string& line : lines_of(log, log::Topic::refusals)) {
    const auto refusal = codec::parse_refusal({line.data(), line.size()});
    EXPECT_TRUE(refusal) << line;
    if (refusal) found.push_back(*refusal);
  }
  return found;
}

class BridgeTest : public ::testing::Test {
 protected:
  explicit BridgeTest(std::uint32_t partitions = 3)
      : options_{.partitions = partitions, .wait_blocks = false, .markers = true} {
    config_.platform = world_.platform.id;
    config_.late_ms = kLateMsDefault;
    log_ = std::make_unique<log::MemoryLog>(options_);
    restart();
  }
  void restart() {
    worker_ = std::make_unique<BridgeWorker>(config_, *log_, clock_, world_.catalog, world_.meters);
  }

  // As a producer writes: a record of these lines.
  Offset produce(std::uint32_t partition, const std::string& lines) {
    return produce_at(partition, lines, clock_.time);
  }
  Offset produce_at(std::uint32_t partition, const std::string& lines, TimeMs at) {
    const std::vector<log::NewRecord> records{
        {{log::Topic::heartbeats_in, PartitionId{partition}}, at, {}, lines}};
    const auto offsets = log_->append(records);
    EXPECT_TRUE(offsets) << offsets.error().message;
    return offsets ? offsets->front() : Offset{};
  }
  // Steps until there is nothing to do.
  void settle() {
    for (int i = 0; i < 1'000; ++i) {
      const auto more = worker_->step();
      ASSERT_TRUE(more) << more.error().code << ": " << more.error().message;
      if (!*more) return;
    }
    FAIL() << "the bridge does not come to rest";
  }
  // Time goes by, with the bridge at work.
  void pass(std::int64_t ms) {
    const TimeMs to = clock_.time + ms;
    while (clock_.time < to) {
      clock_.time = std::min(to, clock_.time + 50);
      settle();
    }
  }
  // Empty: nothing was refused.
  std::string first_refusal() {
    const auto refusals = refusals_of(*log_);
    return refusals.empty() ? "" : refusals[0].code + ": " + refusals[0].text;
  }
  std::vector<std::string> codes() {
    std::vector<std::string> out;
    for (const Refusal& refusal : refusals_of(*log_)) out.push_back(refusal.code);
    return out;
  }
  std::size_t pings() { return inputs_of<Heartbeat>(*log_).size(); }
  std::size_t opens() { return inputs_of<Open>(*log_).size(); }
  std::size_t stops() { return inputs_of<Stop>(*log_).size(); }

  World world_;
  ManualClock clock_;
  BridgeConfig config_;
  log::MemoryOptions options_;
  std::unique_ptr<log::MemoryLog> log_;
  std::unique_ptr<BridgeWorker> worker_;
};

}  // namespace paytick::ingest
