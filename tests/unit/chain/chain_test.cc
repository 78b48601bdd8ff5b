// src/chain by itself; its agreement with the SDK is tests/integration/chain.
#include <gtest/gtest.h>

#include "chain/http_client.h"
#include "chain/keys.h"
#include "chain/transaction.h"
#include "chain/xdr.h"

namespace paytick::chain {
namespace {

SecretKey key() { return SecretKey::from_seed(sha256("a test's key").bytes); }

std::string words(std::initializer_list<std::uint32_t> list) {
  Writer w;
  for (const std::uint32_t word : list) w.u32(word);
  return w.take();
}

TEST(Xdr, NestingIsBounded) {
  const auto nested = [](int depth) {
    ScVal value;
    for (int i = 0; i < depth; ++i) value = sc_vec({std::move(value)});
    return encode(value);
  };
  EXPECT_TRUE(decode<ScVal>(nested(100)));  // the protocol's own limit
  const auto deep = decode<ScVal>(nested(5'000));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, "xdr_malformed");
}

TEST(Xdr, ACountBeyondTheInputAllocatesNothing) {
  EXPECT_FALSE(decode<ScVal>(words({16, 1, 0xffffffff})));
  EXPECT_FALSE(decode<ScVal>(words({13, 0xffffffff, 0})));
}

TEST(Xdr, EveryBitCounts) {
  const std::string good = encode(sc_symbol("abc"));
  EXPECT_TRUE(decode<ScVal>(good));
  std::string padding = good;
  padding.back() = 'x';
  EXPECT_FALSE(decode<ScVal>(padding));
  EXPECT_FALSE(decode<ScVal>(good + std::string(4, '\0')));
  EXPECT_FALSE(decode<ScVal>(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(decode<ScVal>(words({0, 2})));                            // a bool that is neither
  EXPECT_FALSE(decode<ScVal>(words({99})));                              // no such arm
  EXPECT_FALSE(decode<ScVal>(encode(sc_symbol(std::string(33, 'a')))));  // a symbol has 32 bytes at most
  EXPECT_FALSE(decode_base64<ScVal>("not base64!"));
  EXPECT_FALSE(decode<ScVal>(""));
}

TEST(ScVals, AmountsAreCheckedOnTheWayIn) {
  for (const std::int64_t v : {0LL, 1LL, -1LL, 9'223'372'036'854'775'807LL, -9'223'372'036'854'775'807LL - 1})
    EXPECT_EQ(amount_of(sc_i128(Amount(v))), Amount(v));
  ScVal wide;
  wide.body.arm = I128{0, 1ULL << 63};
  EXPECT_EQ(amount_of(wide), std::nullopt);
  wide.body.arm = I128{1, 0};
  EXPECT_EQ(amount_of(wide), std::nullopt);
  EXPECT_EQ(amount_of(sc_u64(~0ULL)), std::nullopt);
  EXPECT_EQ(amount_of(sc_symbol("1")), std::nullopt);
}

TEST(Keys, ParseSignAndNeverRepeatASecret) {
  const std::string seed = key().seed_text();
  const auto parsed = SecretKey::parse(seed);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->account(), key().account());
  EXPECT_TRUE(verify(key().account(), "m", parsed->sign("m")));
  EXPECT_FALSE(verify(key().account(), "n", parsed->sign("m")));
  std::string wrong = seed;
  wrong[20] = wrong[20] == 'A' ? 'B' : 'A';
  for (const std::string& text : {wrong, to_text(key().account()), std::string("S"), std::string()}) {
    const auto bad = SecretKey::parse(text);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, "bad_secret");
    const bool telling = text.size() > 1;
    EXPECT_FALSE(telling && bad.error().message.find(text) != std::string::npos);
  }
}

SignedTransaction with(const SorobanData& data) {
  SignedTransaction envelope{make_transaction(key().account(), 1, 100, {0, 9}, upload("w")), {}};
  envelope.tx.ext.arm = data;
  return envelope;
}

TEST(Limits, WhatTheSimulationDoesNotCheck) {
  const LedgerKey one = account_key(key().account());
  SorobanData data;
  EXPECT_TRUE(check_limits(with(data), 16'384));
  EXPECT_EQ(check_limits(with(data), 16'385).error().code, "limit_events_and_return_bytes");
  data.resources.footprint.read_write.assign(201, one);
  EXPECT_EQ(check_limits(with(data), 0).error().code, "limit_write_entries");
  data.resources.footprint.read_write.assign(200, one);
  EXPECT_TRUE(check_limits(with(data), 0));
  data.resources.footprint.read_only.assign(201, one);
  EXPECT_EQ(check_limits(with(data), 0).error().code, "limit_footprint_entries");
  data = {};
  data.resources.write_bytes = 132'097;
  EXPECT_EQ(check_limits(with(data), 0).error().code, "limit_write_bytes");
  data = {};
  data.resources.disk_read_bytes = 200'001;
  EXPECT_EQ(check_limits(with(data), 0).error().code, "limit_disk_read_bytes");
  data = {};
  data.resources.instructions = 400'000'001;
  EXPECT_EQ(check_limits(with(data), 0).error().code, "limit_instructions");
  data = {};
  data.resources.footprint.read_only = {data_key(ContractId{}, sc_bytes(std::string(250, 'k')))};
  EXPECT_EQ(check_limits(with(data), 0).error().code, "limit_key_bytes");
  SignedTransaction large{make_transaction(key().account(), 1, 100, {}, upload(std::string(132'096, 'w'))),
                          {}};
  EXPECT_EQ(check_limits(large, 0).error().code, "limit_transaction_bytes");
}

TEST(Assemble, AddsMarginsAndRefusesAFeeWithoutMeasure) {
  Transaction tx = make_transaction(key().account(), 1, 100, {}, upload("w"));
  SimulatedResources simulated;
  simulated.min_resource_fee = 1'000;
  simulated.data.resources.instructions = 1'000;
  ASSERT_TRUE(assemble(tx, simulated));
  EXPECT_EQ(tx.fee, 100U + 1'150U);
  EXPECT_EQ(tx.ext.get<SorobanData>()->resources.instructions, 1'100U);
  simulated.min_resource_fee = 50'000'001;
  EXPECT_EQ(assemble(tx, simulated).error().code, "fee_too_high");
  simulated.min_resource_fee = -1;
  EXPECT_EQ(assemble(tx, simulated).error().code, "fee_too_high");
}

TEST(Results, HaveStableNames) {
  TransactionResult result;
  result.code = kTxBadSequence;
  EXPECT_EQ(code_name(result), "tx_bad_seq");
  result.code = kTxFailed;
  result.operations = {{0, 24, kInvokeTrapped, std::nullopt}};
  EXPECT_EQ(code_name(result), "invoke_trapped");
  result.operations = {{-1, 0, 0, std::nullopt}};
  EXPECT_EQ(code_name(result), "op_refused");
}

TEST(Http, BadUrlsAndAnUnreachableNodeAreToldApart) {
  for (const char* url : {"", "ftp://x", "http://", "http://:80", "http://a/b c"}) {
    const auto client = HttpClient::create(url);
    ASSERT_FALSE(client) << url;
    EXPECT_EQ(client.error().code, "bad_url");
  }
  auto client = HttpClient::create("http://127.0.0.1:1/");
  ASSERT_TRUE(client);
  const auto answer = client->post("{}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "http_unreachable");
  EXPECT_EQ(answer.error().next, Next::retry);
}

}  // namespace
}  // namespace paytick::chain
