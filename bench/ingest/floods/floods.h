#pragma once
// Somebody who floods, from 127.0.0.1, as fast as one thread can. It gives way to everybody else on the
// machine, as an attacker elsewhere would.

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include "players.h"

namespace paytick::bench {

enum class FloodKind : std::uint8_t { connections, handshakes, pings, large_messages, challenges };
inline constexpr std::array kFloods{FloodKind::connections, FloodKind::handshakes, FloodKind::pings,
                                    FloodKind::large_messages, FloodKind::challenges};
const char* name_of(FloodKind kind);

struct FloodFigures {
  std::uint64_t asked = 0, refused = 0;  // connections, messages or requests
  double most_mb = 0;
};

class Flood {
 public:
  Flood(FloodKind kind, const Target& target);
  ~Flood() { stop(); }
  void note_memory(double resident) { most_mb_ = std::max(most_mb_, resident); }
  FloodFigures stop();

 private:
  void run(FloodKind kind);
  void hold(bool half_a_request);
  void send_on_one_socket(const std::string& frame);
  void ask_for_challenges();

  const Target& target_;
  std::atomic<std::uint64_t> asked_{0}, refused_{0};
  std::atomic<bool> stop_{false};
  double most_mb_ = 0;
  std::thread thread_;
};

}  // namespace paytick::bench
