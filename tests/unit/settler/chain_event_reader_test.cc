#include "settler/chain_event_reader.h"

#include <gtest/gtest.h>

#include "model/catalog.h"
#include "settler/creator_registrar.h"
#include "settler/router_abi.h"
#include "unit/settler/fake_chain.h"
#include "unit/settler/log_fixture.h"

namespace paytick::settler::testing {
namespace {

ChainEvent event(std::uint8_t meter, std::uint64_t version, std::uint32_t ledger) {
  ChainEvent e;
  e.cursor = "c" + std::to_string(ledger);
  e.ledger = ledger;
  e.report = {id_of<ViewerId>(meter),
              id_of<MeterId>(meter),
              Amount(100 * static_cast<std::int64_t>(version)),
              Amount(0),
              Amount(0),
              kMaxAmount,
              version,
              ledger,
              {}};
  return e;
}
EventPage page(std::vector<ChainEvent> events, std::string cursor) {
  return {std::move(events), std::move(cursor), {500, TimeMs{5}}, false};
}

class ChainEventReaderTest : public ::testing::Test {
 protected:
  ChainEventReader reader() { return {{.start_ledger = 7}, log_, chain_, clock_}; }
  void step(ChainEventReader& r) {
    clock_.time = clock_.time + 1'000;
    const auto done = r.step();
    ASSERT_TRUE(done) << done.error().message;
  }
  std::vector<Input> inputs() {
    std::vector<Input> out;
    for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
      auto records = log_.read({log::Topic::heartbeats, PartitionId{p}}, Offset{0}, 1 << 20);
      for (log::Record& record : *records)
        codec::for_each_line(record.value,
                             [&](codec::MutableLine line) { out.push_back(*codec::parse_input(line)); });
    }
    return out;
  }

  log::MemoryLog log_{{.partitions = 2, .wait_blocks = false}};
  ManualClock clock_;
  FakeChain chain_;
};

TEST_F(ChainEventReaderTest, ReportsAndCursorAreOneStep) {
  ChainEventReader r = reader();
  ASSERT_TRUE(r.start());
  chain_.event_pages.push_back(page({event(1, 1, 10), event(2, 1, 10), event(1, 2, 11)}, "k11"));
  step(r);
  EXPECT_EQ(chain_.event_asks.at(0), (std::pair<std::string, std::uint32_t>{"", 7}));
  const auto all = inputs();
  ASSERT_EQ(all.size(), 3U);

  ChainEventReader again = reader();
  ASSERT_TRUE(again.start());
  EXPECT_EQ(again.cursor(), "k11");
  step(again);
  EXPECT_EQ(chain_.event_asks.back().first, "k11");
  EXPECT_EQ(again.seen().sequence, 100U);
}

// A payment moves nothing in or back: it is told with what did, under that one's transaction.
TEST_F(ChainEventReaderTest, WhatMovedMoneyKeepsItsTransaction) {
  const auto told = [](std::uint64_t version, std::int64_t deposited, std::int64_t refunded,
                       std::uint8_t tx) {
    ChainEvent e = event(1, version, 10);
    e.report.deposited = Amount(deposited);
    e.report.refunded = Amount(refunded);
    e.report.tx = id_of<TxHash>(tx);
    return e;
  };
  ChainEventReader r = reader();
  ASSERT_TRUE(r.start());
  chain_.event_pages.push_back(page({told(1, 100, 0, 1), told(2, 100, 0, 2), told(3, 300, 0, 3),
                                     told(2, 100, 0, 2), told(4, 300, 80, 4), told(5, 300, 80, 5)},
                                    "k10"));
  step(r);
  std::vector<std::pair<std::uint64_t, TxHash>> seen;
  for (const Input& input : inputs())
    seen.emplace_back(std::get<MeterReport>(input).version, std::get<MeterReport>(input).tx);
  EXPECT_EQ(seen, (std::vector<std::pair<std::uint64_t, TxHash>>{
                      {2, id_of<TxHash>(1)}, {3, id_of<TxHash>(3)}, {5, id_of<TxHash>(4)}}));
}

TEST_F(ChainEventReaderTest, ALedgerIsSeenWithItsLastPage) {
  ChainEventReader r = reader();
  ASSERT_TRUE(r.start());
  EventPage first = page({event(1, 1, 10)}, "k10");
  first.more = true;
  chain_.event_pages.push_back(first);
  chain_.event_pages.push_back(page({event(2, 1, 11)}, "k11"));
  step(r);
  EXPECT_EQ(r.seen().sequence, 0U);
  step(r);
  EXPECT_EQ(r.seen().sequence, 500U);
}

TEST_F(ChainEventReaderTest, ARefusedWriteMovesNothing) {
  ChainEventReader r = reader();
  ASSERT_TRUE(r.start());
  chain_.event_pages.push_back(page({event(1, 1, 10)}, "k10"));
  log_.fail_next(log::Fault::full);
  clock_.time = clock_.time + 1'000;
  EXPECT_FALSE(r.step());
  EXPECT_EQ(r.cursor(), "");
  EXPECT_TRUE(inputs().empty());
}

TEST_F(ChainEventReaderTest, ARefundIsAnInputOfItsOwn) {
  ChainEventReader r = reader();
  ASSERT_TRUE(r.start());
  ChainEvent e = event(1, 3, 12);
  e.refund = RefundRequest{id_of<ViewerId>(1), id_of<MeterId>(1), Amount(300), 12};
  chain_.event_pages.push_back(page({e}, "k12"));
  step(r);
  const auto all = inputs();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<MeterReport>(all[0]));
  EXPECT_EQ(std::get<RefundRequest>(all[1]).total, Amount(300));
}

