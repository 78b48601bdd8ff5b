#include "ingest/auth/socket_credential.h"

#include <gtest/gtest.h>

namespace paytick::ingest {
namespace {

TEST(SocketCredential, ComesByTargetOrProtocol) {
  EXPECT_EQ(socket_credential("token=a%2Eb", ""), "a.b");
  EXPECT_EQ(socket_credential("x=1&token=t", "chat"), "t");
  EXPECT_EQ(socket_credential("token=t", "paytick, bearer.abc"), "abc");
  EXPECT_EQ(socket_credential("", "paytick,bearer.a.b.c"), "a.b.c");
  EXPECT_EQ(socket_credential("", "bearer.\t"), "");
  EXPECT_EQ(socket_credential("token=", ""), "") << "an empty one is one, and no good";
  EXPECT_EQ(socket_credential("token=%", ""), std::nullopt);
  EXPECT_EQ(socket_credential("", "paytick, , ,bearer"), std::nullopt);
  EXPECT_EQ(socket_credential("", ""), std::nullopt);
  EXPECT_TRUE(offers_protocol("chat , paytick"));
  EXPECT_FALSE(offers_protocol("paytick2"));
  EXPECT_FALSE(offers_protocol(""));
}

}  // namespace
}  // namespace paytick::ingest
