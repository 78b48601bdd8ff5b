#pragma once
// The viewers' sockets: each is in its film's room, pings when it is told to, and judges what comes. One
// thread: the loop's.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/load/mix/mix_tally.h"
#include "app/load/mix/screen.h"
#include "app/load/mix/viewers.h"

namespace paytick::app::load {

class Players {
 public:
  using Clock = std::chrono::steady_clock;

  // `opened` is called for each socket that connect() has opened.
  Players(boost::asio::io_context& io, const std::vector<Viewer>& fleet, const MixViewers& viewers,
          SharedMixTally& tally, std::function<void(std::uint32_t viewer)> opened);
  ~Players();

  void connect(std::uint32_t viewer, const Endpoint& gateway);
  // Ready once it is in; who may not watch is ready at once.
  void enter_room(std::uint32_t viewer);
  void ping(std::uint32_t viewer, Clock::time_point due);
  // As closed tabs do. What is not answered by now is lost.
  void close();

  std::size_t opened() const { return opened_n_; }
  std::size_t ready() const { return ready_n_; }
  std::size_t unanswered() const { return unanswered_; }  // pings

 private:
  struct Player;
  void heard(Player& player, std::string_view text);
  void answered(Player& player, std::uint64_t seq, std::string_view code, std::string_view text);
  void broke(Player& player, const std::string& why);
  void lose(Player& player, std::size_t pings);

  const MixViewers& viewers_;
  SharedMixTally& tally_;
  const std::function<void(std::uint32_t)> opened_;
  std::vector<std::unique_ptr<Player>> players_;
  std::size_t opened_n_ = 0, ready_n_ = 0, unanswered_ = 0;
};

}  // namespace paytick::app::load
