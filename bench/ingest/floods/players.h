#pragma once
// Good players: each on a socket of its own, each with a meter of its own, pinging once a second and waiting
// for the answer. They come from addresses of their own, 127.0.1.x.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace paytick::bench {

struct Target {
  std::uint16_t port = 0;
  std::string content;
  std::vector<std::string> meters;
};

struct Played {
  double p99_ms = 0;
  std::size_t answers = 0;
  std::size_t lost = 0;  // players whose socket has ended
};

class Players {
 public:
  Players(const Target& target, std::size_t count);
  ~Players();
  // So many seconds; `each_second` is called meanwhile.
  Played play(int seconds, const std::function<void()>& each_second = nullptr);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// From a file that gateway_bench has written.
std::vector<std::string> read_meters(const std::string& file);
std::string ping_text(const Target& target, std::size_t player);
double resident_mb(pid_t process);

// A blocking TCP connection from an address of this machine; -1 if it was refused.
int connect_from(const std::string& address, std::uint16_t port);
std::string upgrade_request();
std::string masked_text_frame(const std::string& text);

}  // namespace paytick::bench
