#pragma once
// Faults drawn from the seed, counted by kind; and the trace of a run: a hash over all that happened, and the
// last events in words.

#include <deque>
#include <map>
#include <string>

#include "log/memory/memory_log.h"
#include "simulation/seed.h"
#include "simulation/simulated_chain.h"

namespace paytick::simulation {

enum class WriteFault : std::uint8_t { none, away, in_doubt_applied, in_doubt_dropped };

class Faults {
 public:
  explicit Faults(SeededRandom& random) : random_(random) {}

  log::Fault log(log::Write kind);
  SendFault send();
  EventFault events();
  WriteFault database();
  bool loses_reply() { return strikes(20, "reply_lost"); }
  bool overtakes() { return strikes(6, "line_overtaken"); }
  bool repeats_line() { return strikes(12, "line_repeated"); }
  bool repeats_ping() { return strikes(12, "ping_repeated"); }
  bool duplicates();
  bool reorders();

  void fired(const char* kind);
  void note(std::string event);
  void stop() { calm_ = true; }  // from here on nothing goes wrong

  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  const std::deque<std::string>& last_events() const { return last_; }
  std::uint64_t trace() const { return trace_; }

 private:
  bool strikes(std::uint64_t one_in, const char* kind);
  template <typename Fault>
  Fault fault(const char* kind, Fault which) {
    fired(kind);
    return which;
  }

  SeededRandom& random_;
  bool calm_ = false;
  std::map<std::string, std::uint64_t> counts_;
  std::deque<std::string> last_;
  std::uint64_t trace_ = 0xcbf29ce484222325ULL;
};

}  // namespace paytick::simulation
