#pragma once
// Players, each with a socket of its own: this process's share of the viewers, dealt out to a few threads
// with an event loop each.

#include <memory>
#include <vector>

#include "app/load/driver.h"
#include "app/load/http_link.h"

namespace paytick::app::load {

class SocketDriver final : public Driver {
 public:
  explicit SocketDriver(const Job& job);
  ~SocketDriver() override;

  Result<void> open() override;
  Result<void> run(Clock::time_point begin) override;
  void close() override;
  Tally tally() const override;
  std::uint64_t ready() const override;
  // What the answers' balances say was bought since the first ping of each.
  std::int64_t expected_ticks() const override;

 private:
  class Lane;
  const Job& job_;
  std::vector<Endpoint> gateways_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace paytick::app::load
