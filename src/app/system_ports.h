#pragma once
// The system's clock and random source behind the ports of model/ports.h.

#include "model/ports.h"

namespace paytick::app {

class SystemClock final : public WallClock {
 public:
  TimeMs now() override;
};

// libsodium's generator.
class SystemRandom final : public Random {
 public:
  SystemRandom();  // initialises libsodium; throws std::runtime_error when it cannot
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace paytick::app
