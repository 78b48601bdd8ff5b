#pragma once
// What `paytick load --mix` plays with: films and streams to watch, shows behind a ticket. Made on the
// running gateway under the platform's key.

#include <cstdint>
#include <string>
#include <vector>

#include "app/load/driver.h"
#include "model/error.h"

namespace paytick::app::load {

inline constexpr std::int64_t kMixTickMs = 1'000;
inline constexpr std::int64_t kMixHeartbeatMs = 10'000;  // between two pings of a viewer

struct Film {
  std::string id;
  bool join = false;  // a stream: only those are billed who have joined
};

struct Stage {
  std::string run;                 // begins its idempotency keys: never used twice
  std::string creator;             // G…
  std::vector<Film> films;         // viewer i watches film i mod n, and is in its room
  std::vector<std::string> shows;  // private streams, by ticket
};

// Codes "content" and those of the HTTP client.
Result<Stage> make_stage(const Job& job, const std::string& creator);

}  // namespace paytick::app::load
