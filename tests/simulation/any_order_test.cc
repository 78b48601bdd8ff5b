// Any order, duplication and interleaving of inputs, across the sessions and meters of a viewer, through the
// fold alone: whatever comes, no purchase leaves less than nothing, no limit is passed, shares add up, the
// bill is price × (distinct ticks − given back), and the auditor comes to the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "aggregator/fold.h"
#include "invariants/every.h"
#include "model/codec.h"
#include "simulation/auditor.h"
#include "simulation/seed.h"

namespace paytick::simulation {
namespace {

constexpr std::uint64_t kCases = 20'000;
constexpr std::int64_t kStart = 1'790'812'800'000 - 120'000;  // two minutes before a day and a month begin

struct Viewer {
  ViewerId id;
  std::vector<MeterId> meters;
  std::int64_t deposited = 0;
  std::uint64_t version = 0;
};

class Case {
 public:
  // What all cases together must have met, for them to mean anything.
  struct Met {
    std::uint64_t bought = 0, given_back = 0, halted = 0, refused = 0, closed = 0, charged = 0;
  };

  Case(std::uint64_t seed, Met& met) : random_(seed), met_(met) {}

  void run() {
    for (int v = 0; v < 2; ++v) {
      Viewer& viewer = viewers_.emplace_back();
      viewer.id = random_.id<ViewerId>();
      viewer.meters = {random_.id<MeterId>(), random_.id<MeterId>()};
      top_up(viewer);
    }
    for (int i = 0; i < 3; ++i) contents_.push_back(random_.id<ContentId>());
    creator_ = random_.id<CreatorId>();
    const std::uint64_t rounds = 4 + random_.below(12);
    for (std::uint64_t i = 0; i < rounds && !testing::Test::HasFailure(); ++i) round();
    now_ += 90'000;
    say(Clock{});
    finish();
  }

 private:
  // A handful of inputs, some twice, in any order.
  void round() {
    std::vector<Input> inputs;
    for (std::uint64_t n = 1 + random_.below(10); n != 0; --n) something(inputs);
    const std::size_t before = inputs.size();
    for (std::size_t i = 0; i < before; ++i)
      if (random_.one_in(3)) inputs.push_back(inputs[i]);
    for (std::size_t i = inputs.size(); i > 1; --i) std::swap(inputs[i - 1], inputs[random_.below(i)]);
    for (const Input& input : inputs) {
      now_ += random_.upto(random_.one_in(8) ? 30'000 : 1'500);
      say(input);
    }
    if (random_.one_in(2)) say(Clock{});
    if (random_.one_in(8)) restart();
  }

  void restart() {
    auto restored = aggregator::Fold::restore({}, source_of(fold_.snapshot(Offset{records_}, {}).all()));
    ASSERT_TRUE(restored) << restored.error().code;
    fold_ = std::move(restored->fold);
  }

  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[random_.below(all.size())];
  }
  Viewer& a_viewer() { return viewers_[random_.below(viewers_.size())]; }
  TimeMs about_now() { return {now_ - random_.upto(25'000) + random_.upto(6'000)}; }

  void something(std::vector<Input>& out) {
    Viewer& v = a_viewer();
    switch (random_.below(16)) {
      case 0:
      case 1:
        return open(v, out);
      case 2:
        return charge(v, out);
      case 3:
        return control(v, out);
      case 4:
        if (!opens_.empty()) out.push_back(stop(one_of(opens_)));
        return;
      case 5:
        if (random_.one_in(2)) return top_up(v);
        out.push_back(Metering{{}, {}, about_now(), {}});
        return;
      default:
        if (opens_.empty()) return open(v, out);
        return ping(one_of(opens_), out);
    }
  }

