#include "simulation/players.h"

#include "ingest/catalog.h"
#include "model/codec.h"
#include "model/partition.h"

namespace paytick::simulation {

Players::Players(std::uint32_t partitions, SeededRandom& random, VirtualClock& clock, SimulatedChain& chain,
                 Faults& faults)
    : partitions_(partitions), random_(random), clock_(clock), chain_(chain), faults_(faults) {
  for (int i = 0; i < 4; ++i) add_viewer();
}

// Streams of every kind: open to all, to who has joined, or to who has a ticket.
void Players::add_viewer() {
  Player p;
  p.open.viewer = random_.id<ViewerId>();
  p.open.meter = random_.id<MeterId>();
  p.open.content = random_.id<ContentId>();
  p.open.creator = random_.id<CreatorId>();
  choose_plan(p.open.plan);
  p.open.join_required = random_.one_in(4);
  p.open.ticket_required = !p.open.join_required && random_.one_in(4);
  if (p.open.join_required) p.minimum = Amount(300'000);
  if (p.open.ticket_required) p.ticket_price = Amount(70'000);
  p.partition = partition_of(p.open.viewer, partitions_);
  chain_.deposit(p.open.viewer, p.open.meter, Amount(random_.one_in(4) ? 400'000 : 50'000'000));
  if (random_.one_in(2)) {
    p.second = random_.id<MeterId>();
    chain_.deposit(p.open.viewer, p.second, Amount(3'000'000));
  }
  queue_content(p, false);
  players_.push_back(p);
}

void Players::choose_plan(Plan& plan) {
  plan.price_per_tick = Amount(100'000);
  if (random_.one_in(2)) {
    plan.tick_ms = 1'000;
    plan.price_per_tick = Amount(10'000);
    plan.platform_bps = 1'003;
  }
  if (random_.one_in(2)) {
    plan.minimum_ticks = 3;
    plan.initial_ticks = 2 + static_cast<std::int32_t>(random_.below(2));
    plan.initial_price = Amount(random_.one_in(2) ? 0 : 25'001);
  }
  plan.id = derive_plan_id(plan);
}

// One record, as a gateway writes lines that belong together.
void Players::queue(PartitionId partition, std::initializer_list<Input> inputs) {
  std::string lines;
  for (const Input& input : inputs) codec::write(input, lines);
  unsent_.push_back({{log::Topic::heartbeats, partition}, {}, {}, std::move(lines)});
}

void Players::queue_content(const Player& p, bool closed) {
  Content content;
  content.id = p.open.content;
  content.title = "simulated";
  content.creator_wallet = p.open.creator;
  content.plan = p.open.plan;
  content.closed = closed;
  content.created_at = clock_.time;
  content.join_required = p.open.join_required;
  content.minimum_balance = p.minimum;
  content.ticket_price = p.ticket_price;
  unsent_.push_back(ingest::catalog_record(content, {}));
}

std::vector<Open> Players::viewers() const {
  std::vector<Open> all;
  for (const Player& p : players_) {
    all.push_back(p.open);
    if (p.second.is_zero()) continue;
    all.push_back(p.open);
    all.back().meter = p.second;
  }
  return all;
}

void Players::queue_everywhere(const Input& input) {
  for (std::uint32_t p = 0; p < partitions_; ++p) queue(PartitionId{p}, {input});
}

void Players::clock() { queue_everywhere(Clock{}); }

Result<void> Players::send_one(log::EventLog& log) {
  if (unsent_.empty()) return {};
  const std::size_t i = unsent_.size() > 1 && faults_.reorders() ? random_.below(unsent_.size()) : 0;
  log::NewRecord record = unsent_[i];
  record.append_time = clock_.time;
  if (const auto done = log.append({&record, 1}); !done) return tl::unexpected(done.error());
  ++sent_;
  if (record.to.topic == log::Topic::heartbeats) acknowledged_.insert(record.value);
  faults_.note("acknowledged " + record.value);
  if (!faults_.duplicates()) unsent_.erase(unsent_.begin() + static_cast<std::ptrdiff_t>(i));
  return {};
}

void Players::on_session(const ViewerId& viewer, const SessionId& session) {
  for (Player& p : players_)
    if (p.open.viewer == viewer) p.session = session;
}

void Players::play() {
  Player& p = players_[random_.below(players_.size())];
  switch (random_.below(12)) {
    case 0:
    case 1:
      return on_chain(p);
    case 2:
    case 3:
    case 4:
      return buy(p);
    case 5:
    case 6:
    case 7:
    case 8:
      return talk(p);
    case 9:
      return ask(p);
    case 10:
      return control_stream(p);
    default:
      return control(p);
  }
}

void Players::on_chain(const Player& p) {
  const std::uint64_t what = random_.below(5);
  if (what == 0) return chain_.request_refund(p.open.meter);
  if (what == 1) return chain_.take_refund(p.open.meter);
  chain_.deposit(p.open.viewer, p.open.meter, Amount(1 + random_.upto(1'000'000)));
}

MeterId Players::meter_of(const Player& p) {
  return !p.second.is_zero() && random_.one_in(2) ? p.second : p.open.meter;
}

ReplyTo Players::a_reply() { return {random_.id<GatewayId>(), random_.id<CommandId>()}; }

void Players::charge(Player& p, ChargeKind kind, std::string key, Amount amount) {
  Charge e;
  e.viewer = p.open.viewer;
  e.meter = meter_of(p);
  e.creator = p.open.creator;
  e.bps = p.open.plan.platform_bps;
  e.kind = kind;
  e.key = std::move(key);
  e.amount = amount;
  e.content = p.open.content;
  if (kind == ChargeKind::ticket && random_.one_in(2)) e.claim = a_key();
  e.reply = a_reply();
  queue(p.partition, {e});
}

// Few of them, so that they meet again: as a tip's, as a claim, as a payout's.
std::string Players::a_key() { return "key-" + std::to_string(random_.below(5)); }

// Everywhere, or once more where the key is remembered.
void Players::ask_for_payout(const Player& p) {
  chain_.asked_to_pay(p.open.creator);
  if (random_.one_in(2)) return queue_everywhere(Payout{p.open.creator});
  queue(partition_of(p.open.creator, partitions_),
        {Payout{p.open.creator, a_key(), Amount(random_.upto(1'000)), a_reply()}});
}

// For anything, or for a ticket, which is given back once.
void Players::order_credit(Player& p) {
  Credit e;
  e.viewer = p.open.viewer;
  e.meter = meter_of(p);
  e.amount = Amount(1'000 + random_.upto(2));
  e.key = "credit-" + std::to_string(random_.one_in(3) ? p.credits : ++p.credits);
  e.reason = "simulated";
  if (random_.one_in(3)) {
    e.content = p.open.content;
    e.corrects = "ticket:" + to_text(e.content);
    e.key = "refund:" + e.corrects;
  }
  if (random_.one_in(2)) e.claim = a_key();
  e.reply = a_reply();
  queue(p.partition, {e});
}

void Players::buy_ticket(Player& p) {
  charge(p, ChargeKind::ticket, "ticket:" + to_text(p.open.content), p.ticket_price);
}

// What is no watching: joins, tickets, tips, credits, payouts.
void Players::buy(Player& p) {
  const ViewerId& viewer = p.open.viewer;
  const std::uint64_t what = random_.below(8);
  if (what < 3 && p.open.join_required)
    return queue(p.partition, {Join{viewer, p.open.meter, p.open.content, p.minimum, a_reply()}});
  if (what < 3 && p.open.ticket_required) return buy_ticket(p);
  if (what == 3) return ask_for_payout(p);
  if (what == 4) return order_credit(p);
  charge(p, ChargeKind::tip, a_key(), Amount(1 + random_.upto(3) * 17'000));
}

// A call: begun, metered by itself or with all others, and ended.
void Players::talk(Player& p) {
  if (!p.call) {
    Open e = p.open;
    e.session = random_.id<SessionId>();
    e.attachment = random_.id<AttachmentId>();
    e.meter = meter_of(p);
    e.content = random_.id<ContentId>();
    e.plan = {};
    e.plan.tick_ms = e.plan.heartbeat_ms = 4'000;
    e.plan.price_per_tick = Amount(20'000);
    e.plan.platform_bps = 2'000;
    e.plan.refund_unused = false;
    e.plan.id = derive_plan_id(e.plan);
    e.at = clock_.time;
    e.call = true;
    e.join_required = e.ticket_required = false;
    p.call = e;
    return queue(p.partition, {e, Heartbeat{e.session, e.attachment, 1, e.at}});
  }
  const Open& e = *p.call;
  const TimeMs at{std::max(e.at.ms, clock_.time.ms - random_.upto(9'000))};
  switch (random_.below(8)) {
    case 0:
      queue(p.partition, {Stop{e.session, e.attachment, clock_.time}});
      p.call.reset();
      return;
    case 1:
      return queue_everywhere(Metering{{}, {}, at, {}});
    case 2:
      return queue(p.partition, {Pause{e.viewer, e.session, a_reply()}});
    case 3:
      return queue(p.partition, {Resume{e.viewer, e.session, a_reply()}});
    case 4:
      return queue(p.partition, {Heartbeat{e.session, e.attachment, 1, e.at}});  // init again
    default:
      return queue(p.partition, {Metering{e.viewer, e.session, at, a_reply()}});
  }
}

void Players::ask(const Player& p) {
  Ask e;
  e.viewer = p.open.viewer;
  e.meter = meter_of(p);
  if (random_.one_in(2)) e.content = p.open.content;
  if (random_.one_in(3)) e.key = a_key();
  if (random_.one_in(3) && p.call) e.session = p.call->session;
  e.reply = a_reply();
  queue(p.partition, {e});
}

// Of one stream.
void Players::control_stream(Player& p) {
  if (p.session.is_zero()) return;
  if (random_.one_in(2)) return queue(p.partition, {Pause{p.open.viewer, p.session, a_reply()}});
  queue(p.partition, {Resume{p.open.viewer, p.session, a_reply()}});
}

void Players::close(Player& p) {
  queue_content(p, true);
  queue_everywhere(ContentClosed{p.open.content});
  if (p.open.ticket_required) buy_ticket(p);  // somebody comes too late
}

// Of everything a viewer has.
void Players::control(Player& p) {
  const ViewerId& viewer = p.open.viewer;
  switch (random_.below(8)) {
    case 0:
      return queue(p.partition, {Pause{viewer, std::nullopt, a_reply()}});
    case 1:
      return queue(p.partition, {Limit{viewer, Amount(random_.upto(3'000'000)), Period::day, a_reply()}});
    case 2: {
      // One unit less than a number of ticks costs.
      const std::int64_t price = p.open.plan.price_per_tick.units();
      return queue(p.partition,
                   {Limit{viewer, Amount((1 + random_.upto(30)) * price - 1), Period::total, a_reply()}});
    }
    case 3:
      if (!random_.one_in(3)) return close(p);
      return queue(p.partition, {Limit{viewer, Amount(100'000'000), Period::month, a_reply()}});
    case 4:
      return queue(p.partition, {Freeze{viewer, "simulated", a_reply()}});
    default:
      return queue(p.partition,
                   {Unfreeze{viewer, "simulated", a_reply()}, Resume{viewer, std::nullopt, a_reply()}});
  }
}

}  // namespace paytick::simulation
