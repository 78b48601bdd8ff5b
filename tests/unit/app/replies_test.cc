// Replies from an aggregator's process to the gateway that holds the attachment.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "app/roles/reply_follower.h"
#include "app/roles/reply_publisher.h"
#include "log/memory/memory_log.h"
#include "model/hash.h"

namespace paytick::app {
namespace {

class SteadyWall final : public WallClock {
 public:
  TimeMs now() override { return {1'790'000'000'000}; }
};

template <typename Id>
Id named(std::string_view name) {
  Id id;
  blake2b(name, id.bytes);
  return id;
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

struct Gateway {
  Gateway(log::EventLog& log, std::string_view name)
      : id(named<GatewayId>(name)), follower(log, id, [this](const Hints& hints) {
          const std::lock_guard lock(mutex);
          for (const Reply& reply : hints.replies) seqs.push_back(reply.seq);
        }) {}
  std::vector<std::uint64_t> got() {
    const std::lock_guard lock(mutex);
    return seqs;
  }
  GatewayId id;
  std::mutex mutex;
  std::vector<std::uint64_t> seqs;
  ReplyFollower follower;
};

Reply reply(const GatewayId& gateway, std::uint64_t seq) {
  Reply r;
  r.gateway = gateway;
  r.attachment = named<AttachmentId>("a");
  r.seq = seq;
  return r;
}

TEST(Replies, ReachTheGatewayThatHoldsTheAttachmentAndNoOther) {
  log::MemoryLog log({.partitions = 2});
  SteadyWall clock;
  Gateway one(log, "one"), two(log, "two");
  ReplyPublisher publisher(log, clock);
  // The followers begin at the end, whenever that was: so ask until each has heard once.
  std::uint64_t seq = 0;
  for (Gateway* gateway : {&one, &two}) {
    EXPECT_TRUE(eventually([&] {
      publisher.deliver(PartitionId{0}, std::vector{reply(gateway->id, ++seq)});
      return !gateway->got().empty();
    }));
  }
  const std::uint64_t last = ++seq + 1;
  ++seq;
  std::vector<Reply> mixed;
  for (int i = 0; i < 5'000; ++i) {  // more than a record holds
    mixed.push_back(reply(one.id, ++seq));
    mixed.push_back(reply(two.id, ++seq));
  }
  publisher.deliver(PartitionId{1}, mixed);
  EXPECT_TRUE(eventually([&] { return one.got().back() == seq - 1 && two.got().back() == seq; }));
  const auto of_one = one.got();
  for (std::size_t i = 1; i < of_one.size(); ++i) EXPECT_LT(of_one[i - 1], of_one[i]);
  EXPECT_EQ(std::count_if(of_one.begin(), of_one.end(), [&](auto n) { return n > last; }), 5'000);
}

TEST(Replies, WithoutAGatewayOnlyTheEndOfAnAttachmentIsToldToAll) {
  log::MemoryLog log({.partitions = 2});
  SteadyWall clock;
  Gateway one(log, "one"), two(log, "two");
  ReplyPublisher publisher(log, clock);
  Reply refused = reply({}, 2);
  refused.refused = "unknown_attachment";
  EXPECT_TRUE(eventually([&] {
    publisher.deliver(PartitionId{0}, std::vector{reply({}, 1), refused});
    return !one.got().empty() && !two.got().empty();
  }));
  for (Gateway* gateway : {&one, &two})
    for (const auto seq : gateway->got()) EXPECT_EQ(seq, 2U);
}

TEST(Replies, OfPartitionsThatCommitCloselyShareAWrite) {
  log::MemoryLog log({.partitions = 1});
  SteadyWall clock;
  ReplyPublisher publisher(log, clock);
  const GatewayId id = named<GatewayId>("one");
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seq = 1; seq <= 1'000; ++seq) {
    publisher.deliver(PartitionId{0}, std::vector{reply(id, seq)});
    std::this_thread::yield();
  }
  EXPECT_TRUE(eventually([&] { return publisher.counters().published == 1'000; }));
  const auto took = std::chrono::steady_clock::now() - begin;
  const auto range = log.range({log::Topic::replies, PartitionId{0}});
  ASSERT_TRUE(range);
  const auto writes = static_cast<std::int64_t>(range->end) - static_cast<std::int64_t>(range->begin);
  EXPECT_LE(writes, took / kReplyInterval + 2);
}

TEST(Replies, WhatTheLogDoesNotTakeIsDroppedAndCounted) {
  log::MemoryLog log({.partitions = 1});
  SteadyWall clock;
  log.fail_next(log::Fault::busy, 1);
  ReplyPublisher publisher(log, clock);
  const GatewayId id = named<GatewayId>("one");
  publisher.deliver(PartitionId{0}, std::vector{reply(id, 1), reply(id, 2)});
  EXPECT_TRUE(eventually([&] { return publisher.counters().dropped == 2; }));
  publisher.deliver(PartitionId{0}, std::vector{reply(id, 3)});
  EXPECT_TRUE(eventually([&] { return publisher.counters().published == 1; }));
}

}  // namespace
}  // namespace paytick::app