  void open(const Viewer& v, std::vector<Input>& out) {
    Open e;
    e.session = random_.id<SessionId>();
    e.attachment = random_.id<AttachmentId>();
    e.viewer = v.id;
    e.meter = one_of(random_.one_in(20) ? viewers_[0].meters : v.meters);
    e.content = one_of(contents_);
    e.creator = creator_;
    e.at = {now_ - random_.upto(3'000)};
    e.join_required = random_.one_in(8);
    e.ticket_required = random_.one_in(8);
    e.plan.tick_ms = random_.one_in(2) ? 1'000 : 10'000;
    e.plan.heartbeat_ms = e.plan.tick_ms * static_cast<std::int32_t>(1 + random_.below(4));
    e.plan.price_per_tick = Amount(1 + random_.upto(900));
    e.plan.minimum_ticks = static_cast<std::int32_t>(random_.below(5));
    e.plan.platform_bps = static_cast<std::uint16_t>(random_.below(5'001));
    if (random_.one_in(3)) {
      e.plan.initial_ticks = static_cast<std::int32_t>(random_.below(5)) % (e.plan.minimum_ticks + 1);
      if (e.plan.initial_ticks != 0) e.plan.initial_price = Amount(random_.upto(3) * 211);
    }
    e.call = random_.one_in(4);
    e.plan.refund_unused = !e.call && !random_.one_in(5);
    e.plan.id = derive_plan_id(e.plan);
    if (!opens_.empty() && random_.one_in(5)) e.resume = one_of(opens_).session;
    opens_.push_back(e);
    out.push_back(e);
    ping(e, out);
  }
  void ping(const Open& e, std::vector<Input>& out) {
    if (e.call && random_.one_in(2)) {
      out.push_back(Metering{e.viewer, e.session, about_now(), {}});
      return;
    }
    out.push_back(Heartbeat{e.session, e.attachment, 1, about_now()});
  }
  Stop stop(const Open& e) { return {e.session, e.attachment, about_now()}; }

  void charge(const Viewer& v, std::vector<Input>& out) {
    Charge e;
    e.viewer = v.id;
    e.meter = one_of(v.meters);
    e.creator = creator_;
    e.bps = 1'234;
    e.kind = random_.one_in(3) ? ChargeKind::ticket : ChargeKind::tip;
    e.content = one_of(contents_);
    e.key = "k" + std::to_string(random_.below(12));
    e.amount = Amount(random_.upto(2'000));
    out.push_back(e);
  }

  void control(const Viewer& v, std::vector<Input>& out) {
    std::optional<SessionId> session;
    if (!opens_.empty() && random_.one_in(2)) session = one_of(opens_).session;
    switch (random_.below(9)) {
      case 0:
        out.push_back(Pause{v.id, session, {}});
        return;
      case 1:
      case 2:
        out.push_back(Resume{v.id, session, {}});
        return;
      case 3:
        out.push_back(Freeze{v.id, "", {}});
        out.push_back(Unfreeze{v.id, "", {}});
        return;
      case 4:
        out.push_back(Join{v.id, one_of(v.meters), one_of(contents_), Amount(random_.upto(5'000)), {}});
        return;
      case 5:
        if (random_.one_in(6)) out.push_back(ContentClosed{one_of(contents_)});
        return;
      default:
        out.push_back(Limit{v.id, Amount(random_.upto(9'000)), static_cast<Period>(random_.below(3)), {}});
        return;
    }
  }

  void top_up(Viewer& v) {
    v.deposited += random_.upto(9'000);
    ++v.version;
    for (const MeterId& meter : v.meters) {
      MeterReport e;
      e.viewer = v.id;
      e.meter = meter;
      e.deposited = Amount(v.deposited);
      e.allowance = random_.one_in(2) ? kMaxAmount : Amount(v.deposited);
      e.version = v.version;
      say(e);
    }
  }

  void say(const Input& input) {
    const TimeMs at{now_ - random_.upto(700)};  // another gateway's clock
    largest_ = std::max(largest_, at);
    auditor_.input(at, input);
    std::string record;
    codec::write(input, record);
    out_.clear();
    fold_.apply(Offset{records_++}, at, record, out_);
    const invariants::Place place{{}, Offset{records_}, largest_, largest_};
    codec::for_each_line(out_.lines, [&](codec::MutableLine line) {
      const auto output = codec::parse_output(line);
      ASSERT_TRUE(output) << output.error().message;
      const auto fine = invariants_.check(*output, place);
      ASSERT_TRUE(fine) << fine.error().code << ": " << fine.error().message;
      auditor_.output(*output);
      note(*output);
    });
  }

  // The bill, counted here once more: ticks as a set, at the price of each.
  void note(const Output& line) {
    if (const auto* l = std::get_if<TickLine>(&line)) {
      for (std::int64_t k = l->k; k < l->k + l->n; ++k) {
        EXPECT_TRUE(bills_[l->session].emplace(k, l->price.units()).second) << "bought twice";
        ++met_.bought;
      }
      EXPECT_GE(l->spendable, Amount(0));
    }
    if (const auto* l = std::get_if<AdjustLine>(&line))
      for (std::int64_t k = l->k; k < l->k + l->n; ++k) {
        EXPECT_EQ(bills_[l->session].erase(k), 1U) << "given back and not bought";
        ++met_.given_back;
      }
    if (const auto* l = std::get_if<ChargeLine>(&line)) {
      EXPECT_GE(l->spendable, Amount(0));
      ++met_.charged;
    }
    met_.halted += std::holds_alternative<HaltLine>(line) ? 1 : 0;
    met_.refused += std::holds_alternative<RejectedLine>(line) ? 1 : 0;
    met_.closed += std::holds_alternative<ClosedLine>(line) ? 1 : 0;
  }

  void finish() {
    const auto what = auditor_.difference();
    EXPECT_FALSE(what) << *what;
    for (const auto& view : fold_.sessions()) {
      std::int64_t amount = 0;
      for (const auto& [k, price] : bills_[view.session]) amount += price;
      EXPECT_EQ(view.ticks, static_cast<std::int64_t>(bills_[view.session].size()));
      EXPECT_EQ(view.amount.units(), amount);
      EXPECT_EQ(auditor_.sessions()[view.session].amount, amount);
    }
    for (const auto& sum : fold_.sums()) {
      const invariants::Shares shares = invariants::shares_of(sum.due, sum.bps);
      EXPECT_EQ(shares.creator.units() + shares.platform.units(), sum.due.units());
      EXPECT_LE(sum.due, sum.charged);
    }
    for (const auto& meter : fold_.meters())
      EXPECT_EQ(meter.spendable.units(), auditor_.spendable(meter.meter));
  }

  SeededRandom random_;
  Met& met_;
  aggregator::Fold fold_{aggregator::FoldConfig{}};
  aggregator::FoldOutput out_;
  Auditor auditor_;
  invariants::Every invariants_;
  std::int64_t now_ = kStart, records_ = 0;
  TimeMs largest_;
  std::vector<Viewer> viewers_;
  std::vector<ContentId> contents_;
  CreatorId creator_;
  std::vector<Open> opens_;
  std::map<SessionId, std::map<std::int64_t, std::int64_t>> bills_;
};

TEST(AnyOrder, CostsWhatTheAuditorSaysAndKeepsEveryInvariant) {
  Case::Met met;
  for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
    Case(seed, met).run();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(met.bought, 10 * kCases);
  EXPECT_GT(met.given_back, kCases / 4);
  EXPECT_GT(met.halted, kCases);
  EXPECT_GT(met.refused, kCases);
  EXPECT_GT(met.closed, kCases);
  EXPECT_GT(met.charged, kCases / 2);
}

// Between two controls the order of a session's heartbeats does not matter, nor how often each comes.
TEST(AnyOrder, OfHeartbeatsBetweenControlsGivesTheSameBill) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SeededRandom random(seed);
    MeterReport report;
    report.viewer = random.id<ViewerId>();
    report.meter = random.id<MeterId>();
    report.deposited = report.allowance = Amount(90'000'000);
    report.version = 1;
    Open open;
    open.session = random.id<SessionId>();
    open.attachment = random.id<AttachmentId>();
    open.viewer = report.viewer;
    open.meter = report.meter;
    open.content = random.id<ContentId>();
    open.creator = random.id<CreatorId>();
    open.at = {kStart};
    open.plan.tick_ms = 1'000;
    open.plan.heartbeat_ms = 3'000;
    open.plan.price_per_tick = Amount(7);
    open.plan.minimum_ticks = open.plan.initial_ticks = 2;
    open.plan.id = derive_plan_id(open.plan);
    std::vector<std::vector<Input>> parts;
    for (int part = 0; part < 3; ++part) {
      auto& inputs = parts.emplace_back();
      for (std::uint64_t n = 1 + random.below(12); n != 0; --n)
        inputs.push_back(
            Heartbeat{open.session, open.attachment, n, {kStart + part * 20'000 + random.upto(20'000)}});
    }
    std::set<std::string> bills;
    for (int order = 0; order < 6; ++order) {
      aggregator::Fold fold{aggregator::FoldConfig{}};
      aggregator::FoldOutput out;
      std::int64_t offset = 0;
      const auto say = [&](std::int64_t ms, const Input& input) {
        std::string record;
        codec::write(input, record);
        fold.apply(Offset{offset++}, {kStart + ms}, record, out);
      };
      say(0, report);
      say(0, open);
      for (int part = 0; part < 3; ++part) {
        std::vector<Input> inputs = parts[static_cast<std::size_t>(part)];
        const std::size_t n = inputs.size();
        for (std::size_t i = 0; i < n; ++i)
          if (random.one_in(2)) inputs.push_back(inputs[i]);
        for (std::size_t i = inputs.size(); i > 1; --i) std::swap(inputs[i - 1], inputs[random.below(i)]);
        const std::int64_t end = (part + 1) * 20'000;
        for (const Input& input : inputs) say(end, input);
        say(end, Pause{open.viewer, open.session, {}});
        say(end, Resume{open.viewer, open.session, {}});
      }
      const auto view = fold.session(open.session);
      ASSERT_TRUE(view);
      bills.insert(std::to_string(view->ticks) + " ticks for " + to_decimal(view->amount));
    }
    EXPECT_EQ(bills.size(), 1U) << "seed " << seed << ": " << *bills.begin() << ", " << *bills.rbegin();
  }
}

}  // namespace
}  // namespace paytick::simulation
