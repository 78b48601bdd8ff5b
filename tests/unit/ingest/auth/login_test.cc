// Logging in, staying logged in, and what a copied token leads to.

#include <gtest/gtest.h>

#include "auth_fixture.h"
#include "ingest/auth/login_desk.h"
#include "ingest/auth/memory_login_store.h"

namespace paytick::ingest::testing {
namespace {

class LoginTest : public ::testing::Test {
 protected:
  Result<LoginDesk::Tokens> log_in() {
    const std::string message = desk_.challenge(wallet_.account, kPage)->message;
    return desk_.login(wallet_.account, kPage, message, wallet_.sign(message));
  }

  static constexpr std::string_view kPage = "https://play.example";
  const Wallet wallet_{secret(1)};
  const WalletChallenges challenges_{secret(9)};
  const SessionTokens tokens_{secret(9)};
  EndedLogins ended_;
  MemoryLoginStore store_;
  HeldClock clock_;
  CountingRandom random_;
  const LoginDesk desk_{{challenges_, tokens_, ended_, store_, clock_, random_}};
};

TEST_F(LoginTest, GivesTokensOfTheAccount) {
  const auto tokens = log_in();
  ASSERT_TRUE(tokens);
  const auto session = tokens_.verify_session(tokens->session, clock_.time);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->account, wallet_.account);
  EXPECT_FALSE(tokens_.verify_refresh(tokens->session, clock_.time)) << "one is not the other";
  EXPECT_FALSE(tokens_.verify_session(tokens->refresh, clock_.time));
  EXPECT_FALSE(tokens_.verify_session(tokens->session, clock_.time + kSessionTokenMs));
}

TEST_F(LoginTest, AChallengeIsAnsweredOnce) {
  const std::string message = desk_.challenge(wallet_.account, kPage)->message;
  const std::string signature = wallet_.sign(message);
  EXPECT_TRUE(desk_.login(wallet_.account, kPage, message, signature));
  EXPECT_EQ(desk_.login(wallet_.account, kPage, message, signature).error().code, "unauthorized");
  // A wrong answer uses nothing up.
  const std::string second = desk_.challenge(wallet_.account, kPage)->message;
  EXPECT_FALSE(desk_.login(wallet_.account, kPage, second, wallet_.sign("x")));
  EXPECT_TRUE(desk_.login(wallet_.account, kPage, second, wallet_.sign(second)));
}

TEST_F(LoginTest, RefreshesGoOn) {
  auto tokens = log_in();
  for (int i = 0; i < 5; ++i) {
    clock_.time = clock_.time + kRefreshTokenMs - 1;
    tokens = desk_.refresh(tokens->refresh);
    ASSERT_TRUE(tokens) << i;
    EXPECT_EQ(tokens_.verify_session(tokens->session, clock_.time)->account, wallet_.account);
  }
  clock_.time = clock_.time + kRefreshTokenMs;
  EXPECT_FALSE(desk_.refresh(tokens->refresh));
}

TEST_F(LoginTest, ACopiedRefreshTokenEndsTheLogin) {
  const auto first = log_in();
  const auto second = desk_.refresh(first->refresh);
  ASSERT_TRUE(second);
  EXPECT_EQ(desk_.refresh(first->refresh).error().code, "unauthorized");
  EXPECT_FALSE(desk_.refresh(second->refresh)) << "nor does the other's hold any longer";
  EXPECT_TRUE(ended_.contains(tokens_.verify_session(second->session, clock_.time)->login));
  EXPECT_TRUE(log_in());
}

TEST_F(LoginTest, LogoutEndsThisLoginAlone) {
  const auto one = log_in(), two = log_in();
  EXPECT_TRUE(desk_.logout(one->session));
  EXPECT_FALSE(desk_.refresh(one->refresh));
  EXPECT_TRUE(desk_.refresh(two->refresh));
  EXPECT_FALSE(desk_.logout("pts_x"));
  EXPECT_FALSE(desk_.logout(""));
}

TEST_F(LoginTest, TokensCannotBeForged) {
  const auto tokens = log_in();
  for (std::size_t i = 0; i < tokens->session.size(); ++i) {
    std::string forged = tokens->session;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens_.verify_session(forged, clock_.time)) << i;
  }
  EXPECT_FALSE(SessionTokens(secret(8)).verify_session(tokens->session, clock_.time));
  EXPECT_FALSE(tokens_.verify_session("pts_", clock_.time));
  EXPECT_FALSE(tokens_.verify_session("pts_" + tokens->refresh.substr(4), clock_.time));
  EXPECT_FALSE(tokens_.verify_session(tokens->session + "A", clock_.time));
}

TEST(MemoryLoginStore, ForgetsWhatHasExpired) {
  MemoryLoginStore store;
  CountingRandom random;
  TimeMs now{1'000};
  for (int i = 0; i < 10'000; ++i) {
    now = now + 10;
    LoginToken login{{}, random.id<LoginId>(), 0, now + 100};
    LoginNonce nonce{};
    std::memcpy(nonce.bytes.data(), &i, sizeof i);
    ASSERT_TRUE(*store.begin(nonce, now + 100, login, now));
  }
  LoginNonce last{};
  const int number = 9'999;
  std::memcpy(last.bytes.data(), &number, sizeof number);
  EXPECT_FALSE(*store.begin(last, now + 100, {}, now)) << "what holds is remembered";
}

}  // namespace
}  // namespace paytick::ingest::testing
