// Rooms with their doors: who may come in, and who is told.

#include "ingest/rooms/rooms.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

// Keeps what it was asked; answers when the test says so.
class FakeCommands final : public Commands {
 public:
  void submit(const ViewerId&, Input line, CommandDesk::Done done) override {
    lines.push_back(std::move(line));
    waiting.push_back(std::move(done));
  }
  void submit_after(const ViewerId& viewer, std::vector<Input> first, Input line,
                    CommandDesk::Done done) override {
    for (Input& one : first) lines.push_back(std::move(one));
    submit(viewer, std::move(line), std::move(done));
  }
  void broadcast(Input, Written written) override { written({}); }
  void answer(const Outcome& outcome) {
    auto done = std::move(waiting.front());
    waiting.pop_front();
    done(outcome);
  }
  std::vector<Input> lines;
  std::deque<CommandDesk::Done> waiting;
};

class RoomsTest : public ::testing::Test {
 protected:
  RoomsTest() {
    open_.id.bytes.fill(1);
    private_.id.bytes.fill(2);
    private_.ticket_price = Amount(500);
    joined_.id.bytes.fill(3);
    joined_.join_required = true;
    closed_.id.bytes.fill(4);
    closed_.closed = true;
    for (Content* content : {&open_, &private_, &joined_, &closed_}) {
      content->kind = ContentKind::stream;
      content->creator_wallet = account(9);
      catalog_.apply(*content);
    }
  }

  static AccountId account(std::uint8_t n) {
    AccountId id;
    id.bytes.fill(n);
    return id;
  }
  static Identity person(std::uint8_t n, Role role = Role::viewer) {
    Identity who;
    who.role = role;
    who.account = account(n);
    return who;
  }
  void say(MessageType type, std::uint64_t conn, const Identity& who, std::string_view channel,
           std::uint8_t lane = 0) {
    Message message;
    message.type = type;
    message.channel = channel;
    rooms_.of_lane(lane).on_room(ConnId{conn}, who, message, {});
  }
  void join(std::uint64_t conn, const Identity& who, std::string_view channel, std::uint8_t lane = 0) {
    say(MessageType::room_join, conn, who, channel, lane);
  }
  std::string last(std::uint64_t conn, std::uint8_t lane = 0) {
    auto& texts = told_[{lane, ConnId{conn}}];
    return texts.empty() ? "" : texts.back();
  }
  bool is_in(std::uint64_t conn) { return last(conn).find("room:joined") != std::string::npos; }
  std::string code(std::uint64_t conn) {
    const std::string text = last(conn);
    const auto at = text.find(R"("code":")");
    return at == text.npos ? "" : text.substr(at + 8, text.find('"', at + 8) - at - 8);
  }
  Tip tip(std::string channel, std::string key = "http:1") {
    Tip tip;
    tip.from = account(1);
    tip.to = account(9);
    tip.key = std::move(key);
    tip.tokens = 100;
    tip.channel = std::move(channel);
    return tip;
  }
  std::size_t tips(std::uint64_t conn, std::uint8_t lane = 0) {
    std::size_t n = 0;
    for (const std::string& text : told_[{lane, ConnId{conn}}])
      n += text.find("tip:new:") != text.npos ? 1 : 0;
    return n;
  }

  Content open_, private_, joined_, closed_;
  Catalog catalog_;
  CallIds calls_{ResumeTokens::Key{}};
  FakeCommands commands_;
  RoomAccess access_{catalog_, calls_, commands_};
  std::map<SocketRef, std::vector<std::string>> told_;
  std::vector<std::string> published_;
  Rooms rooms_{{access_,
                [this](std::uint8_t lane, const std::vector<ConnId>& to,
                       const std::shared_ptr<const std::string>& text) {
                  for (const ConnId conn : to) told_[{lane, conn}].push_back(*text);
                },
                [this](std::string record) { published_.push_back(std::move(record)); }}};
};

TEST_F(RoomsTest, AnOpenStreamIsOpenToAll) {
  join(1, {}, to_text(open_.id));
  EXPECT_TRUE(is_in(1)) << last(1);
  EXPECT_TRUE(commands_.lines.empty());
}

TEST_F(RoomsTest, APrivateOneWantsATicket) {
  join(1, {}, to_text(private_.id));
  EXPECT_EQ(code(1), "forbidden");
  join(2, person(2), to_text(private_.id));
  ASSERT_EQ(commands_.lines.size(), 1U);
  EXPECT_EQ(std::get<Ask>(commands_.lines[0]).key, ticket_key(private_.id));
  commands_.answer({});
  EXPECT_EQ(code(2), "forbidden");
  join(2, person(2), to_text(private_.id));
  Outcome held;
  held.has_key = true;
  commands_.answer(held);
  EXPECT_TRUE(is_in(2));
  join(3, person(9, Role::creator), to_text(private_.id));
  EXPECT_TRUE(is_in(3)) << "its own creator";
  join(4, person(8, Role::creator), to_text(private_.id));
  commands_.answer({});
  EXPECT_EQ(code(4), "forbidden") << "another creator is a viewer";
}

