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

void Players::add_viewer() {
  Player p;
  p.open.viewer = random_.id<ViewerId>();
  p.open.meter = random_.id<MeterId>();
  p.open.content = random_.id<ContentId>();
  p.open.creator = random_.id<CreatorId>();
  p.open.plan.price_per_tick = Amount(100'000);
  if (random_.one_in(2)) {
    p.open.plan.tick_ms = 1'000;
    p.open.plan.price_per_tick = Amount(10'000);
    p.open.plan.platform_bps = 1'000;
  }
  p.open.plan.id = derive_plan_id(p.open.plan);
  p.partition = partition_of(p.open.viewer, partitions_);
  chain_.deposit(p.open.viewer, p.open.meter, Amount(random_.one_in(4) ? 400'000 : 50'000'000));
  queue_content(p.open, false);
  players_.push_back(p);
}

void Players::queue(PartitionId partition, const Input& input) {
  std::string line;
  codec::write(input, line);
  unsent_.push_back({{log::Topic::heartbeats, partition}, {}, {}, std::move(line)});
}

void Players::queue_content(const Open& open, bool closed) {
  Content content;
  content.id = open.content;
  content.title = "simulated";
  content.creator_wallet = open.creator;
  content.plan = open.plan;
  content.closed = closed;
  content.created_at = clock_.time;
  unsent_.push_back(ingest::catalog_record(content, {}));
}

std::vector<Open> Players::viewers() const {
  std::vector<Open> all;
  for (const Player& p : players_) all.push_back(p.open);
  return all;
}

void Players::queue_everywhere(const Input& input) {
  for (std::uint32_t p = 0; p < partitions_; ++p) queue(PartitionId{p}, input);
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

void Players::play() {
  Player& p = players_[random_.below(players_.size())];
  if (random_.one_in(3)) return on_chain(p);
  control(p);
}

void Players::on_chain(const Player& p) {
  const std::uint64_t what = random_.below(5);
  if (what == 0) return chain_.request_refund(p.open.meter);
  if (what < 3) return chain_.pay_out(p.open.meter);
  chain_.deposit(p.open.viewer, p.open.meter, Amount(1 + random_.upto(1'000'000)));
}

void Players::control(Player& p) {
  const ViewerId& viewer = p.open.viewer;
  switch (random_.below(8)) {
    case 0:
      return queue(p.partition, Pause{viewer, std::nullopt});
    case 1:
      return queue(p.partition, Limit{viewer, Amount(random_.upto(3'000'000)), Period::day});
    case 2:
      return queue(p.partition, Limit{viewer, Amount(100'000'000), Period::total});
    case 3:
    case 4:
      return queue(p.partition,
                   Charge{viewer, p.open.meter, p.open.creator, p.open.plan.platform_bps, ChargeKind::tip,
                          "tip-" + std::to_string(random_.below(5)), Amount(1 + random_.upto(50'000))});
    case 5:
      if (random_.one_in(8)) {
        queue_content(p.open, true);
        return queue_everywhere(ContentClosed{p.open.content});
      }
      return queue(p.partition, Freeze{viewer, "simulated"});
    default:
      queue(p.partition, Unfreeze{viewer, "simulated"});
      return queue(p.partition, Resume{viewer, std::nullopt});
  }
}

}  // namespace paytick::simulation
