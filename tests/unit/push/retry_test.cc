#include "push/retry.h"

#include <gtest/gtest.h>

namespace paytick::push {
namespace {

constexpr RetryPolicy kPolicy;
constexpr TimeMs kNow{1'000'000};

TEST(Retry, ASuccessEndsIt) {
  for (const unsigned status : {200U, 201U, 204U, 299U})
    EXPECT_EQ(after(kPolicy, 1, {status}, kNow, 7).state, DeliveryState::delivered) << status;
}

// Redirects are not followed: where the platform wants its notices, its configuration says.
TEST(Retry, EverythingElseIsTriedAgainButWhatIsGone) {
  for (const unsigned status : {0U, 301U, 302U, 400U, 401U, 404U, 429U, 500U, 503U}) {
    const NextStep next = after(kPolicy, 1, {status}, kNow, 7);
    EXPECT_EQ(next.state, DeliveryState::waiting) << status;
    EXPECT_GT(next.at, kNow);
  }
  EXPECT_EQ(after(kPolicy, 1, {410}, kNow, 7).state, DeliveryState::dead);
}

TEST(Retry, TheLastAttemptMakesADeadLetter) {
  EXPECT_EQ(after(kPolicy, kPolicy.attempts_max - 1, {500}, kNow, 0).state, DeliveryState::waiting);
  EXPECT_EQ(after(kPolicy, kPolicy.attempts_max, {500}, kNow, 0).state, DeliveryState::dead);
}

TEST(Retry, WaitsGrowAreSpreadAndBounded) {
  std::int64_t all = 0;
  for (std::int32_t attempts = 1; attempts < kPolicy.attempts_max; ++attempts) {
    const std::int64_t low = backoff_ms(kPolicy, attempts, 0), high = backoff_ms(kPolicy, attempts, 40);
    EXPECT_LT(low, high);
    EXPECT_LE(high, kPolicy.max_ms * 6 / 5);
    EXPECT_GE(low, attempts == 1 ? kPolicy.first_ms * 4 / 5 : backoff_ms(kPolicy, attempts - 1, 0));
    all += low;
  }
  EXPECT_GT(all, 86'400'000);  // more than a day of attempts: a platform may be down over a night
  EXPECT_LE(backoff_ms(kPolicy, 1'000'000, 40), kPolicy.max_ms * 6 / 5);
}

TEST(EndpointRest, ADownEndpointIsLeftAloneForLongerAndLonger) {
  EndpointRest rest;
  TimeMs now = kNow;
  EXPECT_TRUE(rest.may_send(now));
  std::int64_t before = 0;
  for (int i = 0; i < 20; ++i) {
    rest.note({0}, now);
    std::int64_t wait = 0;
    while (!rest.may_send(now + wait)) wait += 100;
    EXPECT_GE(wait, before);
    EXPECT_LE(wait, EndpointRest::kMaxMs);
    before = wait;
    now = now + wait;
  }
  EXPECT_EQ(before, EndpointRest::kMaxMs);
  rest.note({200}, now);
  EXPECT_TRUE(rest.may_send(now));
}

// What it refuses of one notice says nothing of the others.
TEST(EndpointRest, ARefusedNoticeDoesNotHoldUpTheOthers) {
  EndpointRest rest;
  rest.note({404}, kNow);
  EXPECT_TRUE(rest.may_send(kNow));
  rest.note({503}, kNow);
  EXPECT_FALSE(rest.may_send(kNow));
}

}  // namespace
}  // namespace paytick::push
