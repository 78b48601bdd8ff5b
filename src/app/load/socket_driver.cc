#include "app/load/socket_driver.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <thread>

#include "app/load/elapsed.h"
#include "app/load/http_link.h"
#include "app/load/schedule.h"
#include "app/load/wire.h"

namespace paytick::app::load {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using namespace std::chrono_literals;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

constexpr auto kTurn = 1ms;
constexpr std::size_t kConnectingMax = 64;  // of a thread at once: below the server's backlog
constexpr auto kReopenPause = 300ms;
constexpr auto kAnswerPatience = 5s;  // for an answer, which may be lost; then another ping asks again
constexpr auto kSweep = 500ms;
constexpr auto kFlatOutPause = 21ms;      // between two pings of a socket: the gateway takes 50 a second
constexpr auto kPatience = 30s;           // without any progress while opening
constexpr auto kLastAnswers = 5s;         // after the last ping
constexpr std::size_t kPendingMax = 128;  // pings of a socket without an answer; more are not sent

struct Pending {
  std::uint64_t seq;
  Clock::time_point due, sent;
};

// A player: one socket, its pings under way.
struct Player {
  explicit Player(asio::io_context& io) : ws(Socket(io.get_executor())) {}

  const Endpoint* gateway = nullptr;
  websocket::stream<Socket, false> ws;
  beast::flat_buffer in;
  std::string ping;  // as far as `"seq":`
  std::string writing;
  std::uint64_t written = 0;  // the last number written
  std::deque<Pending> pending;
  std::uint64_t seq = 0;
  bool open = false;   // the handshake is done
  bool ready = false;  // the first ping was paid
  bool broken = false;
  Clock::time_point asked{};
  std::optional<Amount> first, last;  // balance after the first ping, and now
};

}  // namespace