TEST_F(RoomsTest, AJoinedOneWantsAJoin) {
  join(1, person(1), to_text(joined_.id));
  commands_.answer({});
  EXPECT_EQ(code(1), "forbidden");
  join(1, person(1), to_text(joined_.id));
  Outcome joined;
  joined.joined = true;
  commands_.answer(joined);
  EXPECT_TRUE(is_in(1));
}

TEST_F(RoomsTest, ACallIsItsTwoParties) {
  const std::string call = calls_.issue({SessionId{}, account(1), account(9)});
  join(1, person(1), call);
  join(2, person(9, Role::creator), call);
  join(3, person(3), call);
  join(4, person(9, Role::viewer), call);
  EXPECT_TRUE(is_in(1));
  EXPECT_TRUE(is_in(2));
  EXPECT_EQ(code(3), "forbidden");
  EXPECT_EQ(code(4), "forbidden") << "a viewer's login is no creator's";
  std::string forged = call;
  forged.back() = forged.back() == 'A' ? 'E' : 'A';
  join(5, person(1), forged);
  EXPECT_EQ(code(5), "not_found");
}

TEST_F(RoomsTest, ThereAreNoOtherRooms) {
  for (const std::string& channel :
       {std::string("lobby"), std::string(), std::string(200, 'x'), std::string("AAAAAAAAAAAAAAAAAAAAAA")}) {
    join(1, person(1), channel);
    EXPECT_EQ(code(1), "not_found") << channel;
  }
  join(1, person(1), to_text(closed_.id));
  EXPECT_EQ(code(1), "content_closed");
  join(1, person(1), to_text(account(2)));
  EXPECT_EQ(code(1), "forbidden") << "another account's news";
}

TEST_F(RoomsTest, ATipIsToldInItsRoomOnly) {
  join(1, {}, to_text(open_.id));
  join(2, {}, to_text(open_.id), 5);
  join(3, person(9, Role::creator), to_text(account(9)));
  join(4, person(9, Role::creator), to_text(account(9)));
  join(4, person(9, Role::creator), to_text(open_.id));
  const std::string call = calls_.issue({SessionId{}, account(1), account(9)});
  join(5, person(1), call);
  rooms_.announce(tip(to_text(open_.id)));
  EXPECT_EQ(tips(1), 1U);
  EXPECT_EQ(tips(2, 5), 1U) << "another lane's socket";
  EXPECT_EQ(tips(3), 1U) << "the creator's own news";
  EXPECT_EQ(tips(4), 1U) << "once, though in both rooms";
  EXPECT_EQ(tips(5), 0U);
}

TEST_F(RoomsTest, ATipIsToldOnce) {
  join(1, {}, to_text(open_.id));
  rooms_.announce(tip(to_text(open_.id)));
  rooms_.announce(tip(to_text(open_.id)));
  ASSERT_EQ(published_.size(), 2U);
  EXPECT_TRUE(rooms_.heard(published_[0])) << "its own record comes back";
  EXPECT_EQ(tips(1), 1U);
  rooms_.announce(tip(to_text(open_.id), "http:2"));
  EXPECT_EQ(tips(1), 2U);
  EXPECT_FALSE(rooms_.heard("R, which is no news"));
}

TEST_F(RoomsTest, WhoLeavesHearsNothing) {
  join(1, {}, to_text(open_.id));
  join(2, {}, to_text(open_.id));
  say(MessageType::room_leave, 1, {}, to_text(open_.id));
  EXPECT_NE(last(1).find("room:left"), std::string::npos);
  rooms_.of_lane(0).on_gone(ConnId{2});
  rooms_.announce(tip(to_text(open_.id)));
  EXPECT_EQ(tips(1), 0U);
  EXPECT_EQ(tips(2), 0U);
  EXPECT_EQ(rooms_.places(), 0U);
}

TEST_F(RoomsTest, WhoGoesWhileTheDoorIsAskedIsNotIn) {
  join(1, person(1), to_text(private_.id));
  rooms_.of_lane(0).on_gone(ConnId{1});
  Outcome held;
  held.has_key = true;
  commands_.answer(held);
  EXPECT_EQ(rooms_.places(), 0U);
  EXPECT_EQ(last(1), "");
}

}  // namespace
}  // namespace paytick::ingest
