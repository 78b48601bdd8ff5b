#pragma once
// Drives the viewers from several processes, where one may not open enough files: each is a copy of this one
// that drives its share with a SocketDriver and says every half second, over a pair of sockets, how far it
// is.
//
// The processes are made by create(), which therefore must be called while this process has one thread. They
// end with the driver, or with this process.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/load/driver.h"

namespace paytick::app::load {

class ProcessDriver final : public Driver {
 public:
  // Code "no_process".
  static Result<std::unique_ptr<ProcessDriver>> create(const Job& job);
  ~ProcessDriver() override;

  // Codes: those of SocketDriver, and "process_lost".
  Result<void> open() override;
  Result<void> run(Clock::time_point begin) override;
  void close() override;
  Tally tally() const override;
  std::uint64_t ready() const override;
  std::int64_t expected_ticks() const override;

 private:
  struct Child;
  explicit ProcessDriver(const Job& job);
  Result<void> order(const std::string& command);
  void hear(Child& child, const std::string& line);

  const Job& job_;
  std::vector<std::unique_ptr<Child>> children_;
  mutable std::mutex mutex_;  // of what the children have said
};

}  // namespace paytick::app::load
