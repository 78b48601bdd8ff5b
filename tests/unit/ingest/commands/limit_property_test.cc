// The limit is never passed, by not one unit, whatever players and commands do at once: random pings,
// charges, limits, pauses, top-ups and lost replies over several sockets and meters of two viewers, through a
// gateway's core and real folds. What was spent is added up here, from the lines of money alone.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "../core_fixture.h"
#include "aggregator/fold.h"
#include "model/partition.h"

namespace paytick::ingest {
namespace {

constexpr std::uint32_t kPartitions = 4;
constexpr std::size_t kViewers = 2, kMeters = 3, kContents = 2, kConns = 6;

// Adds up what the fold says, and knows the limits as they were set in the log's order.
class Auditor {
 public:
  void limit(const ViewerId& viewer, Amount amount) { limits_[viewer] = amount.units(); }
  void take(PartitionId partition, const Output& output) {
    if (const auto* sum = std::get_if<SumLine>(&output)) sums_[{partition, sum->sum}] = sum->viewer;
    if (const auto* tick = std::get_if<TickLine>(&output)) {
      spend(sums_.at({partition, tick->sum}), tick->price.units() * tick->n, tick->spendable);
    }
    if (const auto* charge = std::get_if<ChargeLine>(&output)) {
      spend(sums_.at({partition, charge->sum}), charge->amount.units(), charge->spendable);
    }
    if (const auto* adjust = std::get_if<AdjustLine>(&output)) {
      spent_[sums_.at({partition, adjust->sum})] -= adjust->price.units() * adjust->n;
    }
  }
  std::size_t purchases() const { return purchases_; }
  std::int64_t spent(const ViewerId& viewer) { return spent_[viewer]; }

 private:
  void spend(const ViewerId& viewer, std::int64_t units, Amount spendable) {
    ++purchases_;
    spent_[viewer] += units;
    const auto set = limits_.find(viewer);
    const std::int64_t limit = set == limits_.end() ? 10 * kUnitsPerWhole : set->second;
    ASSERT_LE(spent_[viewer], limit);
    ASSERT_GE(spendable.units(), 0);
  }
  std::map<std::pair<PartitionId, SumId>, ViewerId> sums_;
  std::map<ViewerId, std::int64_t> spent_, limits_;
  std::size_t purchases_ = 0;
};

class World : private Outbox {
 public:
  explicit World(std::uint32_t seed) : dice_(seed) {
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      folds_.emplace_back(aggregator::FoldConfig{PartitionId{p}, kPartitions});
    }
    offsets_.resize(kPartitions);
    for (std::size_t v = 0; v < kViewers; ++v) {
      for (std::size_t m = 0; m < kMeters; ++m) {
        meters_.put(meter(v, m), viewer(v));
        deposit(v, m);
      }
    }
    for (std::size_t c = 0; c < kContents; ++c) catalog_.apply(content(c));
    for (std::size_t c = 0; c < kConns; ++c) core_.on_open(conns_[c] = ConnId{++next_conn_}, now_);
    flow();
  }

