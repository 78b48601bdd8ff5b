#include "app/roles/health.h"

#include <gtest/gtest.h>

namespace paytick::app {
namespace {

std::optional<Error> away() { return Error{"away", "it is away", Next::retry}; }
std::optional<Error> well() { return std::nullopt; }

TEST(Health, WhatBillingNeedsDecidesReadiness) {
  Health health;
  health.add("log", true, well);
  health.add("chain", false, well);
  EXPECT_EQ(health.readyz().status, 200U);
  EXPECT_NE(health.readyz().body.find("\"ready\""), std::string::npos);

  health.add("database", false, away);
  EXPECT_EQ(health.readyz().status, 200U);
  EXPECT_NE(health.readyz().body.find("\"degraded\""), std::string::npos);
  EXPECT_NE(health.readyz().body.find("away: it is away"), std::string::npos);

  health.add("aggregator", true, away);
  EXPECT_EQ(health.readyz().status, 503U);
  EXPECT_EQ(health.healthz().status, 200U);
}

TEST(Health, DrainingIsNotReady) {
  Health health;
  health.add("log", true, well);
  health.set_draining();
  EXPECT_EQ(health.readyz().status, 503U);
}

}  // namespace
}  // namespace paytick::app
