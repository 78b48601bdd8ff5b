#pragma once
// Everything at once: players on sockets, calls, tips, tickets, top-ups, limits, pauses and a scheduler that
// meters the calls. One thread; sockets and HTTP side by side.
//
// open() asks what each viewer has spent, opens the sockets and joins streams and rooms. run(): the players
// ping on time, while deeds.h says who does what else; a viewer's next deed waits for the last one's answer.
// close() hangs up, resumes, closes the sockets and asks what each has spent since. check_bills() compares
// each viewer's history with what was acknowledged.

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/load/driver.h"
#include "app/load/mix/deeds.h"
#include "app/load/mix/link_pool.h"
#include "app/load/mix/mix_tally.h"
#include "app/load/mix/players.h"
#include "app/load/mix/viewers.h"

namespace paytick::app::load {

class MixDriver {
 public:
  // `secret` is the scheduler's; without one the calls are metered by paytick alone.
  MixDriver(const Job& job, const Stage& stage, std::string secret, std::uint64_t turn_us);
  ~MixDriver();

  using Clock = std::chrono::steady_clock;
  // Each blocks; in this order. What is answered wrongly is in the tally. Codes "connect", "not_opened",
  // "not_answered", "not_quiet".
  Result<void> open();
  void run();  // ends early when the job is interrupted
  Result<void> close();
  Result<void> check_bills();

  // After close(): by all viewers since open(), as they are told; what they were acknowledged.
  Amount spent() const { return spent_; }
  Acknowledged acknowledged() const;
  // Any thread.
  MixTally tally() const { return tally_.copy(); }
  std::size_t ready() const { return ready_; }

 private:
  struct Sent {
    Deed deed;
    HttpLink::Order order;
    Clock::time_point due;
    bool second = false;  // after the first one's answer
    bool was_paused = false;
  };
  // Done with a viewer, or what to ask next.
  using Take = std::function<std::optional<HttpLink::Order>(std::uint32_t viewer, unsigned status,
                                                            std::string_view body)>;

  bool is_interrupted() const { return job_.interrupted != nullptr && *job_.interrupted; }
  template <typename Work>
  void turn(Work work);
  Result<void> ask_each(const std::function<HttpLink::Order(std::uint32_t)>& order, const Take& take);
  void ask_one(const HttpLink::Order& order, std::uint32_t viewer, const Take& take,
               const std::shared_ptr<std::size_t>& told);
  Result<void> ask_spent();
  void begin(const Deed& deed);
  void send(Sent sent);
  void answered(Sent sent, unsigned status, std::string_view body);
  void finish(const Sent& sent);
  void send_again();
  void meter_calls();
  bool is_quiet() const { return deeds_under_way_ == 0 && pool_->is_quiet(); }

  const Job& job_;
  const Stage& stage_;
  const std::string secret_;
  boost::asio::io_context io_{1};
  std::vector<Endpoint> gateways_;
  SharedMixTally tally_;
  MixViewers viewers_;
  DeedSchedule deeds_;
  std::unique_ptr<LinkPool> pool_;
  std::unique_ptr<Players> players_;
  std::atomic<std::size_t> ready_{0};

  struct Hands {
    unsigned answers = 0;    // of the deed under way, still to come
    std::deque<Deed> later;  // whose time came meanwhile
  };
  std::vector<Hands> hands_;  // by viewer
  std::size_t deeds_under_way_ = 0;
  std::deque<std::pair<Clock::time_point, Sent>> again_;  // the gateway was busy
  std::vector<Amount> spent_of_;                          // by viewer
  Amount spent_;
};

}  // namespace paytick::app::load
