#include "app/load/mix/mix_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "app/load/elapsed.h"
#include "app/load/mix/bill.h"
#include "app/load/wire.h"

namespace paytick::app::load {
namespace {

namespace http = boost::beast::http;
using namespace std::chrono_literals;
using boost::system::error_code;
using Clock = MixDriver::Clock;

constexpr auto kTurn = 2ms;
constexpr std::size_t kLinks = 32;  // requests under way at once
constexpr std::size_t kConnectingMax = 64;
constexpr auto kPatience = 60s;       // without any progress while opening or closing
constexpr auto kLastAnswers = 30s;    // after the last ping
constexpr auto kAgainAfter = 500ms;   // what a busy gateway has refused
constexpr auto kAgainPatience = 60s;  // then it is wrong
constexpr auto kMetering = 30s;
constexpr std::uint32_t kJoinsToRepeated = 3;  // of so many joins one is repeated

}  // namespace

MixDriver::MixDriver(const Job& job, const Stage& stage, std::string secret, std::uint64_t turn_us)
    : job_(job),
      stage_(stage),
      secret_(std::move(secret)),
      viewers_(stage_, job.fleet),
      deeds_(job.options.viewers, job.options.seed, turn_us),
      hands_(job.fleet.size()),
      spent_of_(job.fleet.size()) {}

MixDriver::~MixDriver() = default;

// Calls `work` every few milliseconds until it says that it is done.
template <typename Work>
void MixDriver::turn(Work work) {
  boost::asio::steady_timer timer(io_);
  std::function<void()> again = [&] {
    if (work()) return io_.stop();
    timer.expires_after(kTurn);
    timer.async_wait([&](error_code error) {
      if (!error) again();
    });
  };
  io_.restart();
  again();
  if (!io_.stopped()) io_.run();
}

void MixDriver::ask_one(const HttpLink::Order& order, std::uint32_t viewer, const Take& take,
                        const std::shared_ptr<std::size_t>& told) {
  pool_->ask(order, [this, order, viewer, &take, told](unsigned status, std::string_view body) {
    if (status == 503) return ask_one(order, viewer, take, told);
    if (auto next = take(viewer, status, body)) return ask_one(*next, viewer, take, told);
    ++*told;
  });
}

// Asks something of every viewer, as many at once as there are connections.
Result<void> MixDriver::ask_each(const std::function<HttpLink::Order(std::uint32_t)>& order,
                                 const Take& take) {
  const auto told = std::make_shared<std::size_t>(0);
  std::size_t asked = 0, before = 0;
  auto progressed = Clock::now();
  turn([&] {
    for (; asked < hands_.size() && asked - *told < pool_->size(); ++asked)
      ask_one(order(static_cast<std::uint32_t>(asked)), static_cast<std::uint32_t>(asked), take, told);
    if (std::exchange(before, *told) != *told) progressed = Clock::now();
    return *told == hands_.size() || Clock::now() - progressed > kPatience;
  });
  if (*told == hands_.size()) return {};
  return fail("not_answered", "the gateway does not say how the viewers stand", Next::retry);
}

Result<void> MixDriver::open() {
  for (const std::string& url : job_.listen) {
    auto to = resolve(io_, url);
    if (!to) return tl::unexpected(to.error());
    gateways_.push_back(std::move(*to));
  }
  pool_ = std::make_unique<LinkPool>(io_, gateways_, kLinks);
  auto asked = ask_each([this](std::uint32_t viewer) { return viewers_.spent_order(viewer); },
                        [this](std::uint32_t viewer, unsigned status, std::string_view body) {
                          if (auto read = viewers_.read_begin(viewer, status, body); !read)
                            tally_.wrong(read.error().message);
                          if (viewers_.is_paused(viewer)) begin({.viewer = viewer, .kind = DeedKind::resume});
                          return std::nullopt;
                        });
  if (!asked) return asked;
  players_ = std::make_unique<Players>(io_, job_.fleet, viewers_, tally_, [this](std::uint32_t viewer) {
    if (!viewers_.film_of(viewer).join) return players_->enter_room(viewer);
    const bool repeats = viewer % kJoinsToRepeated == 0;
    begin({.viewer = viewer,
           .kind = DeedKind::join,
           .repeat = repeats ? Repeat::after_the_answer : Repeat::never});
  });
  std::size_t connected = 0, before = 0;
  const std::size_t all = hands_.size();
  const auto start = Clock::now();
  auto progressed = start;
  turn([&] {
    send_again();
    const std::uint64_t allowed = microseconds(Clock::now() - start) * job_.options.ramp / 1'000'000 + 1;
    for (;
         connected < std::min<std::uint64_t>(all, allowed) && connected - players_->opened() < kConnectingMax;
         ++connected)
      players_->connect(static_cast<std::uint32_t>(connected), gateways_[connected % gateways_.size()]);
    ready_ = players_->ready();
    if (std::exchange(before, ready_.load()) != ready_) progressed = Clock::now();
    return (ready_ == all && is_quiet()) || Clock::now() - progressed > kPatience || is_interrupted();
  });
  if (ready_ == all) return {};
  const MixTally tally = tally_.copy();
  return fail("not_opened",
              fmt::format("{} of {} players could not begin; {}", all - ready_, all,
                          tally.wrong.empty() ? "the gateway does not answer" : tally.wrong.front()),
              Next::retry);
}

void MixDriver::begin(const Deed& deed) {
  Hands& hands = hands_[deed.viewer];
  if (hands.answers != 0) return hands.later.push_back(deed);
  auto order = viewers_.order(deed);
  if (!order) return;
  hands.answers = deed.repeat == Repeat::never ? 1 : 2;
  ++deeds_under_way_;
  const Sent sent{deed, std::move(*order), Clock::now()};
  send(sent);
  if (deed.repeat == Repeat::at_once) send(sent);
}

void MixDriver::send(Sent sent) {
  tally_.with([&](MixTally& t) { ++t.deeds[static_cast<std::size_t>(sent.deed.kind)].sent; });
  sent.was_paused = viewers_.is_paused(sent.deed.viewer);
  const HttpLink::Order& order = sent.order;
  pool_->ask(order, [this, sent](unsigned status, std::string_view body) { answered(sent, status, body); });
}

void MixDriver::answered(Sent sent, unsigned status, std::string_view body) {
  Verdict verdict =
      status == 0 ? Verdict{Verdict::Kind::wrong, "lost", "a request got no answer: " + std::string(body)}
                  : viewers_.judge(sent.deed, sent.second, sent.was_paused, status, body);
  using Kind = Verdict::Kind;
  const bool patient = Clock::now() - sent.due < kAgainPatience;
  if (verdict.kind == Kind::again && !patient)
    verdict = {Kind::wrong, verdict.code, fmt::format("{} is never answered", to_text(sent.deed.kind))};
  const bool repeats = sent.deed.repeat == Repeat::after_the_answer && !sent.second;
  tally_.with([&](MixTally& t) {
    KindTally& kind = t.deeds[static_cast<std::size_t>(sent.deed.kind)];
    if (verdict.kind == Kind::again) return void(++kind.again);
    kind.took.add(microseconds(Clock::now() - sent.due));
    if (verdict.kind == Kind::done) ++kind.done;
    if (verdict.kind == Kind::refused) kind.refuse(verdict.code, 1);
    if (verdict.kind == Kind::done && sent.second) ++t.repeated;
  });
  if (verdict.kind == Kind::again) {
    again_.emplace_back(Clock::now() + kAgainAfter, std::move(sent));
    return;
  }
  if (verdict.kind == Kind::wrong) tally_.wrong(std::move(verdict.words));
  if (repeats && verdict.kind == Kind::done) {
    finish(sent);
    sent.second = true;
    sent.due = Clock::now();
    return send(std::move(sent));
  }
  if (repeats) finish(sent);  // what was refused is not repeated
  finish(sent);
}

// One answer of a deed; after the last one comes what was put off.
void MixDriver::finish(const Sent& sent) {
  Hands& hands = hands_[sent.deed.viewer];
  if (--hands.answers != 0) return;
  --deeds_under_way_;
  if (sent.deed.kind == DeedKind::join) players_->enter_room(sent.deed.viewer);
  while (hands.answers == 0 && !hands.later.empty()) {
    const Deed next = hands.later.front();
    hands.later.pop_front();
    begin(next);
  }
}

void MixDriver::send_again() {
  while (!again_.empty() && again_.front().first <= Clock::now()) {
    Sent sent = std::move(again_.front().second);
    again_.pop_front();
    send(std::move(sent));
  }
}

void MixDriver::meter_calls() {
  tally_.with([](MixTally& t) { ++t.meterings; });
  pool_->ask({http::verb::post, "/api/billing/meter", "{}", {}, secret_},
             [this](unsigned status, std::string_view body) {
               if (status != 200 && status != 503)
                 tally_.wrong(fmt::format("the scheduler was answered {}: {}", status, body));
             });
}

// Ping n is viewer n mod viewers.
void MixDriver::run() {
  const auto start = Clock::now();
  const std::uint64_t run_us = job_.plan.run_ms * 1'000, heartbeat_us = kMixHeartbeatMs * 1'000;
  const std::uint64_t all = hands_.size();
  std::uint64_t pings = 0;
  auto metered = start;
  std::optional<Clock::time_point> ended;
  turn([&] {
    const auto now = Clock::now();
    if (is_interrupted() && !ended) ended = now;
    send_again();
    if (!ended) {
      const std::uint64_t elapsed = std::min(microseconds(now - start), run_us);
      for (; deeds_.next().due_us < elapsed; deeds_.pop()) begin(deeds_.next());
      for (; pings * heartbeat_us / all < elapsed; ++pings)
        players_->ping(static_cast<std::uint32_t>(pings % all),
                       start + std::chrono::microseconds(pings * heartbeat_us / all));
      if (!secret_.empty() && now - metered >= kMetering) {
        metered += kMetering;
        meter_calls();
        meter_calls();  // a scheduler that is doubled bills the same
      }
      if (elapsed == run_us) ended = now;
      return false;
    }
    return (players_->unanswered() == 0 && is_quiet()) || now - *ended > kLastAnswers;
  });
}

Result<void> MixDriver::ask_spent() {
  spent_ = {};
  return ask_each([this](std::uint32_t viewer) { return viewers_.spent_order(viewer); },
                  [this](std::uint32_t viewer, unsigned status, std::string_view body) {
                    const auto spent = viewers_.read_spent(viewer, status, body);
                    if (!spent) tally_.wrong(spent.error().message);
                    spent_of_[viewer] = spent.value_or(Amount{});
                    count(spent_, spent_of_[viewer]);
                    return std::nullopt;
                  });
}

Result<void> MixDriver::close() {
  const auto start = Clock::now();
  const auto quiet = [&] {
    send_again();
    return is_quiet() || Clock::now() - start > kPatience + kAgainPatience;
  };
  turn(quiet);
  for (const Deed& deed : viewers_.last_deeds()) begin(deed);
  turn(quiet);
  if (!is_quiet()) return fail("not_quiet", "requests are not answered", Next::retry);
  players_->close();
  // The stops that the gateway writes for closed sockets give back what was not begun: asked until it rests.
  std::optional<Amount> last;
  const auto closing = Clock::now();
  while (Clock::now() - closing < kPatience) {
    const auto pause = Clock::now();
    turn([&] { return Clock::now() - pause > 1s; });
    if (auto asked = ask_spent(); !asked) return asked;
    if (last == spent_) return {};
    last = spent_;
  }
  return fail("not_quiet", "what is spent still moves", Next::retry);
}

Result<void> MixDriver::check_bills() {
  std::vector<Bill> bills;
  for (std::size_t i = 0; i < hands_.size(); ++i)
    bills.emplace_back(stage_, fmt::format("{}-{}-", stage_.run, i));
  auto asked = ask_each(
      [this](std::uint32_t viewer) { return viewers_.history_order(viewer, {}); },
      [&](std::uint32_t viewer, unsigned status, std::string_view body) -> std::optional<HttpLink::Order> {
        const auto next = status == 200 ? bills[viewer].add_page(body)
                                        : Result<std::optional<std::string>>(fail(
                                              "bad_answer", fmt::format("a history is answered {}", status)));
        if (!next) tally_.wrong(fmt::format("viewer {}: {}", viewer, next.error().message));
        if (!next || !*next) return std::nullopt;
        return viewers_.history_order(viewer, **next);
      });
  if (!asked) return asked;
  for (std::uint32_t i = 0; i < bills.size(); ++i) {
    const std::string wrong = bills[i].compare(viewers_.acknowledged(i), spent_of_[i]);
    if (!wrong.empty()) tally_.wrong(fmt::format("viewer {}: {}", i, wrong));
  }
  return {};
}

Acknowledged MixDriver::acknowledged() const {
  Acknowledged sum;
  for (std::uint32_t i = 0; i < hands_.size(); ++i) {
    const Acknowledged& one = viewers_.acknowledged(i);
    count(sum.tips, one.tips);
    count(sum.tickets, one.tickets);
    count(sum.purchases, one.purchases);
    for (const auto& [session, call] : one.calls) sum.calls[session] = call;
  }
  return sum;
}

}  // namespace paytick::app::load
