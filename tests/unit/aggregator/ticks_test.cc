// The window of ticks against plain sets, at random.

#include "aggregator/ticks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace paytick::aggregator {
namespace {

struct Plain {
  std::set<std::uint32_t> bought, due;
  std::map<std::uint32_t, std::uint32_t> day;
};

TEST(Ticks, AgreeWithPlainSets) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    Offer offer;
    offer.tick_ms = 1'000;
    offer.late_ms = 600'000;
    offer.jitter_ms = 250;
    Session session;
    session.set_start(1'000'000);
    ExtraTable extras;
    Plain plain;
    std::int64_t now = 1'000'000;
    std::uint32_t day = 5;
    for (int i = 0; i < 400; ++i) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << " step " << i);
      TickSet ticks(0, session, offer, extras);
      now += below(10) == 0 ? below(60'000) : below(4'000);
      if (below(40) == 0) ++day;
      const auto current = static_cast<std::uint32_t>((now - 1'000'000) / 1'000);
      const std::uint32_t what = below(10);
      if (what < 7) {  // a heartbeat of up to 20 ticks, perhaps late
        const std::uint32_t back = below(5) == 0 ? below(590) : below(3);
        const std::uint32_t k = current > back ? current - back : 0;
        const std::uint32_t end = k + 1 + below(below(20) == 0 ? 100 : 20);
        for (std::uint32_t tick = k; tick < end; ++tick) {
          ASSERT_EQ(ticks.is_bought(tick), plain.bought.contains(tick)) << tick;
        }
        for (std::uint32_t tick = k; tick < end;) {
          aggregator::Run run{tick, 0};  // Test has a Run of its own
          for (; tick < end && !plain.bought.contains(tick) && below(10) != 0; ++tick) ++run.n;
          if (run.n == 0) {
            ++tick;
            continue;
          }
          const bool due = below(30) == 0;
          ticks.buy(run, due, now, day);
          for (std::uint32_t bought = run.k; bought < run.k + run.n; ++bought) {
            plain.bought.insert(bought);
            if (due) plain.due.insert(bought);
            plain.day[bought] = day;
          }
        }
      } else if (what < 9) {  // a clock
        std::uint32_t n = 0;
        for (const std::uint32_t tick : plain.bought) {
          n += ticks.begins(tick) <= now && plain.due.insert(tick).second ? 1 : 0;
        }
        ASSERT_EQ(ticks.make_due(now), n);
      } else {  // a stop, perhaps of a while ago
        const std::int64_t at = now - below(20'000);
        std::vector<std::uint32_t> expected;
        for (const std::uint32_t tick : plain.bought) {
          if (!plain.due.contains(tick) && ticks.begins(tick) > at) expected.push_back(tick);
        }
        std::vector<std::uint32_t> got;
        for (const auto& run : ticks.pending_after(at)) {
          for (std::uint32_t tick = run.k; tick < run.k + run.n; ++tick) {
            got.push_back(tick);
            ASSERT_EQ(ticks.day_of(tick), plain.day[tick]);
          }
          ticks.take_back(run);
        }
        ASSERT_EQ(got, expected);
        for (const std::uint32_t tick : expected) plain.bought.erase(tick);
      }
      ASSERT_EQ(session.ticks, plain.bought.size());
      std::int64_t next_due = TickSet::kNever;
      for (const std::uint32_t tick : plain.bought) {
        if (!plain.due.contains(tick)) next_due = std::min(next_due, ticks.begins(tick));
      }
      ASSERT_EQ(ticks.next_due(), next_due);
      if (!plain.bought.empty() && *plain.bought.rbegin() + 600 > current) {
        ASSERT_EQ(ticks.ends(), ticks.begins(*plain.bought.rbegin() + 1));
      }
    }
  }
}

TEST(Ticks, WithoutGapsNothingIsKeptBeside) {
  Offer offer;
  offer.tick_ms = 1'000;
  offer.late_ms = 600'000;
  Session session;
  ExtraTable extras;
  TickSet ticks(0, session, offer, extras);
  for (std::uint32_t k = 0; k < 10'000; ++k) {
    ticks.buy({k, 1}, false, k * 1'000, 1);
    ticks.make_due(k * 1'000);
  }
  EXPECT_EQ(session.ticks, 10'000U);
  EXPECT_EQ(extras.size(), 0U);
}

}  // namespace
}  // namespace paytick::aggregator
