// The tables the state is made of.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "aggregator/flat_index.h"
#include "aggregator/index_set.h"
#include "aggregator/key_index.h"
#include "aggregator/slab.h"
#include "aggregator/timer_wheel.h"

namespace paytick::aggregator {
namespace {

TEST(FlatIndex, AgreesWithAMapThroughInsertsAndErases) {
  std::mt19937 random(1);
  FlatIndex index;
  std::map<std::uint32_t, std::uint32_t> truth;  // index → hash, few hashes so that they collide
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::uint32_t hash = static_cast<std::uint32_t>(random() % 500) * 0x1000'0001U;
    if (random() % 3 != 0 || truth.empty()) {
      index.insert(hash, i);
      truth[i] = hash;
    } else {
      const auto victim = std::next(
          truth.begin(), static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(truth.size(), 50)));
      index.erase(victim->second, victim->first);
      truth.erase(victim);
    }
  }
  EXPECT_EQ(index.size(), truth.size());
  for (const auto& [i, hash] : truth) {
    const std::uint32_t wanted = i;
    ASSERT_EQ(index.find(hash, [&](std::uint32_t at) { return at == wanted; }), i);
  }
}

TEST(KeyIndex, AgreesWithAMapThroughInsertsAndErases) {
  for (const std::uint32_t hashes : {300U, 1U << 31}) {  // few, so that buckets overflow; and many
    std::mt19937 random(hashes);
    KeyIndex index;
    std::map<std::uint32_t, std::uint32_t> truth;  // index → hash
    const auto each = [&](auto&& add) {
      for (const auto& [i, hash] : truth) add(hash, i);
    };
    const auto check = [&] {
      ASSERT_EQ(index.size(), truth.size());
      for (const auto& [i, hash] : truth) {
        const std::uint32_t wanted = i;
        ASSERT_EQ(index.find(hash, [&](std::uint32_t at) { return at == wanted; }), i);
      }
    };
    for (std::uint32_t i = 0; i < 30'000; ++i) {
      const std::uint32_t hash = static_cast<std::uint32_t>(random() % hashes) * 0x9E37'79B1U;
      if (random() % 3 != 0 || truth.empty()) {
        truth[i] = hash;
        index.insert(hash, i, each);
      } else {
        const auto victim = std::next(
            truth.begin(), static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(truth.size(), 50)));
        index.erase(victim->second, victim->first);
        ASSERT_EQ(index.find(victim->second, [&](std::uint32_t at) { return at == victim->first; }), kNone);
        truth.erase(victim);
      }
      if (i % 3'000 == 0) check();
    }
    check();
    EXPECT_LT(index.bytes(), truth.size() * 8 + 64);
    index.fill_anew(truth.size(), 30'000, each);
    check();
  }
}

TEST(Slab, KeepsAddressesAndGivesReleasedIndicesBack) {
  Slab<std::uint64_t> slab;
  const std::uint32_t first = slab.add();
  std::uint64_t* const address = &slab[first];
  for (std::uint32_t i = 1; i < 100'000; ++i) slab[slab.add()] = i;
  EXPECT_EQ(address, &slab[first]);
  for (std::uint32_t i = 1; i < 100'000; ++i) ASSERT_EQ(slab[i], i);
  slab.release(77);
  EXPECT_EQ(slab.add(), 77U);
  EXPECT_EQ(slab[77], 0U);
}

TEST(TimerWheel, HandsOutEachEntryInItsSecond) {
  std::mt19937 random(3);
  TimerWheel wheel;
  wheel.set_cursor(1'790'000'000);
  std::multimap<std::int64_t, std::uint32_t> truth;
  std::int64_t ms = 1'790'000'000'000;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::int64_t second = wheel.second_for(ms + static_cast<std::int64_t>(random() % 3'000'000));
    wheel.push(TimerWheel::bucket_of(second), i);
    truth.emplace(second, i);
    if (random() % 10 != 0) continue;
    ms += static_cast<std::int64_t>(random() % 50 == 0 ? 5'000'000 : random() % 3'000);
    std::vector<std::uint32_t> expected;
    for (auto at = truth.begin(); at != truth.end() && at->first <= ms / 1'000; at = truth.erase(at)) {
      expected.push_back(at->second);
    }
    std::vector<std::uint32_t> got;
    for (const auto& [entry, bucket] : wheel.advance(ms)) got.push_back(entry);
    ASSERT_EQ(got, expected);
  }
}

TEST(IndexSet, EmptiesInAscendingOrderWhateverWentIn) {
  std::mt19937 random(4);
  IndexSet indices;
  for (int round = 0; round < 200; ++round) {
    std::set<std::uint32_t> truth;
    for (auto n = random() % 100; n != 0; --n) {
      const auto i = static_cast<std::uint32_t>(random() % (random() % 4 == 0 ? 300'000 : 200));
      indices.add(i);
      truth.insert(i);
    }
    std::vector<std::uint32_t> got;
    indices.drain([&](std::uint32_t i) { got.push_back(i); });
    ASSERT_EQ(got, std::vector<std::uint32_t>(truth.begin(), truth.end()));
  }
}

}  // namespace
}  // namespace paytick::aggregator