  void act() {
    const std::size_t v = roll(kViewers), m = roll(kMeters), c = roll(kConns);
    switch (roll(12)) {
      case 0:
        core_.commands().submit(viewer(v), Limit{viewer(v), Amount(units(300'000)), Period::total, {}},
                                count(), now_);
        break;
      case 1:
        core_.commands().submit(viewer(v), Pause{viewer(v), {}, {}}, count(), now_);
        break;
      case 2:
      case 3:
        core_.commands().submit(viewer(v), Resume{viewer(v), {}, {}}, count(), now_);
        break;
      case 4:
      case 5:
        core_.commands().submit(viewer(v), charge(v, m), count(), now_);
        break;
      case 6:
        deposit(v, m);
        break;
      case 7:
        core_.on_close(conns_[c], now_);
        core_.on_open(conns_[c] = ConnId{++next_conn_}, now_);
        break;
      default:
        ping(c, v, m);
    }
    if (roll(3) == 0) now_ = now_ + units(12'000);
    if (roll(4) == 0) tick();
    if (roll(2) == 0) flow();
  }

  void end() {
    tick();
    flow();
    now_ = now_ + kCommandPatienceMs;
    tick();
    flow();
    EXPECT_EQ(submitted_, answered_) << "every command has an answer";
    // Read your writes: the answer to a question is what the lines add up to.
    for (std::size_t v = 0; v < kViewers; ++v) {
      Ask ask;
      ask.viewer = viewer(v);
      std::optional<Amount> told;
      core_.commands().submit(
          viewer(v), ask, [&](const Result<Outcome>& outcome) { told = outcome->spent; }, now_);
      lose_ = false;
      flow();
      ASSERT_TRUE(told);
      EXPECT_EQ(told->units(), auditor_.spent(viewer(v)));
    }
  }
  std::size_t purchases() const { return auditor_.purchases(); }

 private:
  void send(ConnId, std::string_view) override {}
  void answer(RunId, std::string, std::uint32_t, std::uint32_t) override {}

  std::size_t roll(std::size_t n) { return dice_() % n; }
  std::int64_t units(std::int64_t most) { return static_cast<std::int64_t>(dice_()) % most; }
  static ViewerId viewer(std::size_t v) {
    ViewerId id;
    id.bytes.fill(static_cast<std::uint8_t>(10 + v));
    return id;
  }
  static MeterId meter(std::size_t v, std::size_t m) {
    MeterId id;
    id.bytes.fill(static_cast<std::uint8_t>(50 + 10 * v + m));
    return id;
  }
  static Content content(std::size_t c) {
    Content content;
    content.id.bytes.fill(static_cast<std::uint8_t>(100 + c));
    content.creator_wallet.bytes.fill(static_cast<std::uint8_t>(120 + c));
    content.plan.tick_ms = c == 0 ? 1'000 : 5'000;
    content.plan.heartbeat_ms = 10'000;
    content.plan.price_per_tick = Amount(c == 0 ? 1'003 : 7'001);
    content.plan.refund_unused = c == 0;
    content.plan.id = derive_plan_id(content.plan);
    return content;
  }
  Charge charge(std::size_t v, std::size_t m) {
    Charge tip;
    tip.viewer = viewer(v);
    tip.meter = meter(v, m);
    tip.creator.bytes.fill(7);
    tip.key = "http:" + std::to_string(roll(12));
    tip.amount = Amount(1'000 * static_cast<std::int64_t>(1 + tip.key.back() % 7));
    return tip;
  }
  CommandDesk::Done count() {
    ++submitted_;
    return [this](const Result<Outcome>&) { ++answered_; };
  }
  void ping(std::size_t conn, std::size_t v, std::size_t m) {
    std::string text = R"({"type":"ping","videoId":")" + to_text(content(roll(kContents)).id) +
                       R"(","contractId":")" + to_text(meter(v, m)) + "\"} ";
    core_.on_message(conns_[conn], {text.data(), text.size() - 1}, now_);
  }
  void deposit(std::size_t v, std::size_t m) {
    MeterReport report;
    report.viewer = viewer(v);
    report.meter = meter(v, m);
    report.version = ++version_;
    report.deposited = deposits_[report.meter] = Amount(deposits_[report.meter].units() + units(60'000));
    report.allowance = kMaxAmount;
    core_.add_line(partition_of(report.viewer, kPartitions), report);
  }
  void tick() {
    for (std::uint32_t p = 0; p < kPartitions; ++p) core_.add_line(PartitionId{p}, Clock{});
    core_.on_tick(now_);
  }

  // Carries to the folds what waits, and back what they say, some of which is lost.
  void flow() {
    while (auto batch = core_.take_batch(now_)) {
      replies_.clear();
      outcomes_.clear();
      for (auto& record : batch->records) {
        codec::for_each_line(record.value, [&](codec::MutableLine line) {
          fold(record.to.partition, std::string(line.data, line.size) + "\n");
        });
      }
      core_.on_appended(batch->id, {});
      for (const Reply& reply : replies_)
        if (!lose_ || roll(8) != 0) core_.on_reply(reply, now_);
      for (const Outcome& outcome : outcomes_)
        if (!lose_ || roll(8) != 0) core_.on_outcome(outcome);
    }
  }
  void fold(PartitionId partition, std::string line) {
    std::string copy = line;
    const auto input = codec::parse_input({copy.data(), copy.size() - 1});
    ASSERT_TRUE(input);
    const auto p = static_cast<std::uint32_t>(partition);
    if (const auto* limit = std::get_if<Limit>(&*input)) auditor_.limit(limit->viewer, limit->amount);
    out_.clear();
    folds_[p].apply(Offset{offsets_[p]++}, now_, line, out_);
    codec::for_each_line(out_.lines, [&](codec::MutableLine text) {
      const auto output = codec::parse_output(text);
      ASSERT_TRUE(output);
      auditor_.take(partition, *output);
    });
    replies_.insert(replies_.end(), out_.replies.begin(), out_.replies.end());
    outcomes_.insert(outcomes_.end(), out_.outcomes.begin(), out_.outcomes.end());
  }

  std::mt19937 dice_;
  TimeMs now_{1'800'000'000'000};
  CountingRandom random_;
  Catalog catalog_;
  MeterDirectory meters_;
  SessionDirectory sessions_{kPartitions, random_};
  ResumeTokens tokens_{ResumeTokens::Key{}};
  GatewayCore core_{CoreConfig{.gateway = GatewayId{{1}}, .development = true},
                    Shared{catalog_, meters_, sessions_, tokens_, random_}, kPartitions, *this};
  std::vector<aggregator::Fold> folds_;
  std::vector<std::int64_t> offsets_;
  aggregator::FoldOutput out_;
  std::vector<Reply> replies_;
  std::vector<Outcome> outcomes_;
  Auditor auditor_;
  std::map<MeterId, Amount> deposits_;
  std::array<ConnId, kConns> conns_{};
  std::uint64_t next_conn_ = 0, version_ = 0;
  std::size_t submitted_ = 0, answered_ = 0;
  bool lose_ = true;
};

TEST(LimitProperty, NoInterleavingPassesTheLimit) {
  std::size_t purchases = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    for (int i = 0; i < 300 && !::testing::Test::HasFailure(); ++i) world.act();
    world.end();
    purchases += world.purchases();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(purchases, 1'000U) << "something was bought at all";
}

}  // namespace
}  // namespace paytick::ingest
