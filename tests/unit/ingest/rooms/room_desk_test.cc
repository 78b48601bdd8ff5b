// Who is in which room.

#include "ingest/rooms/room_desk.h"

#include <gtest/gtest.h>

namespace paytick::ingest {
namespace {

SocketRef socket(std::uint64_t conn, std::uint8_t lane = 0) { return {lane, ConnId{conn}}; }

TEST(RoomDesk, KeepsRoomsApart) {
  RoomDesk desk;
  ASSERT_TRUE(desk.join(socket(1), "a"));
  ASSERT_TRUE(desk.join(socket(1, 3), "a"));
  ASSERT_TRUE(desk.join(socket(2), "b"));
  EXPECT_EQ(desk.members("a"), (std::vector{socket(1), socket(1, 3)}));
  EXPECT_EQ(desk.members("b"), (std::vector{socket(2)}));
  EXPECT_TRUE(desk.members("c").empty());
  EXPECT_TRUE(desk.is_in(socket(1), "a"));
  EXPECT_FALSE(desk.is_in(socket(1), "b"));
}

TEST(RoomDesk, JoiningAgainChangesNothing) {
  RoomDesk desk;
  ASSERT_TRUE(desk.join(socket(1), "a"));
  ASSERT_TRUE(desk.join(socket(1), "a"));
  EXPECT_EQ(desk.places(), 1U);
  EXPECT_TRUE(desk.leave(socket(1), "a"));
  EXPECT_FALSE(desk.leave(socket(1), "a"));
  EXPECT_EQ(desk.places(), 0U);
  EXPECT_EQ(desk.rooms(), 0U);
}

TEST(RoomDesk, WhoHasGoneIsInNoRoom) {
  RoomDesk desk;
  for (const std::string room : {"a", "b", "c"}) ASSERT_TRUE(desk.join(socket(1), room));
  ASSERT_TRUE(desk.join(socket(2), "b"));
  desk.leave_all(socket(1));
  desk.leave_all(socket(3));
  EXPECT_EQ(desk.rooms(), 1U);
  EXPECT_EQ(desk.places(), 1U);
  EXPECT_EQ(desk.members("b"), (std::vector{socket(2)}));
}

TEST(RoomDesk, OneSocketIsNotEverywhere) {
  RoomDesk desk;
  for (std::size_t i = 0; i < kRoomsPerSocketMax; ++i) ASSERT_TRUE(desk.join(socket(1), std::to_string(i)));
  EXPECT_EQ(desk.join(socket(1), "more").error().code, "too_many_rooms");
  EXPECT_TRUE(desk.join(socket(1), "0")) << "it is in there";
  EXPECT_TRUE(desk.leave(socket(1), "0"));
  EXPECT_TRUE(desk.join(socket(1), "more"));
}

}  // namespace
}  // namespace paytick::ingest
