#pragma once
// What both ways of driving have in common: the job, and how a run goes.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/load/fleet.h"
#include "app/load/options.h"
#include "app/load/tally.h"
#include "model/error.h"

namespace paytick::app::load {

struct Job {
  Options options;
  Plan plan;
  std::vector<std::string> listen;  // http://host:port of each gateway; viewer i is the (i mod n)-th's
  std::string api_key;              // http
  std::string content, creator;
  std::vector<Viewer> fleet;
  std::uint32_t process = 0;                       // which of plan.processes drives this share of the viewers
  const std::atomic<bool>* interrupted = nullptr;  // ends the run early, with a report
};

class Driver {
 public:
  using Clock = std::chrono::steady_clock;  // the same in all processes of a machine

  virtual ~Driver() = default;
  // Opens every viewer's session, before the clock starts. Blocks. Waits for meters that the gateway does not
  // know yet. Codes "connect", "not_opened".
  virtual Result<void> open() = 0;
  // Sends on the schedule that starts at `begin`, and waits for the answers. Blocks. What goes wrong with
  // single heartbeats is in the tally.
  virtual Result<void> run(Clock::time_point begin) = 0;
  // Ends the sessions.
  virtual void close() = 0;

  // Any thread.
  virtual Tally tally() const = 0;
  virtual std::uint64_t ready() const = 0;

  // After run(). The ticks that were to be billed during it, by what was answered: nothing when a refused or
  // lost heartbeat leaves it open.
  virtual std::int64_t expected_ticks() const = 0;
};

}  // namespace paytick::app::load
