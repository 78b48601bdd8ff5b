#pragma once
// The settler's shell: follows `ticks`, writes batches ahead to `settlements`, sends them, and records how
// they end: batches of what is due to creators, and of credits that the treasury owes meters, and refunds of
// meters that owe nothing any more. It owns its
// partitions (settler_partition.h) under the lease of Role::settler and a fence in `settlements`; one
// transaction of the source account is in flight at a time.
//
// What it believes comes from the log alone: everything it writes it reads back before it acts on it. A
// restart takes the newest snapshot and folds what came after; without one it folds both topics from their
// beginnings. Memory is one SumState a sum and 24 bytes or so a session that is open.
//
// Driven by one thread: start() once, then step() again and again; nothing blocks but the log and the chain.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/event_log.h"
#include "model/ports.h"
#include "settler/accrual.h"
#include "settler/batch_life.h"
#include "settler/chain_port.h"
#include "settler/plan.h"
#include "settler/policy.h"
#include "settler/settler_partition.h"

namespace paytick::settler {

struct SettlerConfig {
  std::vector<PartitionId> partitions;
  Policy policy;
  std::int64_t valid_ms = 60'000;   // how long a transaction can be applied; longer outlasts more trouble
  std::int64_t replan_ms = 200;     // between two looks for something to settle
  std::int64_t backoff_ms = 2'000;  // after the chain could not be reached or refused a simulation
  std::int64_t treasury_poll_ms = 30'000;  // between two looks at what the treasury holds
  // A snapshot after so much of both topics, and never before four times its own size: what a restart folds
  // again at most. 0: never.
  std::uint64_t snapshot_every_bytes = 64 * 1024 * 1024;
  // For metrics: called in step() for each transaction that this worker has prepared and seen confirmed, with
  // the time from the one record on the log to the other.
  std::function<void(std::int64_t ms)> on_confirmed = nullptr;
};

struct SettlerStatus {
  Amount due, settled;  // over all partitions
  std::size_t in_flight = 0, parked = 0;
  Amount credits_ordered, credits_paid;                  // likewise
  std::size_t credits_waiting = 0, credits_parked = 0;   // meters
  std::size_t refunds_waiting = 0;                       // meters asked back and not released
  std::optional<TimeMs> refund_oldest;                   // when the first of them was asked for
  std::optional<Amount> treasury;                        // what it holds, as far as known
  std::optional<Error> treasury_trouble;                 // no key, or another account's
  std::uint64_t confirmed = 0, failed = 0, expired = 0;  // since start()
  std::uint64_t snapshots = 0;                           // written since start()
  std::size_t restored = 0;                              // partitions that start() took from a snapshot
  std::optional<Error> chain_trouble;                    // the last one, until the chain answers again
};

class SettlerWorker {
 public:
  SettlerWorker(SettlerConfig config, log::EventLog& log, ChainPort& chain, WallClock& clock, Random& random);
  ~SettlerWorker();

  // Takes the partitions over: lease, fence, read back. Drops whatever an earlier start() knew. Errors: the
  // log's; Next::fatal when the log contradicts itself.
  Result<void> start();

  // One bounded piece of work; true when there was some, false when it waits for time, ticks or the chain.
  // Trouble with the chain is no error: it is waited out and shown in status(). After Next::abort and
  // Next::in_doubt call start() again; after Next::retry step() again; Next::fatal ends it.
  Result<bool> step();

  // Nothing in flight and nothing that the policy would settle now.
  bool idle();
  SettlerStatus status() const;
  const Accrual& accrual(PartitionId partition) const;

 private:
  struct Pending;

  void on_settlement(SettlerPartition& p, const Settlement& line);
  std::vector<Settlement> unfinished_of(const SettlerPartition& p) const;

  Result<bool> drive(Pending& flight);
  Result<void> move(Pending& flight, const Answer& answer);
  Result<void> send(Pending& flight);
  Result<void> look_up(Pending& flight);
  Result<void> ask_totals(Pending& flight);
  Result<void> end(Pending& flight, const Decision& decision);

  Result<bool> settle_something();
  Result<bool> settle_sums();
  // Where a transaction stands among those of the source account, and until when it can be applied. Nothing
  // while the chain cannot be reached.
  struct Slot {
    std::int64_t sequence = 0;
    TimeMs max_time;
  };
  std::optional<Slot> next_slot();
  Result<bool> prepare(SettlerPartition& p, Batch batch);
  Result<bool> drop_foretold(SettlerPartition& p, const Batch& batch, const std::vector<std::int32_t>& codes);
  Result<bool> refused_to_prepare(SettlerPartition& p, const Batch& batch, const Error& error);
  void chain_failed(const Error& error);

  // settler_worker_refunds.cc
  Result<bool> release_refunds();
  Result<bool> prepare(SettlerPartition& p, const RefundItem& item);
  Result<Answer> refund_by_totals(const Prepared& prepared);

  // settler_worker_credits.cc
  Result<bool> pay_credits();
  Result<bool> prepare(SettlerPartition& p, const CreditBatch& batch);
  Result<bool> drop_foretold(SettlerPartition& p, const CreditBatch& batch,
                             const std::vector<std::int32_t>& codes);
  Result<bool> refused_to_prepare(SettlerPartition& p, const CreditBatch& batch, const Error& error);
  Result<Answer> credits_by_totals(const Prepared& prepared);
  void look_at_treasury();

  SettlerConfig config_;
  log::EventLog& log_;
  ChainPort& chain_;
  WallClock& clock_;
  Random& random_;
  std::vector<std::unique_ptr<SettlerPartition>> partitions_;
  std::deque<Pending> pending_;  // the first one is driven
  TimeMs next_plan_;
  std::size_t turn_ = 0;   // whose partition is planned next
  std::size_t items_max_;  // what the network's limits have let through
  std::size_t credits_max_;
  std::size_t kind_turn_ = 0;  // which kind of transaction is looked at first
  TimeMs next_treasury_look_;
  SettlerStatus status_;
  bool started_ = false;
};

}  // namespace paytick::settler
