// Signatures of wallets, and challenges that are bound to account, page and time.

#include <gtest/gtest.h>

#include "auth_fixture.h"
#include "ingest/auth/wallet_challenge.h"

namespace paytick::ingest::testing {
namespace {

// The vectors of SEP-53.
const AccountId kSepAccount =
    *parse_id<AccountId>("GBXFXNDLV4LSWA4VB7YIL5GBD7BVNR22SGBTDKMO2SBZZHDXSKZYCP7L");

TEST(SignedMessage, TakesTheVectorsOfTheStandard) {
  EXPECT_TRUE(verify_signed_message(
      kSepAccount, "Hello, World!",
      "fO5dbYhXUhBMhe6kId/cuVq/AfEnHRHEvsP8vXh03M1uLpi5e46yO2Q8rEBzu3feXQewcQE5GArp88u6ePK6BA=="));
  EXPECT_TRUE(verify_signed_message(
      kSepAccount, "こんにちは、世界！",
      "CDU265Xs8y3OWbB/56H9jPgUss5G9A0qFuTqH2zs2YDgTm+++dIfmAEceFqB7bhfN3am59lCtDXrCtwH2k1GBA=="));
  const auto binary = from_base64("2zZDP1sa1BVBfLP7TeeMk3sUbaxAkUhBhDiNdrksaFo=", 64);
  EXPECT_TRUE(verify_signed_message(
      kSepAccount, *binary,
      "VA1+7hefNwv2NKScH6n+Sljj15kLAge+M2wE7fzFOf+L0MMbssA1mwfJZRyyrhBORQRle10X1Dxpx+UOI4EbDQ=="));
}

TEST(SignedMessage, RefusesEverythingElse) {
  const Wallet wallet(secret(1)), other(secret(2));
  const std::string good = wallet.sign("text");
  EXPECT_TRUE(verify_signed_message(wallet.account, "text", good));
  EXPECT_TRUE(verify_signed_message(wallet.account, "text", "\n" + good + "\n"));
  EXPECT_FALSE(verify_signed_message(other.account, "text", good));
  EXPECT_FALSE(verify_signed_message(wallet.account, "texts", good));
  EXPECT_FALSE(verify_signed_message(wallet.account, "text", wallet.sign("text", "")));
  EXPECT_FALSE(
      verify_signed_message(wallet.account, "text", wallet.sign("text", "Bitcoin Signed Message:\n")));
  EXPECT_FALSE(verify_signed_message(AccountId{}, "text", good));
  for (const std::string& bad : {std::string(), std::string("="), good.substr(4), good + "AAAA", good + "!",
                                 std::string(88, 'A'), std::string(100'000, 'A')}) {
    EXPECT_FALSE(verify_signed_message(wallet.account, "text", bad));
  }
  // A key of small order, under which a signature of zeros would hold for many messages.
  AccountId small;
  small.bytes[0] = 1;
  EXPECT_FALSE(verify_signed_message(small, "text", std::string(86, 'A') + "=="));
}

class ChallengeTest : public ::testing::Test {
 protected:
  const Wallet wallet_{secret(1)};
  const WalletChallenges challenges_{secret(9)};
  CountingRandom random_;
  const TimeMs now_{1'790'000'000'123};
  static constexpr std::string_view kPage = "https://play.example";

  std::string make() { return challenges_.make(wallet_.account, kPage, random_, now_)->message; }
  bool takes(const std::string& message, std::string_view origin = kPage, TimeMs at = {1'790'000'000'200}) {
    return challenges_.check(wallet_.account, origin, message, wallet_.sign(message), at).has_value();
  }
};

TEST_F(ChallengeTest, IsReadableAndTaken) {
  const auto made = challenges_.make(wallet_.account, kPage, random_, now_);
  EXPECT_TRUE(made->message.starts_with("https://play.example asks you to log in"));
  EXPECT_NE(made->message.find(to_text(wallet_.account)), std::string::npos);
  EXPECT_TRUE(takes(made->message));
  EXPECT_NE(make(), make()) << "each has a nonce of its own";
  // Another gateway of the installation takes it, another installation does not.
  EXPECT_TRUE(WalletChallenges(secret(9)).check(wallet_.account, kPage, made->message,
                                                wallet_.sign(made->message), now_));
  EXPECT_FALSE(WalletChallenges(secret(8)).check(wallet_.account, kPage, made->message,
                                                 wallet_.sign(made->message), now_));
}

TEST_F(ChallengeTest, IsBoundToPageAccountAndTime) {
  const std::string message = make();
  EXPECT_FALSE(takes(message, "https://evil.example"));
  EXPECT_FALSE(takes(message, ""));
  EXPECT_FALSE(takes(message, "https://play.example\nNonce: x"));
  EXPECT_TRUE(takes(message, kPage, TimeMs{now_.ms + kChallengeMs - 1'000}));
  EXPECT_FALSE(takes(message, kPage, TimeMs{now_.ms + kChallengeMs}));
  const Wallet other(secret(2));
  EXPECT_FALSE(challenges_.check(other.account, kPage, message, other.sign(message), now_));
  EXPECT_FALSE(challenges_.check(wallet_.account, kPage, message, other.sign(message), now_));
  const std::string programs = challenges_.make(wallet_.account, "", random_, now_)->message;
  EXPECT_TRUE(takes(programs, ""));
  EXPECT_FALSE(takes(programs));
}

TEST_F(ChallengeTest, NotALetterMayChange) {
  const std::string message = make();
  for (std::size_t i = 0; i < message.size(); ++i) {
    std::string forged = message;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(takes(forged)) << i;
  }
  EXPECT_FALSE(takes(message + "\n"));
  EXPECT_FALSE(takes(message + "\nGood until: 9999999999 seconds since 1970"));
  EXPECT_FALSE(takes("I owe you 5 XLM.\n" + message));
  EXPECT_FALSE(takes(""));
  EXPECT_FALSE(takes("\nNonce: \nGood until: \nCode: "));
  EXPECT_FALSE(takes("\nNonce: AAAAAAAAAAAAAAAAAAAAAA\nGood until: 99999999999999999999\nCode: AAAA"));
  EXPECT_FALSE(takes(std::string(100'000, 'x')));
}

TEST_F(ChallengeTest, AnOriginIsNoPlaceForText) {
  for (const std::string& bad : {std::string("a b"), std::string("a\nAccount: G"), std::string("\x7f"),
                                 std::string("caf\xc3\xa9"), std::string(1'000, 'a')}) {
    EXPECT_EQ(challenges_.make(wallet_.account, bad, random_, now_).error().code, "bad_field");
  }
}

}  // namespace
}  // namespace paytick::ingest::testing
