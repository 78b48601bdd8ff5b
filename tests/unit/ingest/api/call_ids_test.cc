// Ids of calls: whose a call is, and that nobody can make one up.

#include "ingest/api/call_ids.h"

#include <gtest/gtest.h>

#include "ingest/api/token_money.h"

namespace paytick::ingest {
namespace {

CallRef call() {
  CallRef call;
  call.session.bytes.fill(1);
  call.viewer.bytes.fill(2);
  call.creator.bytes.fill(3);
  return call;
}

TEST(CallIds, GiveBackWhatTheyWereMadeOf) {
  const CallIds ids(ResumeTokens::Key{7});
  const std::string id = ids.issue(call());
  EXPECT_EQ(id.size(), 123U);
  EXPECT_TRUE(CallIds::looks_like_one(id));
  EXPECT_EQ(ids.parse(id), call());
}

TEST(CallIds, CannotBeMadeUp) {
  const CallIds ids(ResumeTokens::Key{7});
  const std::string id = ids.issue(call());
  for (std::size_t i = 0; i < id.size(); ++i) {
    std::string other = id;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ids.parse(other)) << i;
  }
  EXPECT_FALSE(ids.parse(""));
  EXPECT_FALSE(ids.parse("call_"));
  EXPECT_FALSE(ids.parse(id + "A"));
  EXPECT_FALSE(ids.parse(id.substr(1)));
  EXPECT_FALSE(CallIds(ResumeTokens::Key{8}).parse(id)) << "of another installation";
}

TEST(CallSessions, AreTheSameForARepeatedRequest) {
  const CallRef a = call();
  const Plan plan = *call_plan(100, {});
  const Plan dearer = *call_plan(102, {});
  const SessionId session = call_session(a.viewer, "http:1", a.creator, plan);
  EXPECT_EQ(call_session(a.viewer, "http:1", a.creator, plan), session);
  EXPECT_NE(call_session(a.viewer, "http:2", a.creator, plan), session);
  EXPECT_NE(call_session(a.creator, "http:1", a.creator, plan), session);
  // The same key for another call: another session, but an attachment that the fold has taken already.
  const SessionId other = call_session(a.viewer, "http:1", a.viewer, plan);
  EXPECT_NE(other, session);
  EXPECT_EQ(call_attachment(other), call_attachment(session));
  EXPECT_EQ(call_attachment(call_session(a.viewer, "http:1", a.creator, dearer)), call_attachment(session));
  EXPECT_NE(call_attachment(call_session(a.viewer, "http:2", a.creator, plan)), call_attachment(session));
}

}  // namespace
}  // namespace paytick::ingest
