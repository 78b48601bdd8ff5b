#include "ingest/commands/guard_desk.h"

#include "../core_fixture.h"

namespace paytick::ingest {
namespace {

constexpr TimeMs kNow{1'800'000'000'000};

template <typename Id>
Id id_of(std::uint8_t n) {
  Id id;
  id.bytes.fill(n);
  return id;
}

TEST(GuardDesk, MoreScreensThanAreSoldAreAReason) {
  GuardDesk guard({.screens_max = 2});
  const auto viewer = id_of<ViewerId>(1);
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(1), 10'000, kNow));
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(2), 10'000, kNow));
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(2), 10'000, kNow)) << "the same again";
  EXPECT_FALSE(guard.opened(id_of<ViewerId>(2), id_of<AttachmentId>(9), 10'000, kNow)) << "somebody else";
  const auto reason = guard.opened(viewer, id_of<AttachmentId>(3), 10'000, kNow);
  ASSERT_TRUE(reason);
  EXPECT_EQ(*reason, "rule screens: 3 screens at once, 2 are allowed");
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(4), 10'000, kNow)) << "the evidence is new";
}

TEST(GuardDesk, WhoLeavesOrIsSilentIsNoScreen) {
  GuardDesk guard({.screens_max = 1});
  const auto viewer = id_of<ViewerId>(1);
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(1), 10'000, kNow));
  guard.left(id_of<AttachmentId>(1));
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(2), 10'000, kNow));
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(3), 10'000, kNow + 13'000)) << "the second is silent";
  EXPECT_FALSE(guard.beat(id_of<AttachmentId>(3), kNow + 20'000));
  EXPECT_TRUE(guard.beat(id_of<AttachmentId>(2), kNow + 21'000)) << "it was not gone";
}

TEST(GuardDesk, OthersScreensCountButAreNotJudgedHere) {
  GuardDesk guard({.screens_max = 2});
  const auto viewer = id_of<ViewerId>(1);
  for (std::uint8_t n = 1; n < 4; ++n) guard.read_open(viewer, id_of<AttachmentId>(n), 10'000, kNow);
  EXPECT_TRUE(guard.opened(viewer, id_of<AttachmentId>(9), 10'000, kNow));
}

TEST(GuardDesk, OthersScreensCountAsLongAsTheyWatch) {
  GuardDesk guard({.screens_max = 2});
  const auto viewer = id_of<ViewerId>(1);
  for (std::uint8_t n = 1; n < 3; ++n) guard.read_open(viewer, id_of<AttachmentId>(n), 10'000, kNow);
  for (int s = 10; s <= 60; s += 10)
    for (std::uint8_t n = 1; n < 3; ++n) guard.read_beat(id_of<AttachmentId>(n), kNow + s * 1'000);
  EXPECT_TRUE(guard.opened(viewer, id_of<AttachmentId>(9), 10'000, kNow + 61'000));
}

TEST(GuardDesk, WhatOthersStoppedWatchingDoesNotCount) {
  GuardDesk guard({.screens_max = 2});
  const auto viewer = id_of<ViewerId>(1);
  for (std::uint8_t n = 1; n < 3; ++n) guard.read_open(viewer, id_of<AttachmentId>(n), 10'000, kNow);
  guard.read_beat(id_of<AttachmentId>(1), kNow + 10'000);
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(9), 10'000, kNow + 13'000)) << "the second is silent";
}

TEST(GuardDesk, AScreenWhoseBeatsMoveToAnotherGatewayStillCounts) {
  GuardDesk guard({.screens_max = 1});
  const auto viewer = id_of<ViewerId>(1);
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(1), 10'000, kNow));
  guard.read_beat(id_of<AttachmentId>(1), kNow + 20'000);
  EXPECT_TRUE(guard.opened(viewer, id_of<AttachmentId>(2), 10'000, kNow + 30'000));
}

TEST(GuardDesk, WhoHasLeftDoesNotComeBackWithTheLog) {
  GuardDesk guard({.screens_max = 1});
  const auto viewer = id_of<ViewerId>(1);
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(1), 10'000, kNow));
  guard.left(id_of<AttachmentId>(1));
  guard.read_open(viewer, id_of<AttachmentId>(1), 10'000, kNow);
  guard.read_beat(id_of<AttachmentId>(1), kNow + 1'000);
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(2), 10'000, kNow + 2'000));
}

TEST(GuardDesk, ABackfillIsJudgedByItsOwnTime) {
  GuardDesk guard({.screens_max = 1});
  const auto viewer = id_of<ViewerId>(1);
  guard.read_open(viewer, id_of<AttachmentId>(1), 10'000, kNow);
  const TimeMs yesterday = kNow + -86'400'000;
  EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(2), 10'000, yesterday));
  EXPECT_FALSE(guard.beat(id_of<AttachmentId>(2), yesterday + 10'000));
  EXPECT_TRUE(guard.opened(viewer, id_of<AttachmentId>(3), 10'000, yesterday + 10'000));
}

TEST(GuardDesk, OnlyAnImpossibleRateIsAReason) {
  GuardDesk guard({.heartbeats_per_second_max = 2});
  const auto key = GuardDesk::key_of(id_of<ViewerId>(1));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(guard.heartbeat(key, kNow));
  const auto reason = guard.heartbeat(key, kNow);
  ASSERT_TRUE(reason);
  EXPECT_EQ(*reason, "rule heartbeats: 21 heartbeats within 10 seconds, 2 a second are allowed");
  EXPECT_FALSE(guard.heartbeat(key, kNow)) << "the evidence is new";
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_FALSE(guard.heartbeat(key, kNow + i * 1'000)) << "a backfill tells of a long time";
  }
}

TEST(GuardDesk, NetworksAreCountedByTheHour) {
  GuardDesk guard({.addresses_per_hour_max = 2});
  const auto viewer = id_of<ViewerId>(1);
  EXPECT_FALSE(guard.seen_at(viewer, "192.0.2.1", kNow));
  EXPECT_FALSE(guard.seen_at(viewer, "192.0.2.77", kNow)) << "the same network";
  EXPECT_FALSE(guard.seen_at(viewer, "2001:db8:1:2:3:4:5:6", kNow));
  EXPECT_FALSE(guard.seen_at(viewer, "2001:db8:1:2:ffff:4:5:6", kNow)) << "the same network";
  EXPECT_FALSE(guard.seen_at(viewer, "", kNow));
  EXPECT_EQ(guard.seen_at(viewer, "198.51.100.9", kNow + 1),
            "rule addresses: 3 networks within an hour, 2 are allowed");
  EXPECT_FALSE(guard.seen_at(viewer, "203.0.113.9", kNow + kAddressWindowMs + 2)) << "another hour";
}

TEST(GuardDesk, ARuleThatIsOffSaysNothing) {
  GuardDesk guard({.screens_max = 0, .heartbeats_per_second_max = 0, .addresses_per_hour_max = 0});
  const auto viewer = id_of<ViewerId>(1);
  for (std::uint8_t n = 1; n < 200; ++n) {
    EXPECT_FALSE(guard.opened(viewer, id_of<AttachmentId>(n), 10'000, kNow));
    EXPECT_FALSE(guard.heartbeat(GuardDesk::key_of(viewer), kNow));
    EXPECT_FALSE(guard.seen_at(viewer, "10.0." + std::to_string(n) + ".1", kNow));
  }
}

// The core with the guard: a freeze gets onto the log, with its reason, in the viewer's partition.
class GuardedCoreTest : public CoreTest {
 protected:
  GuardDesk guard_{{.screens_max = 1, .heartbeats_per_second_max = 3}};
  GatewayCore guarded_{CoreConfig{.development = true, .lane = 6},
                       Shared{catalog_, meters_, sessions_, tokens_, random_, nullptr, nullptr, &guard_}, 4,
                       *this};
  std::vector<Freeze> freezes() {
    std::vector<Freeze> found;
    while (auto batch = guarded_.take_batch(now_)) {
      for (auto& record : batch->records) {
        codec::for_each_line(record.value, [&](codec::MutableLine line) {
          const auto input = *codec::parse_input(line);
          if (const auto* freeze = std::get_if<Freeze>(&input)) found.push_back(*freeze);
        });
      }
      guarded_.on_appended(batch->id, {});
    }
    return found;
  }
  void ping_at(ConnId conn) {
    std::string text = R"({"type":"ping","videoId":")" + to_text(content_.id) + R"(","contractId":")" +
                       to_text(meter_) + "\"} ";
    guarded_.on_message(conn, {text.data(), text.size() - 1}, now_);
  }
};

TEST_F(GuardedCoreTest, ASecondScreenFreezesWhereOneIsSold) {
  guarded_.on_open(ConnId{1}, now_);
  guarded_.on_open(ConnId{2}, now_);
  ping_at(ConnId{1});
  EXPECT_TRUE(freezes().empty());
  ping_at(ConnId{2});
  const auto found = freezes();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].viewer, viewer_);
  EXPECT_EQ(found[0].reason, "rule screens: 2 screens at once, 1 are allowed");
}

TEST_F(GuardedCoreTest, ScreensOneAfterTheOtherAreFine) {
  for (std::uint64_t n = 1; n < 10; ++n) {
    guarded_.on_open(ConnId{n}, now_);
    ping_at(ConnId{n});
    guarded_.on_close(ConnId{n}, now_);
  }
  EXPECT_TRUE(freezes().empty());
}

TEST_F(GuardedCoreTest, AFloodOfPingsFreezes) {
  guarded_.on_open(ConnId{1}, now_);
  for (int i = 0; i < 40; ++i) ping_at(ConnId{1});
  const auto found = freezes();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].reason, "rule heartbeats: 31 heartbeats within 10 seconds, 3 a second are allowed");
}

TEST_F(GuardedCoreTest, AFloodOfAPlatformsLinesFreezesTheirViewer) {
  std::string body = R"({"type":"open","session":"s","attachment":"a","viewer":")" + to_text(viewer_) +
                     R"(","meter":")" + to_text(meter_) + R"(","content":")" + to_text(content_.id) +
                     R"(","at":)" + std::to_string(now_.ms) + "}\n";
  for (int i = 0; i < 40; ++i) {
    body += R"({"type":"heartbeat","session":"s","attachment":"a","seq":)" + std::to_string(i) + R"(,"at":)" +
            std::to_string(now_.ms) + "}\n";
  }
  guarded_.step_batch(guarded_.begin_batch(platform_, body), 1'000, now_);
  const auto found = freezes();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].viewer, viewer_);
}

}  // namespace
}  // namespace paytick::ingest
