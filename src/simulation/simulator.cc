#include "simulation/simulator.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "aggregator/partition_worker.h"
#include "log/memory/memory_log.h"
#include "model/codec.h"
#include "model/frame.h"
#include "settler/settler_worker.h"
#include "simulation/auditor.h"
#include "simulation/simulated_chain.h"

namespace paytick::simulation {
namespace {

constexpr PartitionId kPartition{0};
constexpr std::size_t kAll = 1U << 30;

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::int64_t upto(std::int64_t n) {
    return static_cast<std::int64_t>(below(static_cast<std::uint64_t>(n)));
  }
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& b : out) b = static_cast<std::uint8_t>(next());
  }

 private:
  std::uint64_t state_;
};

class VirtualClock final : public WallClock {
 public:
  TimeMs now() override { return time; }
  TimeMs time{1'790'000'000'000};
};

class NoReplies final : public aggregator::ReplySink {
 public:
  void deliver(PartitionId, std::span<const Reply>) override {}
};

struct Player {
  Open open;
  bool playing = false;
  std::uint64_t seq = 0;
};

class World {
 public:
  World(std::uint64_t seed, Bug bug) : bug_(bug), random_(seed), chain_(clock_.time) {
    report_.seed = seed;
    chain_.pays_twice = bug == Bug::double_settle;
    chain_.send_fault = [this] { return draw_send_fault(); };
    restart(log::MemoryImage(1));
    gateway_ = random_.id<GatewayId>();
    for (int i = 0; i < 3; ++i) add_viewer();
  }

