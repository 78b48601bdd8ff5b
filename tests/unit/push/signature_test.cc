#include "push/signature.h"

#include <gtest/gtest.h>

namespace paytick::push {
namespace {

// The example of the specification's reference libraries.
TEST(Signature, IsThatOfTheSpecification) {
  const auto secrets = parse_webhook_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(secrets);
  EXPECT_EQ(sign(*secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, OldAndNewSecretBothSignWhileOneIsRotated) {
  const std::string one = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const std::string two = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  const auto both = parse_webhook_secrets(one + ",\n" + two);
  ASSERT_TRUE(both);
  ASSERT_EQ(both->size(), 2U);
  EXPECT_EQ(sign(*both, "a", 1, "b"), sign(*parse_webhook_secrets(one), "a", 1, "b") + " " +
                                          sign(*parse_webhook_secrets(two), "a", 1, "b"));
}

TEST(Signature, CoversIdTimeAndBody) {
  const auto secrets = *parse_webhook_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const auto truth = sign(secrets, "a", 1, "b");
  EXPECT_NE(sign(secrets, "c", 1, "b"), truth);
  EXPECT_NE(sign(secrets, "a", 2, "b"), truth);
  EXPECT_NE(sign(secrets, "a", 1, "c"), truth);
}

TEST(Signature, WhatIsNoSecretIsRefused) {
  for (const char* text : {"", " ", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_!!!!", "whsec_AAAA",
                           "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_x"})
    EXPECT_EQ(parse_webhook_secrets(text).error().code, "secret_bad") << text;
  std::string five;
  for (int i = 0; i < 5; ++i) five += "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ";
  EXPECT_FALSE(parse_webhook_secrets(five));
}

}  // namespace
}  // namespace paytick::push
