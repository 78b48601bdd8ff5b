#pragma once
// Randomness and time of a run: nothing else in the simulation is a source of either.

#include "model/ports.h"

namespace paytick::simulation {

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
  bool one_in(std::uint64_t n) { return below(n) == 0; }
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

}  // namespace paytick::simulation