  Report run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps && ok(); ++i) step();
    drain();
    if (ok()) audit();
    return report_;
  }

 private:
  bool ok() const { return report_.ok(); }
  void differ(std::string what) {
    if (ok()) report_.difference = std::move(what);
  }
  void fired(const char* kind) { ++report_.faults[kind]; }

  // -- faults
  log::Fault draw_fault(log::Write kind) {
    if (calm_) return log::Fault::none;
    switch (random_.below(150)) {
      case 0:
        fired("log_busy");
        return log::Fault::busy;
      case 1:
        fired("log_full");
        return log::Fault::full;
      case 2:
        fired("in_doubt_applied");
        return log::Fault::in_doubt_applied;
      case 3:
        fired("in_doubt_dropped");
        return log::Fault::in_doubt_dropped;
      case 4:
        fired("crash_before_write");
        return log::Fault::crash_before;
      case 5:
        fired("crash_after_write");
        return log::Fault::crash_after;
      case 6:
        if (kind != log::Write::commit) break;
        fired("fenced");
        return log::Fault::fenced;
      default:
        break;
    }
    return log::Fault::none;
  }
  SendFault draw_send_fault() {
    if (calm_) return SendFault::none;
    switch (random_.below(12)) {
      case 0:
        fired("answer_lost_applied");
        return SendFault::lost_applied;
      case 1:
        fired("answer_lost_dropped");
        return SendFault::lost_dropped;
      case 2:
        fired("chain_unreachable");
        return SendFault::unreachable;
      case 3:
        fired("try_again_later");
        return SendFault::try_again;
      case 4:
        fired("transaction_forgotten");
        return SendFault::forgotten;
      default:
        return SendFault::none;
    }
  }

  // -- processes
  void restart(log::MemoryImage image) {
    settler_.reset();
    for (auto& w : workers_) w.reset();
    faulty_.reset();
    log_ = std::make_unique<log::MemoryLog>(log::MemoryOptions{1, 0, false}, std::move(image));
    log_->set_fault_source([this](log::Write kind) { return draw_fault(kind); });
    faulty_ = std::make_unique<FaultyLog>(*log_, bug_);
    start_worker(0);
    start_settler();
  }
  void start_worker(std::size_t i) {
    aggregator::WorkerConfig config;
    config.partition = kPartition;
    config.snapshot_every_records = 20;
    workers_[i] = std::make_unique<aggregator::PartitionWorker>(config, *faulty_, random_, replies_);
  }
  void start_settler() {
    settler::SettlerConfig config;
    config.partitions = {kPartition};
    config.policy.threshold = Amount(1);
    config.policy.max_age_ms = 1'000;
    config.policy.failures_max = 1'000'000;
    settler_ = std::make_unique<settler::SettlerWorker>(config, *faulty_, chain_, clock_, random_);
    settler_started_ = false;
  }
  // After an error. A dead log is a dead process: all of it starts again on what is durable.
  void failed(const Error& error, const char* who) {
    if (log_->crashed()) return restart(log_->image());
    if (error.next == Next::fatal) differ(std::string(who) + ": " + error.code + ": " + error.message);
  }
  bool step_worker(std::size_t i) {
    if (!workers_[i]) start_worker(i);
    const auto done = workers_[i]->step();
    if (done) return *done == aggregator::StepResult::worked;
    failed(done.error(), "aggregator");
    return true;
  }
  bool step_settler() {
    if (!settler_started_) {
      const auto begun = settler_->start();
      settler_started_ = begun.has_value();
      if (!begun) failed(begun.error(), "settler");
      return true;
    }
    const auto done = settler_->step();
    if (done) return *done;
    if (done.error().next != Next::retry) settler_started_ = false;
    failed(done.error(), "settler");
    return true;
  }

  // -- inputs
  void add_viewer() {
    Player p;
    p.open.viewer = random_.id<ViewerId>();
    p.open.meter = random_.id<MeterId>();
    p.open.content = random_.id<ContentId>();
    p.open.creator = random_.id<CreatorId>();
    p.open.plan.price_per_tick = Amount(100'000);
    if (random_.below(2) == 0) {
      p.open.plan.tick_ms = 1'000;
      p.open.plan.price_per_tick = Amount(10'000);
      p.open.plan.platform_bps = 1'000;
    }
    p.open.plan.id = derive_plan_id(p.open.plan);
    p.open.gateway = gateway_;
    MeterReport report;
    report.viewer = p.open.viewer;
    report.meter = p.open.meter;
    report.deposited = report.allowance = Amount(random_.below(4) == 0 ? 400'000 : 50'000'000);
    queue(report);
    players_.push_back(p);
  }
  void queue(const Input& input) {
    std::string line;
    codec::write(input, line);
    unsent_.push_back(std::move(line));
  }
  // What was not acknowledged stays, and is sent again.
  void send_one() {
    if (unsent_.empty()) return;
    std::size_t i = 0;
    if (!calm_ && unsent_.size() > 1 && random_.below(8) == 0) {
      fired("reordered");
      i = random_.below(unsent_.size());
    }
    const std::string line = unsent_[i];
    const log::NewRecord record{{log::Topic::heartbeats, kPartition}, clock_.time, {}, line};
    const auto done = faulty_->append({&record, 1});
    if (!done) return failed(done.error(), "gateway");
    ++report_.inputs;
    acknowledged_.insert(line);
    if (!calm_ && random_.below(16) == 0) {
      fired("duplicated");
      return;
    }
    unsent_.erase(unsent_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  void play() {
    Player& p = players_[random_.below(players_.size())];
    if (!p.playing) {
      p.open.session = random_.id<SessionId>();
      p.open.attachment = random_.id<AttachmentId>();
      p.open.at = clock_.time;
      p.open.boot = boot_;
      p.playing = true;
      queue(p.open);
    } else if (random_.below(10) == 0) {
      p.playing = false;
      queue(Stop{p.open.session, p.open.attachment, clock_.time});
    } else {
      queue(Heartbeat{p.open.session, p.open.attachment, ++p.seq, clock_.time});
    }
  }

  void step() {
    switch (random_.below(20)) {
      case 0:
      case 1:
      case 2:
        play();
        break;
      case 3:
      case 4:
      case 5:
        send_one();
        break;
      case 6:
        queue(Clock{});
        break;
      case 7:
        clock_.time = clock_.time + random_.upto(6'000);
        break;
      case 8:
        chain_.close_ledger(clock_.time);
        break;
      case 9:
        strike();
        break;
      case 10:
      case 11:
      case 12:
      case 13:
      case 14:
        step_worker(0);
        break;
      default:
        step_settler();
        break;
    }
  }
  void strike() {
    switch (random_.below(12)) {
      case 0:
        fired("aggregator_killed");
        start_worker(0);
        break;
      case 1:
        fired("settler_killed");
        start_settler();
        break;
      case 2:
      case 3:
        fired("two_owners");
        step_worker(1);
        break;
      case 4:
        fired("gateway_restarted");
        queue(GatewayStarted{gateway_, ++boot_});
        for (Player& p : players_) p.playing = false;
        break;
      case 5:
        fired("crash_between_writes");
        log_->crash();
        restart(log_->image());
        break;
      default:
        break;
    }
  }

  // Faults off: everything is sent, folded and settled.
  void drain() {
    calm_ = true;
    workers_[1].reset();
    for (int i = 0; i < 40 && ok(); ++i) {
      while (!unsent_.empty() && ok()) send_one();
      clock_.time = clock_.time + 5'000;
      queue(Clock{});
      send_one();
      for (int n = 0; n < 1'000 && ok() && step_worker(0); ++n) {
      }
      for (int n = 0; n < 1'000 && ok() && step_settler(); ++n) {
      }
      chain_.close_ledger(clock_.time);
    }
  }

  void audit() {
    Auditor auditor;
    std::set<std::string> found;
    const auto inputs = log_->read({log::Topic::heartbeats, kPartition}, Offset{0}, kAll);
    for (log::Record r : *inputs) {
      found.insert(r.value);
      codec::for_each_line(r.value, [&](codec::MutableLine line) {
        if (const auto input = codec::parse_input(line)) auditor.input(r.append_time, *input);
      });
    }
    for (const std::string& line : acknowledged_)
      if (!found.contains(line)) return differ("an acknowledged input is not on the log");
    FrameReader reader;
    std::vector<std::string> held;
    const auto ticks = log_->read({log::Topic::ticks, kPartition}, Offset{0}, kAll);
    for (const log::Record& r : *ticks) {
      const auto verdict = reader.read(r.value);
      if (!verdict) return differ(verdict.error().code + ": " + verdict.error().message);
      if (*verdict == FrameVerdict::fence) held.clear();
      if (*verdict == FrameVerdict::hold || *verdict == FrameVerdict::accept) held.push_back(r.value);
      if (*verdict != FrameVerdict::accept) continue;
      for (std::string& value : held)
        codec::for_each_line(value, [&](codec::MutableLine line) {
          if (const auto output = codec::parse_output(line)) auditor.output(*output);
        });
      held.clear();
    }
    if (static_cast<std::size_t>(reader.position().to) != inputs->size())
      return differ("not every input is folded");
    if (auto what = auditor.difference()) return differ(*what);
    for (const auto& [key, money] : auditor.sums()) {
      const auto i = chain_.paid_sums().find(key);
      const std::int64_t paid = i == chain_.paid_sums().end() ? 0 : i->second;
      report_.charged += money.charged;
      report_.due += money.due;
      report_.paid += paid;
      if (paid != money.due)
        return differ("the chain has paid " + std::to_string(paid) + " of " + std::to_string(money.due));
    }
    if (settler_->status().settled.units() != report_.paid)
      differ("the settler believes in another sum than the chain has paid");
  }

  Bug bug_;
  SeededRandom random_;
  VirtualClock clock_;
  NoReplies replies_;
  SimulatedChain chain_;
  Report report_;
  bool calm_ = false;
  std::unique_ptr<log::MemoryLog> log_;
  std::unique_ptr<FaultyLog> faulty_;
  std::unique_ptr<aggregator::PartitionWorker> workers_[2];
  std::unique_ptr<settler::SettlerWorker> settler_;
  bool settler_started_ = false;
  GatewayId gateway_;
  std::uint64_t boot_ = 1;
  std::vector<Player> players_;
  std::vector<std::string> unsent_;
  std::set<std::string> acknowledged_;
};

}  // namespace

std::string to_text(const Report& report) {
  std::string out = "seed " + std::to_string(report.seed) + ": " +
                    (report.ok() ? "agrees" : "DIFFERS: " + report.difference) + "; inputs " +
                    std::to_string(report.inputs) + ", charged " + std::to_string(report.charged) + ", due " +
                    std::to_string(report.due) + ", paid " + std::to_string(report.paid) + "; faults:";
  for (const auto& [kind, n] : report.faults) out += " " + kind + "=" + std::to_string(n);
  return out;
}

Report run_simulation(std::uint64_t seed, std::uint64_t steps, Bug bug) {
  return World(seed, bug).run(steps);
}

}  // namespace paytick::simulation