TEST_F(ChainEventReaderTest, APrunedCursorAsksEveryMeterOnRecord) {
  TicksWriter ticks(log_);
  ticks.introduce(0, 5);
  ticks.introduce(1, 6);
  chain_.meter_totals[id_of<MeterId>(5)] = event(5, 9, 99).report;
  chain_.meter_totals[id_of<MeterId>(6)] = event(6, 4, 99).report;
  ChainEventReader r = reader();
  ASSERT_TRUE(r.start());
  chain_.event_pages.push_back(fail("pruned", "gone"));
  step(r);
  EXPECT_EQ(inputs().size(), 2U);
  step(r);
  EXPECT_EQ(chain_.event_asks.back(), (std::pair<std::string, std::uint32_t>{"", 2}));
}

TEST_F(ChainEventReaderTest, TheRegistrarNamesEveryCreatorOnce) {
  Content content;
  content.id = id_of<ContentId>(4);
  content.title = "a";
  content.creator = "b";
  content.creator_wallet = id_of<CreatorId>(7);
  content.plan.id = derive_plan_id(content.plan);
  log::NewRecord record{{log::Topic::catalog, PartitionId{0}}, clock_.now(), to_text(content.id), {}};
  codec::write(content, record.value);
  ASSERT_TRUE(log_.append({&record, 1}));
  CreatorRegistrar registrar(log_, chain_, clock_);
  EXPECT_TRUE(*registrar.step());
  EXPECT_TRUE(chain_.registered.contains(id_of<CreatorId>(7)));
  EXPECT_TRUE(registrar.is_registered(id_of<CreatorId>(7)));
  EXPECT_FALSE(*registrar.step());
}

// The router's events as contracts/README.md fixes them.
TEST(RouterAbi, DecodesTheFrozenTableAndNothingElse) {
  using namespace chain;
  const AccountId viewer = id_of<AccountId>(1), creator = id_of<AccountId>(3);
  const ContractId meter = id_of<ContractId>(2);
  const std::vector<ScVal> totals{sc_address(viewer), sc_i64(50), sc_i64(1), sc_i64(7),
                                  sc_i64(100),        sc_u64(4),  sc_u64(0)};
  auto decoded = router_event(std::vector{sc_symbol("meter"), sc_address(meter)}, sc_vec(totals));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->totals->deposited, Amount(50));
  EXPECT_EQ(decoded->totals->version, 4U);

  std::vector<ScVal> settled{sc_u32(1'000), sc_i64(90), sc_i64(40), sc_i64(4)};
  settled.insert(settled.end(), totals.begin(), totals.end());
  const std::vector<ScVal> topics{sc_symbol("settled"), sc_address(meter), sc_address(creator)};
  decoded = router_event(topics, sc_vec(settled));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->cumulative, Amount(90));
  EXPECT_EQ(decoded->amount, Amount(40));
  EXPECT_EQ(decoded->fee, Amount(4));
  EXPECT_EQ(decoded->totals->viewer, viewer);

  decoded = router_event(std::vector{sc_symbol("skipped"), sc_address(meter), sc_address(creator)},
                         sc_vec({sc_u32(1), sc_i64(5), sc_u32(13)}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->code, 13);

  settled.pop_back();
  EXPECT_FALSE(router_event(topics, sc_vec(settled)));
  EXPECT_FALSE(router_event(std::vector{sc_symbol("creator"), sc_address(creator)}, sc_bool(true)));
  EXPECT_FALSE(router_event({}, sc_void()));
  EXPECT_FALSE(router_event(std::vector{sc_symbol("meter"), sc_address(viewer)}, sc_vec(totals)));
}

}  // namespace
}  // namespace paytick::settler::testing
