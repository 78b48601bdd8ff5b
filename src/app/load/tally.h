#pragma once
// What a run has counted so far. Each thread of a driver has one; the printer adds them up.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "app/load/histogram.h"

namespace paytick::app::load {

struct Tally {
  std::uint64_t sent = 0;      // heartbeats written, doubled ones included
  std::uint64_t accepted = 0;  // http: acknowledged lines; ws: pings answered with a new balance
  std::uint64_t refused = 0;   // answered with an error
  std::uint64_t lost = 0;      // written and never answered
  std::map<std::string, std::uint64_t, std::less<>> errors;  // by code, refused ones and broken connections
  Histogram from_sent;                                       // microseconds
  Histogram from_due;  // the same, from when it should have been sent: holds the generator's own delay, too

  void error(std::string_view code, std::uint64_t times = 1) {
    const auto it = errors.find(code);
    if (it != errors.end()) {
      it->second += times;
    } else {
      errors.emplace(code, times);
    }
  }

  void merge(const Tally& other) {
    sent += other.sent;
    accepted += other.accepted;
    refused += other.refused;
    lost += other.lost;
    for (const auto& [code, times] : other.errors) error(code, times);
    from_sent.merge(other.from_sent);
    from_due.merge(other.from_due);
  }

  // One line of words for another process; what add_text() of it does is merge(). False for anything else,
  // and nothing is added.
  std::string to_text() const;
  bool add_text(std::string_view text);
};

// A tally that a driver's thread writes and the printer reads.
template <typename T>
class Shared {
 public:
  template <typename F>
  void with(F&& f) {
    const std::lock_guard lock(mutex_);
    f(tally_);
  }
  T copy() const {
    const std::lock_guard lock(mutex_);
    return tally_;
  }

 private:
  mutable std::mutex mutex_;
  T tally_;
};

}  // namespace paytick::app::load
