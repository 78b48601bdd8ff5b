// Stripe's signature scheme: what is genuine, what is replayed, what is forged.

#include <gtest/gtest.h>

#include "ingest/payments/stripe_signature.h"

namespace paytick::ingest::payments {
namespace {

constexpr std::string_view kBody = R"({"id":"evt_1"})";
constexpr TimeMs kNow{1'800'000'000'000};
constexpr std::int64_t kUnix = 1'800'000'000;
const std::vector<std::string> kSecrets{"whsec_test_secret"};
// By another implementation: python3 -c 'import hmac; print(hmac.new(b"whsec_test_secret",
// b"1800000000.{\"id\":\"evt_1\"}", "sha256").hexdigest())'
constexpr std::string_view kHex = "8a6563dbee1eccda632491deb091d19e764aadddcd0ace8d9516599526831c89";

std::string code(std::string_view header, std::string_view body = kBody, TimeMs now = kNow,
                 const std::vector<std::string>& secrets = kSecrets) {
  const auto verified = verify_stripe_signature(header, body, secrets, now);
  return verified ? "" : verified.error().code;
}

TEST(StripeSignature, IsWhatAnotherImplementationMakes) {
  EXPECT_EQ(make_stripe_signature(kBody, kSecrets[0], kUnix), "t=1800000000,v1=" + std::string(kHex));
  EXPECT_EQ(code("t=1800000000,v1=" + std::string(kHex)), "");
}

TEST(StripeSignature, AnyOfSeveralWillDo) {
  const std::string zeros(64, '0');
  const std::string good(kHex);
  EXPECT_EQ(code("t=1800000000,v1=" + zeros + ",v1=" + good + ",v0=" + zeros), "");
  EXPECT_EQ(code("t=1800000000, v1=" + good), "");
  EXPECT_EQ(code("t=1800000000,v1=" + good, kBody, kNow, {"whsec_new", "whsec_test_secret"}), "");
  EXPECT_EQ(code("t=1800000000,v1=" + zeros + ",v1=" + zeros), "bad_signature");
  EXPECT_EQ(code("t=1800000000,v0=" + good), "bad_signature") << "another scheme says nothing";
}

TEST(StripeSignature, CoversBodyTimeAndSecret) {
  const std::string good(kHex);
  EXPECT_EQ(code("t=1800000000,v1=" + good, R"({"id":"evt_2"})"), "bad_signature");
  EXPECT_EQ(code("t=1800000001,v1=" + good), "bad_signature");
  EXPECT_EQ(code("t=1800000000,v1=" + good, kBody, kNow, {"whsec_other"}), "bad_signature");
  EXPECT_EQ(code("t=1800000000,v1=" + good, kBody, kNow, {}), "bad_signature");
}

TEST(StripeSignature, ExpiresWithTheWindow) {
  const std::string header = make_stripe_signature(kBody, kSecrets[0], kUnix);
  EXPECT_EQ(code(header, kBody, kNow + 300'000), "");
  EXPECT_EQ(code(header, kBody, kNow - 300'000), "");
  EXPECT_EQ(code(header, kBody, kNow + 301'000), "stale_signature");
  EXPECT_EQ(code(header, kBody, kNow - 301'000), "stale_signature");
}

TEST(StripeSignature, RefusesWhatIsNoHeader) {
  const std::string good(kHex);
  for (const std::string& header :
       {std::string(), std::string("t=1800000000"), "v1=" + good, "t=,v1=" + good, "t=-1,v1=" + good,
        "t=1800000000,t=1800000000,v1=" + good, "t=99999999999999999999,v1=" + good,
        "t=1800000000,v1=" + good + ",", "t=1800000000,v1=" + good + "0",
        "t=1800000000,v1=zz" + good.substr(2), std::string(5'000, 'x')}) {
    EXPECT_EQ(code(header), "bad_signature") << header;
  }
}

}  // namespace
}  // namespace paytick::ingest::payments
