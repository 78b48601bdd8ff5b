#pragma once
// A platform that posts its sessions' heartbeats in batches: one thread, one batch under way on each
// connection.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/load/driver.h"
#include "app/load/http_link.h"
#include "app/load/schedule.h"
#include "app/load/wire.h"
#include "model/ports.h"

namespace paytick::app::load {

class HttpDriver final : public Driver {
 public:
  HttpDriver(const Job& job, const std::string& run, WallClock& clock);

  Result<void> open() override;
  Result<void> run(Clock::time_point begin) override;
  void close() override;
  Tally tally() const override;
  std::uint64_t ready() const override { return ready_; }
  std::int64_t expected_ticks() const override { return static_cast<std::int64_t>(ticks_.distinct()); }

 private:
  struct Batch {
    std::vector<std::uint32_t> viewers;  // of its lines; opens and stops only
    std::uint64_t lines = 0;
    Clock::time_point due{};  // when its last heartbeat was
    Clock::time_point sent{};
  };
  struct Lane {
    Lane(boost::asio::io_context& io, const Endpoint& to, const std::string& key)
        : link(io, to, "/v1/heartbeats", key) {}
    HttpLink link;
    Batch batch;
    std::string spare;
    bool busy = false;
  };
  // Fills the next batch: false when there is nothing to send now.
  using Fill = std::function<bool(Batch&, std::string&)>;
  using Answered = std::function<void(Batch&, Result<HttpLink::Answer>)>;

  Result<void> connect();
  // Sends what `fill` gives until `done` says so, then waits for what is under way.
  void pump(const Fill& fill, const Answered& answered, const std::function<bool()>& done);
  void feed(Lane& lane);
  bool fill_names(Batch& batch, std::string& body, bool open);
  bool fill_beats(Batch& batch, std::string& body);
  void on_opened(Batch& batch, const Result<HttpLink::Answer>& answer);
  void on_beats(Batch& batch, const Result<HttpLink::Answer>& answer);

  const Job& job_;
  WallClock& clock_;
  LineWriter writer_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  std::vector<std::unique_ptr<Lane>> lanes_;
  Fill fill_;
  Answered answered_;

  TimeMs opened_at_;
  std::deque<std::uint32_t> waiting_;  // to be opened or stopped
  std::vector<std::uint32_t> later_;   // to be opened when their meters are known
  std::atomic<std::uint64_t> ready_{0};
  std::optional<Error> trouble_;

  std::optional<Schedule> schedule_;
  Disorder disorder_;
  TickCount ticks_;
  Clock::time_point begin_{};
  std::uint64_t next_ = 0;  // heartbeat of the schedule
  bool flushed_ = false;
  std::vector<Beat> scratch_;
  std::size_t scratch_at_ = 0;

  Shared<Tally> tally_;
};

}  // namespace paytick::app::load
