#include "simulation/simulator.h"

#include "simulation/audit.h"
#include "simulation/clients.h"
#include "simulation/hosts.h"
#include "simulation/players.h"
#include "simulation/settler_check.h"

namespace paytick::simulation {
namespace {

class World {
 public:
  World(std::uint64_t seed, Bug bug) : random_(seed), chain_(begin()) {
    report_.seed = seed;
    chain_.bug = bug;
    chain_.send_fault = [this] { return faults_.send(); };
    chain_.event_fault = [this] { return faults_.events(); };
    hosts_ = std::make_unique<Hosts>(bug, random_, clock_, chain_, faults_);
    players_ = std::make_unique<Players>(kPartitions, random_, clock_, chain_, faults_);
    clients_ = std::make_unique<Clients>(hosts_->gateway(), random_, clock_, faults_);
    for (const Open& viewer : players_->viewers()) clients_->add(viewer);
    clients_->on_session = [this](const ViewerId& v, const SessionId& s) { players_->on_session(v, s); };
  }

  Report run(std::uint64_t steps) {
    for (; report_.steps < steps && !hosts_->stopped(); ++report_.steps) step();
    drain();
    if (hosts_->stopped()) {
      report_.difference = *hosts_->stopped();
    } else {
      const Audit found =
          audit(hosts_->log(), chain_, hosts_->database(),
                {players_->acknowledged(), clients_->promises(), hosts_->gateway().outcomes()});
      report_.told = clients_->told();
      report_.answers = found.answers;
      report_.seen = found.seen;
      report_.charged = found.charged;
      report_.due = found.due;
      report_.paid = found.paid;
      report_.difference = found.difference;
      if (report_.ok() && hosts_->settled() != report_.paid)
        report_.difference = "the settler believes in another sum than the chain has paid";
      for (std::uint32_t p = 0; p < kPartitions && report_.ok(); ++p)
        report_.difference = compare_with_log(hosts_->log(), PartitionId{p}, hosts_->accrual(p));
      if (report_.ok() && !clients_->idle()) report_.difference = "lines of the platform were never taken";
      report_.by_auditor = !report_.ok();
    }
    faults_.note("end: due " + std::to_string(report_.due) + (report_.ok() ? "" : "; " + report_.difference));
    report_.faults = faults_.counts();
    report_.inputs = players_->sent();
    report_.snapshots_loaded = hosts_->snapshots_loaded();
    report_.settlers_restored = hosts_->settlers_restored();
    report_.trace = faults_.trace();
    report_.last_events.assign(faults_.last_events().begin(), faults_.last_events().end());
    return report_;
  }

