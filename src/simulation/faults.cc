#include "simulation/faults.h"

namespace paytick::simulation {
namespace {

constexpr std::size_t kLastEvents = 20;

}  // namespace

void Faults::note(std::string event) {
  for (const char c : event) trace_ = (trace_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;  // FNV-1a
  while (event.ends_with('\n')) event.pop_back();
  if (event.ends_with(R"("type":"clock"})")) return;  // the drain ends with many, which say nothing
  last_.push_back(std::move(event));
  if (last_.size() > kLastEvents) last_.pop_front();
}

void Faults::fired(const char* kind) {
  ++counts_[kind];
  note(std::string("fault ") + kind);
}

log::Fault Faults::log(log::Write kind) {
  if (calm_) return log::Fault::none;
  switch (random_.below(150)) {
    case 0:
      return fault("log_busy", log::Fault::busy);
    case 1:
      return fault("log_full", log::Fault::full);
    case 2:
      return fault("in_doubt_applied", log::Fault::in_doubt_applied);
    case 3:
      return fault("in_doubt_dropped", log::Fault::in_doubt_dropped);
    case 4:
      return fault("crash_before_write", log::Fault::crash_before);
    case 5:
      return fault("crash_after_write", log::Fault::crash_after);
    case 6:
      if (kind != log::Write::commit) return log::Fault::none;
      return fault("fenced", log::Fault::fenced);
    default:
      return log::Fault::none;
  }
}

SendFault Faults::send() {
  if (calm_) return SendFault::none;
  switch (random_.below(12)) {
    case 0:
      return fault("answer_lost_applied", SendFault::lost_applied);
    case 1:
      return fault("answer_lost_dropped", SendFault::lost_dropped);
    case 2:
      return fault("chain_unreachable", SendFault::unreachable);
    case 3:
      return fault("try_again_later", SendFault::try_again);
    case 4:
      return fault("transaction_forgotten", SendFault::forgotten);
    default:
      return SendFault::none;
  }
}

EventFault Faults::events() {
  if (calm_) return EventFault::none;
  switch (random_.below(20)) {
    case 0:
      return fault("events_lost", EventFault::lost);
    case 1:
    case 2:
      return fault("events_repeated", EventFault::repeated);
    case 3:
      return fault("events_pruned", EventFault::pruned);
    default:
      return EventFault::none;
  }
}

WriteFault Faults::database() {
  if (calm_) return WriteFault::none;
  switch (random_.below(15)) {
    case 0:
      return fault("database_away", WriteFault::away);
    case 1:
      return fault("database_in_doubt_applied", WriteFault::in_doubt_applied);
    case 2:
      return fault("database_in_doubt_dropped", WriteFault::in_doubt_dropped);
    default:
      return WriteFault::none;
  }
}

bool Faults::strikes(std::uint64_t one_in, const char* kind) {
  if (calm_ || !random_.one_in(one_in)) return false;
  fired(kind);
  return true;
}

bool Faults::duplicates() {
  if (calm_ || !random_.one_in(16)) return false;
  fired("duplicated");
  return true;
}

bool Faults::reorders() {
  if (calm_ || !random_.one_in(8)) return false;
  fired("reordered");
  return true;
}

}  // namespace paytick::simulation
