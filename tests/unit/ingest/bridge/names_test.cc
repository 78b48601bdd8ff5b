// Names, what waits, what is put on record, and their images.

#include <gtest/gtest.h>

#include "ingest/bridge/bridge_snapshot.h"
#include "ingest/bridge/refusals.h"
#include "ingest/bridge/waiting_room.h"
#include "ingest/session_directory.h"
#include "model/json.h"
#include "unit/ingest/bridge/bridge_fixture.h"

namespace paytick::ingest {
namespace {

constexpr TimeMs kNow{1'790'000'000'000};

Open open_of(const NameBook& book, const World& world, std::string_view session, std::string_view attachment,
             std::string_view who) {
  const auto opening = book.opening(session, attachment, World::viewer(who));
  EXPECT_TRUE(opening);
  Open open;
  open.session = opening->entry.session;
  open.attachment = opening->entry.attachment;
  open.viewer = World::viewer(who);
  open.resume = opening->resume;
  open.platform = world.platform.id;
  return open;
}

TEST(NameBook, KnowsTheSameFromTheLogAsFromItsOwnWork) {
  const World world;
  NameBook book(world.platform.id, 4), follower(world.platform.id, 4);
  for (const char* attachment : {"a", "b", "a", "c"}) {
    const Open open = open_of(book, world, "room", attachment, "1");
    book.apply(open, kNow);
    follower.apply(open, kNow);
    follower.apply(open, kNow);
  }
  for (const char* attachment : {"a", "b", "c"}) {
    const auto mine = book.find("room", attachment), theirs = follower.find("room", attachment);
    ASSERT_TRUE(mine && theirs);
    EXPECT_EQ(mine->session, theirs->session);
    EXPECT_EQ(mine->attachment, theirs->attachment);
    EXPECT_EQ(mine->partition, theirs->partition);
  }
  EXPECT_EQ(book.size(), 3U);
  EXPECT_FALSE(book.find("room", "d"));
  EXPECT_FALSE(book.find("rooms", "a"));
}

TEST(NameBook, AnotherPlatformsLinesArePassedOver) {
  const World world;
  NameBook book(world.platform.id, 4);
  Open open = open_of(book, world, "room", "a", "1");
  open.platform = named<PlatformId>("other");
  book.apply(open, kNow);
  EXPECT_EQ(book.size(), 0U);
}

TEST(NameBook, ForgetsWhatIsSilentOrClosed) {
  const World world;
  NameBook book(world.platform.id, 4);
  const Open silent = open_of(book, world, "room", "a", "1");
  book.apply(silent, kNow);
  const Open closed = open_of(book, world, "hall", "b", "2");
  book.apply(closed, kNow);
  book.apply(Stop{closed.session, closed.attachment, kNow}, kNow);
  book.sweep(kNow + kClosedKeptMs - 1);
  EXPECT_EQ(book.size(), 2U);
  book.sweep(kNow + kClosedKeptMs);
  EXPECT_EQ(book.size(), 1U);
  // The name still belongs to its viewer.
  EXPECT_FALSE(book.opening("hall", "c", World::viewer("1")));
  book.touch(silent.attachment, kNow + kSilentKeptMs / 2);
  book.sweep(kNow + kSilentKeptMs);
  EXPECT_TRUE(book.find("room", "a"));
  book.sweep(kNow + 2 * kSilentKeptMs);
  EXPECT_EQ(book.size(), 0U);
  EXPECT_TRUE(book.opening("room", "a", World::viewer("2")));
}

TEST(BridgeSnapshot, ComesBackWhole) {
  const World world;
  NameBook book(world.platform.id, 2);
  for (int i = 0; i < 5'000; ++i)
    book.apply(open_of(book, world, "room" + std::to_string(i), "a" + std::to_string(i), "1"), kNow);
  book.apply(Stop{{}, open_of(book, world, "room7", "a7", "1").attachment, kNow}, kNow);
  auto chunks = to_chunks(world.platform.id, {Offset{7}, Offset{8}}, book);
  EXPECT_GT(chunks.size(), 1U);
  auto state = bridge_state(world.platform.id, 2, chunks);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->positions, (std::vector{Offset{7}, Offset{8}}));
  EXPECT_EQ(state->names.size(), book.size());
  EXPECT_TRUE(state->names.find("room7", "a7")->closed);
  EXPECT_FALSE(state->names.find("room8", "a8")->closed);
  EXPECT_FALSE(bridge_state(world.platform.id, 3, chunks));
  EXPECT_FALSE(bridge_state(named<PlatformId>("other"), 2, chunks));
  chunks.back()[1] = static_cast<char>(chunks.back()[1] ^ 1);
  EXPECT_FALSE(bridge_state(world.platform.id, 2, chunks));
  chunks.pop_back();
  EXPECT_FALSE(bridge_state(world.platform.id, 2, chunks));
  EXPECT_FALSE(bridge_state(world.platform.id, 2, {}));
}

TEST(WaitingRoom, IsBounded) {
  WaitingRoom room;
  for (std::size_t i = 0; i < 2 * kWaitingLinesMax; ++i) {
    const auto out = room.make_room(100);
    EXPECT_EQ(out.has_value(), i >= kWaitingLinesMax);
    if (out) {
      EXPECT_EQ(out->line, i - kWaitingLinesMax);
    }
    room.put({Offset{1}, static_cast<std::uint32_t>(i), i % 2 == 0, {}, kNow, kNow, std::string(100, 'x')});
  }
  EXPECT_EQ(room.size(), kWaitingLinesMax);
  // Few large ones push out many small ones.
  std::size_t out = 0;
  for (int i = 0; i < 90; ++i) {
    while (room.make_room(kBatchLineBytesMax)) ++out;
    room.put({Offset{2}, 1, false, {}, kNow, kNow, std::string(kBatchLineBytesMax, 'x')});
  }
  EXPECT_GT(out, 1'000U);
  EXPECT_LT(room.image().size(), codec::kRecordBytesMax);
}

TEST(WaitingRoom, ComesBackAsItWas) {
  WaitingRoom room, again;
  room.put({Offset{5}, 2, true, {}, kNow - 3, kNow, "one"});
  room.put({Offset{6}, 1, false, {}, kNow, kNow + 1, std::string("t\0o", 3)});
  const std::string image = room.image();
  ASSERT_TRUE(again.restore(image));
  EXPECT_EQ(again.image(), image);
  EXPECT_TRUE(again.has_stops());
  EXPECT_EQ(again.oldest(), kNow);
  EXPECT_EQ(again.take().back().text, std::string("t\0o", 3));
  EXPECT_TRUE(again.empty());
  EXPECT_FALSE(again.has_stops());
  EXPECT_FALSE(again.restore(image.substr(0, image.size() - 1)));
  EXPECT_FALSE(again.restore(""));
}

TEST(Refusals, ShowAnythingAsText) {
  EXPECT_EQ(shown("a\xff\xc3\xa9", 100), "a\xEF\xBF\xBD\xc3\xa9");
  EXPECT_EQ(shown(std::string("a\0b", 3), 100),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(shown("ab\xe2\x82\xac", 4), "ab");
  EXPECT_EQ(shown("\xe2\x82", 100), "\xEF\xBF\xBD\xEF\xBF\xBD");
  for (int seed = 0; seed < 2'000; ++seed) {
    std::string bytes(static_cast<std::size_t>(seed % 40), '\0');
    std::uint32_t x = static_cast<std::uint32_t>(seed) * 2'654'435'761U + 1;
    for (char& c : bytes) {
      x = x * 1'664'525U + 1'013'904'223U;
      c = static_cast<char>(x >> 24);
    }
    const std::string text = shown(bytes, 30);
    EXPECT_LE(text.size(), 30U);
    EXPECT_TRUE(json::is_utf8(text));
    EXPECT_EQ(text.find('\0'), text.npos);
  }
  const Refusal refusal =
      make_refusal(PartitionId{1}, Offset{2}, 3, {"code", std::string(999, 'm')}, std::string(9'999, 't'));
  EXPECT_EQ(refusal.bytes, 9'999U);
  EXPECT_EQ(refusal.text.size(), kRefusedTextBytesMax);
  std::string line;
  codec::write(refusal, line);
  line.pop_back();
  EXPECT_EQ(*codec::parse_refusal({line.data(), line.size()}), refusal);
}

}  // namespace
}  // namespace paytick::ingest