// The viewers i with i mod lanes == lane. Heartbeat n of the schedule is viewer n mod viewers.
class SocketDriver::Lane {
 public:
  Lane(const Job& job, const std::vector<Endpoint>& gateways, std::uint32_t lane)
      : job_(job), gateways_(gateways), lane_(lane), lanes_(job.plan.processes * job.plan.threads) {
    for (std::uint32_t i = lane; i < job.options.viewers; i += lanes_) {
      auto& player = players_.emplace_back(std::make_unique<Player>(io_));
      player->gateway = &gateways_[i % gateways_.size()];
      player->ping = R"({"type":"ping","videoId":")" + job.content + R"(","contractId":")" +
                     to_text(job.fleet[i].meter) + R"(","seq":)";
    }
  }

  void open() {
    begin_ = progressed_ = Clock::now();
    turn([this] { return open_turn(); });
  }

  void run(Clock::time_point begin) {
    begin_ = begin;
    for (auto& player : players_) player->first = player->last;
    Dice dice(job_.options.seed + lane_);
    if (job_.options.flat_out) {
      flat_out_ = true;
      for (auto& player : players_) send(*player, Clock::now());
      turn([this] { return flat_out_turn(); });
    } else {
      turn([this, &dice] { return run_turn(dice); });
    }
    tally_.with([&](Tally& t) {
      for (auto& player : players_) t.lost += player->pending.size();
    });
  }

  void close() {
    for (auto& player : players_) {
      error_code ignored;
      beast::get_lowest_layer(player->ws).close(ignored);
    }
    io_.restart();
    io_.poll();
  }

  std::size_t size() const { return players_.size(); }
  std::optional<Error> trouble() const { return trouble_; }
  void add_to(Tally& sum) const { sum.merge(tally_.copy()); }
  std::uint64_t ready() const { return ready_; }
  std::int64_t units_spent() const {
    std::int64_t units = 0;
    for (const auto& player : players_)
      if (player->first && player->last) units += player->first->units() - player->last->units();
    return units;
  }

 private:
  // Calls `work` every millisecond until it says that it is done.
  template <typename Work>
  void turn(Work work) {
    asio::steady_timer timer(io_);
    std::function<void()> again = [&] {
      if (work() || (job_.interrupted != nullptr && *job_.interrupted)) return io_.stop();
      timer.expires_after(kTurn);
      timer.async_wait([&](error_code error) {
        if (!error) again();
      });
    };
    again();
    if (io_.stopped()) io_.restart();
    io_.run();
    io_.restart();
  }

  bool open_turn() {
    const auto now = Clock::now();
    const std::uint64_t allowed = microseconds(now - begin_) * job_.options.ramp / lanes_ / 1'000'000 + 1;
    while (connecting_ < kConnectingMax && connected_ < std::min<std::uint64_t>(players_.size(), allowed))
      connect(*players_[connected_++]);
    if (now - swept_ > kSweep) {
      swept_ = now;
      for (auto& player : players_) {
        const auto pause = player->pending.empty() ? Clock::duration(kReopenPause) : kAnswerPatience;
        if (player->open && !player->ready && !player->broken && now - player->asked > pause)
          send(*player, now);
      }
    }
    if (ready_ != before_) progressed_ = now;
    before_ = ready_;
    if (now - progressed_ > kPatience && !trouble_)
      trouble_ = Error{"not_opened", "the gateway does not answer the first pings"};
    return ready_ == players_.size() || now - progressed_ > kPatience ||
           (trouble_ && trouble_->code == "connect");
  }

  bool run_turn(Dice& dice) {
    const auto now = Clock::now();
    const Schedule schedule(job_.options.viewers, job_.plan.rate, TimeMs{});
    const std::uint64_t due = std::min(schedule.due_by(microseconds(now - begin_)), job_.plan.beats);
    for (; next() < due; advance()) {
      Player& player = *players_[player_];
      const auto at = begin_ + std::chrono::microseconds(schedule.due_us(next()));
      send(player, at);
      if (dice.hits(job_.plan.duplicates_per_million)) send(player, at);
    }
    return next() >= job_.plan.beats && is_answered(now);
  }

  bool flat_out_turn() {
    const auto now = Clock::now();
    if (microseconds(now - begin_) >= job_.plan.run_ms * 1'000) {
      flat_out_ = false;
      return is_answered(now);
    }
    for (; !soon_.empty() && now - soon_.front()->asked >= kFlatOutPause; soon_.pop_front())
      send(*soon_.front(), now);
    if (now - swept_ > kSweep) {
      swept_ = now;
      for (auto& player : players_)
        if (!player->broken && now - player->asked > kAnswerPatience) send(*player, now);
    }
    return false;
  }

  // The heartbeat of the schedule whose turn it is among this lane's viewers.
  std::uint64_t next() const {
    return round_ * job_.options.viewers + player_ * std::uint64_t{lanes_} + lane_;
  }
  void advance() {
    if (++player_ < players_.size()) return;
    player_ = 0;
    ++round_;
  }

  // After the last ping: everything is answered, or has been waited for long enough.
  bool is_answered(Clock::time_point now) {
    if (ended_ == Clock::time_point{}) ended_ = now;
    return now - ended_ > kLastAnswers ||
           std::ranges::all_of(players_, [](const auto& player) { return player->pending.empty(); });
  }

  void connect(Player& player) {
    ++connecting_;
    beast::get_lowest_layer(player.ws).async_connect(
        player.gateway->address, [this, &player](error_code error) {
          if (error) return connect_failed(player, error);
          beast::get_lowest_layer(player.ws).set_option(asio::ip::tcp::no_delay(true), error);
          player.ws.secure_prng(false);  // masks are not secrets here
          player.ws.text(true);
          player.ws.auto_fragment(false);
          player.ws.async_handshake(player.gateway->authority, "/ws", [this, &player](error_code failed) {
            if (failed) return connect_failed(player, failed);
            --connecting_;
            player.open = true;
            read(player);
            send(player, Clock::now());
          });
        });
  }

  void connect_failed(Player& player, error_code error) {
    --connecting_;
    player.broken = true;
    trouble_ = Error{"connect", "a socket could not be opened: " + error.message(), Next::retry};
  }

  void send(Player& player, Clock::time_point due) {
    if (player.broken || player.pending.size() >= kPendingMax) {
      return tally_.with([&](Tally& t) { t.error(player.broken ? "broken" : "not_sent"); });
    }
    const auto now = Clock::now();
    player.asked = now;
    player.pending.push_back({++player.seq, due, now});
    if (player.ready) tally_.with([](Tally& t) { ++t.sent; });
    write(player);
  }

  // One write at a time for a socket; the pings that come meanwhile follow it.
  void write(Player& player) {
    if (!player.writing.empty() || player.written == player.seq) return;
    player.writing.assign(player.ping).append(std::to_string(++player.written)).append("}");
    player.ws.async_write(asio::buffer(player.writing), [this, &player](error_code error, std::size_t) {
      player.writing.clear();
      if (error) return broke(player);
      write(player);
    });
  }

  void read(Player& player) {
    player.ws.async_read(player.in, [this, &player](error_code error, std::size_t) {
      if (error) return broke(player);
      const auto data = player.in.data();
      answer(player, {static_cast<const char*>(data.data()), data.size()});
      player.in.consume(player.in.size());
      read(player);
    });
  }

  void broke(Player& player) {
    if (player.broken) return;
    player.broken = true;
    if (!player.ready) trouble_ = Error{"connect", "the gateway closed a socket", Next::retry};
    tally_.with([](Tally& t) { t.error("broken"); });
  }

  // Answers are cumulative: one that names a ping answers those before it as well.
  void answer(Player& player, std::string_view text) {
    const auto type = text_member(text, "type");
    const bool paid = type == "tick";
    if (!paid && type != "error") return;  // news, such as a low balance
    if (const auto balance = text_member(text, "newBalance")) player.last = from_decimal(*balance);
    if (!player.ready) return first_answer(player, text, paid);
    const auto seq = number_member(text, "seq");
    const auto now = Clock::now();
    tally_.with([&](Tally& t) {
      if (!paid) t.error(text_member(text, "code").value_or("bad_answer"));
      // A refusal without a number is that of the oldest.
      const std::uint64_t to = seq ? *seq : player.pending.empty() || paid ? 0 : player.pending.front().seq;
      while (!player.pending.empty() && player.pending.front().seq <= to) {
        ++(paid ? t.accepted : t.refused);
        t.from_sent.add(microseconds(now - player.pending.front().sent));
        t.from_due.add(microseconds(now - player.pending.front().due));
        player.pending.pop_front();
      }
    });
    if (!flat_out_ || !paid || !player.pending.empty()) return;  // after a refusal, in a while
    if (now - player.asked >= kFlatOutPause) return send(player, now);
    soon_.push_back(&player);
  }

  void first_answer(Player& player, std::string_view text, bool paid) {
    player.pending.clear();
    player.ready = paid;
    if (paid) {
      ++ready_;
    } else {
      const auto code = text_member(text, "code").value_or("bad_answer");
      trouble_ = Error{"not_opened", "a player's first ping was refused: " + std::string(code)};
    }
  }

  const Job& job_;
  const std::vector<Endpoint>& gateways_;
  const std::uint32_t lane_, lanes_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Player>> players_;
  std::size_t connected_ = 0, connecting_ = 0;
  std::atomic<std::uint64_t> ready_{0};
  std::uint64_t before_ = 0;
  Clock::time_point progressed_{}, begin_{}, ended_{}, swept_{};
  std::uint64_t round_ = 0;
  std::size_t player_ = 0;
  bool flat_out_ = false;
  std::deque<Player*> soon_;  // to ping again, in the order in which they were answered
  std::optional<Error> trouble_;
  Shared<Tally> tally_;
};

