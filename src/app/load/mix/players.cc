#include "app/load/mix/players.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "app/load/elapsed.h"
#include "app/load/wire.h"

namespace paytick::app::load {
namespace {

constexpr std::size_t kPendingMax = 16;  // pings of a player without an answer; an older one is lost

}  // namespace

struct Players::Player {
  struct Pending {
    std::uint64_t seq;
    Clock::time_point due;
    bool was_paused;
  };
  std::uint32_t viewer = 0;
  std::string ping;  // as far as `"seq":`
  std::unique_ptr<Screen> screen;
  std::deque<Pending> pending;
  std::uint64_t seq = 0;
};

Players::Players(boost::asio::io_context& io, const std::vector<Viewer>& fleet, const MixViewers& viewers,
                 SharedMixTally& tally, std::function<void(std::uint32_t)> opened)
    : viewers_(viewers), tally_(tally), opened_(std::move(opened)) {
  for (std::uint32_t i = 0; i < fleet.size(); ++i) {
    Player& player = *players_.emplace_back(std::make_unique<Player>());
    player.viewer = i;
    const std::string meter = to_text(fleet[i].meter);
    player.ping = fmt::format(R"({{"type":"ping","videoId":"{}","contractId":"{}","seq":)",
                              viewers.film_of(i).id, meter);
    player.screen = std::make_unique<Screen>(
        io, "/ws?meter=" + meter,
        Screen::Events{[this, i] {
                         ++opened_n_;
                         opened_(i);
                       },
                       [this, &player](std::string_view text) { heard(player, text); },
                       [this, &player](const std::string& why) { broke(player, why); }});
  }
}

Players::~Players() = default;

void Players::connect(std::uint32_t viewer, const Endpoint& gateway) {
  players_[viewer]->screen->connect(gateway);
}

void Players::enter_room(std::uint32_t viewer) {
  if (!viewers_.may_watch(viewer)) {
    ++ready_n_;
    return;
  }
  players_[viewer]->screen->send(
      fmt::format(R"({{"type":"room:join","channel":"{}"}})", viewers_.film_of(viewer).id));
}

void Players::ping(std::uint32_t viewer, Clock::time_point due) {
  Player& player = *players_[viewer];
  if (!player.screen->is_open()) return;  // it broke, and was told
  if (player.pending.size() >= kPendingMax) lose(player, 1);
  player.pending.push_back({++player.seq, due, viewers_.is_paused(viewer)});
  ++unanswered_;
  tally_.with([](MixTally& t) { ++t.pings.sent; });
  player.screen->send(player.ping + std::to_string(player.seq) + "}");
}

void Players::heard(Player& player, std::string_view text) {
  const auto type = text_member(text, "type").value_or("");
  const auto seq = number_member(text, "seq");
  const auto code = text_member(text, "code").value_or("");
  if (seq && (type == "tick" || type == "error")) return answered(player, *seq, code, text);
  // Unasked, a player is told of the same halts.
  if (type == "error" && !viewers_.expects(player.viewer, code, true))
    return tally_.wrong(fmt::format("viewer {} was told {}", player.viewer, text));
  if (type == "room:joined") ++ready_n_;
  tally_.with([&](MixTally& t) { ++(type.starts_with("tip:new:") ? t.tips_told : t.news); });
}

// Answers are cumulative: one that names a ping answers those before it as well. `code` is empty when it was
// paid.
void Players::answered(Player& player, std::uint64_t seq, std::string_view code, std::string_view text) {
  const auto now = Clock::now();
  bool was_paused = false;
  tally_.with([&](MixTally& t) {
    for (; !player.pending.empty() && player.pending.front().seq <= seq; player.pending.pop_front()) {
      was_paused = was_paused || player.pending.front().was_paused;
      --unanswered_;
      t.pings.took.add(microseconds(now - player.pending.front().due));
      if (code.empty())
        ++t.pings.done;
      else
        t.pings.refuse(code, 1);
    }
  });
  if (!code.empty() && !viewers_.expects(player.viewer, code, was_paused))
    tally_.wrong(fmt::format("viewer {}: a ping was answered {}", player.viewer, text));
}

void Players::broke(Player& player, const std::string& why) {
  tally_.wrong(fmt::format("viewer {}: the socket broke: {}", player.viewer, why));
  lose(player, player.pending.size());
}

void Players::lose(Player& player, std::size_t pings) {
  for (std::size_t i = 0; i < pings; ++i) player.pending.pop_front();
  unanswered_ -= pings;
  tally_.with([pings](MixTally& t) { t.pings.lost += pings; });
}

void Players::close() {
  for (auto& player : players_) {
    lose(*player, player->pending.size());
    player->screen->close();
  }
}

}  // namespace paytick::app::load