 private:
  // Every fourth run sees a day and a month end.
  TimeMs begin() {
    constexpr std::int64_t kOctober = 1'790'812'800'000;
    if (random_.one_in(4)) clock_.time = TimeMs{kOctober - random_.upto(60'000)};
    return clock_.time;
  }
  void send_one() {
    if (const auto done = players_->send_one(hosts_->faulty()); !done)
      hosts_->failed(done.error(), "gateway");
  }
  std::uint32_t a_partition() { return static_cast<std::uint32_t>(random_.below(kPartitions)); }

  void step() {
    const std::uint64_t what = random_.below(36);
    if (what >= 34) return clients_->send_batch();
    if (what >= 28) return static_cast<void>(hosts_->step_gateway());
    if (what >= 26) return static_cast<void>(hosts_->step_reader(0));
    if (what < 4) return random_.one_in(4) ? players_->play() : clients_->act();
    if (what < 6) return send_one();
    if (what == 6) return players_->clock();
    if (what == 7) {
      clock_.time = clock_.time + random_.upto(6'000);
    } else if (what == 8) {
      chain_.close_ledger(clock_.time);
    } else if (what == 9) {
      strike();
    } else if (what < 17) {
      hosts_->step_aggregator(0, a_partition());
    } else if (what < 23) {
      hosts_->step_settler(0);
    } else {
      hosts_->step_projection(0);
    }
  }

  // The second owner takes over, acts for some steps, and stays: the first does not know yet.
  void second_owner() {
    const std::uint64_t stage = random_.below(4);
    const std::uint64_t steps = 1 + random_.below(8);
    const std::uint32_t partition = a_partition();
    constexpr const char* kNames[] = {"two_aggregators", "two_settlers", "two_projections", "two_readers"};
    faults_.fired(kNames[stage]);
    for (std::uint64_t i = 0; i < steps && !hosts_->stopped(); ++i) {
      if (stage == 0) hosts_->step_aggregator(1, partition);
      if (stage == 1) hosts_->step_settler(1);
      if (stage == 2) hosts_->step_projection(1);
      if (stage == 3) hosts_->step_reader(1);
    }
  }

  void strike() {
    switch (random_.below(13)) {
      case 0:
        faults_.fired("aggregator_killed");
        return hosts_->kill_aggregator(0, a_partition());
      case 1:
        faults_.fired("settler_killed");
        return hosts_->kill_settler(0);
      case 2:
        faults_.fired("projection_killed");
        return hosts_->kill_projection(0);
      case 3:
      case 4:
      case 5:
        return second_owner();
      case 6:
        faults_.fired("gateway_restarted");
        return hosts_->kill_gateway();
      case 7:
        faults_.fired("crash_between_writes");
        return hosts_->crash();
      case 8:
        faults_.fired("reader_killed");
        return hosts_->kill_reader(0);
      default:
        return;
    }
  }

  // Faults off: everything is sent, folded, settled and projected, by one owner each.
  void drain() {
    constexpr int kEnough = 1'000;
    faults_.stop();
    for (std::uint32_t p = 0; p < kPartitions; ++p) hosts_->kill_aggregator(1, p);
    hosts_->kill_settler(1);
    hosts_->kill_reader(1);
    hosts_->kill_projection(1);
    const auto on = [this] { return !hosts_->stopped(); };
    for (int i = 0; i < 40 && on(); ++i) {
      clock_.time = clock_.time + 5'000;
      players_->clock();
      while (!players_->idle() && on()) send_one();
      for (int n = 0; n < kEnough && on() && (hosts_->step_gateway() || !clients_->idle()); ++n)
        clients_->send_batch();
      for (int n = 0; n < kEnough && on() && hosts_->step_reader(0); ++n) {
      }
      for (std::uint32_t p = 0; p < kPartitions; ++p)
        for (int n = 0; n < kEnough && on() && hosts_->step_aggregator(0, p); ++n) {
        }
      for (int n = 0; n < kEnough && on() && hosts_->step_settler(0); ++n) {
      }
      for (int n = 0; n < kEnough && on() && hosts_->step_projection(0); ++n) {
      }
      chain_.close_ledger(clock_.time);
    }
    for (int n = 0; n < kEnough && on() && (hosts_->step_settler(0) || hosts_->step_projection(0)); ++n) {
    }
  }

  SeededRandom random_;
  VirtualClock clock_;
  SimulatedChain chain_;
  Faults faults_{random_};
  Report report_;
  std::unique_ptr<Hosts> hosts_;
  std::unique_ptr<Players> players_;
  std::unique_ptr<Clients> clients_;
};

}  // namespace

std::string to_text(const Report& report) {
  std::string out =
      "seed " + std::to_string(report.seed) + ": " +
      (report.ok()
           ? std::string("agrees")
           : (report.by_auditor ? "DIFFERS: " : "STOPPED by a check of its own: ") + report.difference) +
      "; steps " + std::to_string(report.steps) + ", inputs " + std::to_string(report.inputs) + ", told " +
      std::to_string(report.told) + ", commands answered " + std::to_string(report.answers) + ", charged " +
      std::to_string(report.charged) + ", due " + std::to_string(report.due) + ", paid " +
      std::to_string(report.paid) + ", restores from a snapshot " + std::to_string(report.snapshots_loaded) +
      " and of the settler " + std::to_string(report.settlers_restored) + ", trace " +
      std::to_string(report.trace) + "; faults:";
  for (const auto& [kind, n] : report.faults) out += " " + kind + "=" + std::to_string(n);
  return out;
}

Report run_simulation(std::uint64_t seed, std::uint64_t steps, Bug bug) {
  return World(seed, bug).run(steps);
}

}  // namespace paytick::simulation