SocketDriver::SocketDriver(const Job& job) : job_(job) {}
SocketDriver::~SocketDriver() = default;

namespace {

template <typename Lanes, typename F>
void on_each(Lanes& lanes, F f) {
  std::vector<std::thread> threads;
  for (auto& lane : lanes) threads.emplace_back([&f, &lane = *lane] { f(lane); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

Result<void> SocketDriver::open() {
  asio::io_context io;
  for (const std::string& url : job_.listen) {
    auto to = resolve(io, url);
    if (!to) return tl::unexpected(to.error());
    gateways_.push_back(std::move(*to));
  }
  std::uint64_t mine = 0;
  for (std::uint32_t i = 0; i < job_.plan.threads; ++i) {
    lanes_.push_back(std::make_unique<Lane>(job_, gateways_, job_.process * job_.plan.threads + i));
    mine += lanes_.back()->size();
  }
  on_each(lanes_, [](Lane& lane) { lane.open(); });
  if (ready() == mine) return {};
  for (const auto& lane : lanes_)
    if (const auto trouble = lane->trouble()) return tl::unexpected(*trouble);
  return fail("not_opened", "interrupted");
}

Result<void> SocketDriver::run(Clock::time_point begin) {
  on_each(lanes_, [begin](Lane& lane) { lane.run(begin); });
  return {};
}

void SocketDriver::close() {
  for (auto& lane : lanes_) lane->close();
}

Tally SocketDriver::tally() const {
  Tally sum;
  for (const auto& lane : lanes_) lane->add_to(sum);
  return sum;
}

std::uint64_t SocketDriver::ready() const {
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane->ready();
  return sum;
}

std::int64_t SocketDriver::expected_ticks() const {
  std::int64_t units = 0;
  for (const auto& lane : lanes_) units += lane->units_spent();
  return job_.plan.price.units() > 0 ? units / job_.plan.price.units() : -1;
}

}  // namespace paytick::app::load
