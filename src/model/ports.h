#pragma once
// The clock and the source of randomness, as ports: shells get them from src/app, tests and the simulator
// bring their own. Nothing else in paytick asks the system for either. (Latency metrics use the
// steady clock directly; they decide nothing.)

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/ids.h"
#include "model/time.h"

namespace paytick {

class WallClock {
 public:
  virtual ~WallClock() = default;
  virtual TimeMs now() = 0;  // thread-safe; may step backwards
};

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;  // thread-safe; cryptographic in production

  template <typename Id>
  Id id() {
    Id out;
    fill(out.bytes);
    return out;
  }
};

}  // namespace paytick
