#include "model/ids.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <random>

#include "model/hash.h"
#include "model/name_ids.h"

namespace paytick {
namespace {

template <typename Id>
Id random_id(std::mt19937_64& random) {
  Id id;
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
  return id;
}

template <typename Id>
void expect_round_trips(std::size_t length) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 1'000; ++i) {
    const Id id = random_id<Id>(random);
    const std::string text = to_text(id);
    ASSERT_EQ(text.size(), length);
    ASSERT_EQ(parse_id<Id>(text), id) << text;
  }
}

// Every text that is one character away from a good one is another id or none, and never the same id.
template <typename Id>
void expect_one_text_each() {
  std::mt19937_64 random(11);
  const Id id = random_id<Id>(random);
  const std::string good = to_text(id);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[i] = static_cast<char>(c);
      if (text == good) continue;
      const auto other = parse_id<Id>(text);
      if (!other) continue;
      ASSERT_NE(*other, id) << text;
      ASSERT_EQ(to_text(*other), text);
    }
  }
  EXPECT_FALSE(parse_id<Id>(""));
  EXPECT_FALSE(parse_id<Id>(good + "="));
  EXPECT_FALSE(parse_id<Id>(good.substr(1)));
}

TEST(Ids, RoundTrip) {
  expect_round_trips<SessionId>(kShortIdText);
  expect_round_trips<Proof>(kLongIdText);
  expect_round_trips<AccountId>(kStrkeyText);
  expect_round_trips<ContractId>(kStrkeyText);
  expect_round_trips<TxHash>(kTxHashText);
}

TEST(Ids, HaveOneTextEach) {
  expect_one_text_each<SessionId>();
  expect_one_text_each<Proof>();
  expect_one_text_each<AccountId>();
  expect_one_text_each<ContractId>();
  expect_one_text_each<TxHash>();
}

TEST(Ids, Base64urlIsUnpaddedAndUsesTheUrlAlphabet) {
  SessionId id;
  EXPECT_EQ(to_text(id), "AAAAAAAAAAAAAAAAAAAAAA");
  id.bytes.fill(0xff);
  EXPECT_EQ(to_text(id), "_____________________w");
  id.bytes.fill(0xfb);
  EXPECT_EQ(to_text(id), "-_v7-_v7-_v7-_v7-_v7-w");
}

TEST(Ids, Base64urlIsThatOfLibsodium) {
  std::mt19937_64 random(13);
  const auto check = [&]<typename Id>(const Id& id) {
    std::array<char, 64> text{};
    sodium_bin2base64(text.data(), text.size(), id.bytes.data(), id.bytes.size(),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    ASSERT_EQ(to_text(id), text.data());
  };
  for (int i = 0; i < 1'000; ++i) {
    check(random_id<SessionId>(random));
    check(random_id<Proof>(random));
  }
}

// The examples of SEP-23.
TEST(Ids, StrkeyAgreesWithSep23) {
  const auto hash = parse_id<TxHash>("3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a");
  ASSERT_TRUE(hash);
  AccountId account;
  account.bytes = hash->bytes;
  ContractId contract;
  contract.bytes = hash->bytes;
  EXPECT_EQ(to_text(account), "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ");
  EXPECT_EQ(to_text(contract), "CA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUWDA");
  EXPECT_FALSE(parse_id<AccountId>(to_text(contract)));
  EXPECT_FALSE(parse_id<ContractId>(to_text(account)));
}

TEST(Ids, BlakeOfNothingAgreesWithRfc7693) {
  TxHash hash;
  blake2b(std::string_view(), hash.bytes);
  EXPECT_EQ(to_text(hash), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
}

// Frozen: sessions on record were named by it.
TEST(Ids, DerivedIdsAreFrozen) {
  PlatformId platform;
  platform.bytes.fill(1);
  PlatformId other;
  other.bytes.fill(2);
  ViewerId viewer;
  viewer.bytes.fill(3);
  EXPECT_EQ(to_text(derive_session_id(platform, "room-1")), "WVDTzpAYwHppgHPnMrJGHQ");
  EXPECT_EQ(to_text(derive_attachment_id(platform, viewer, "room-1")), "2i74nfDwb6t31DMvykQ0fA");
  EXPECT_NE(derive_session_id(platform, "room-1"), derive_session_id(other, "room-1"));
  EXPECT_NE(derive_session_id(platform, "room-1"), derive_session_id(platform, "room-2"));
  EXPECT_NE(derive_attachment_id(platform, viewer, "a"), derive_attachment_id(platform, ViewerId{}, "a"));
}

}  // namespace
}  // namespace paytick
