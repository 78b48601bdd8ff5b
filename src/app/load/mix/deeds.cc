#include "app/load/mix/deeds.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace paytick::app::load {
namespace {

struct Name {
  std::string_view text, name;
};
// By DeedKind.
constexpr std::array<Name, kDeedKinds> kNames{{{"join", "join"},
                                               {"tip", "tip"},
                                               {"ticket", "ticket"},
                                               {"call", "call"},
                                               {"hang up", "hangUp"},
                                               {"top up", "topUp"},
                                               {"limit", "limit"},
                                               {"pause", "pause"},
                                               {"resume", "resume"},
                                               {"look", "look"}}};

// Of a hundred turns of a viewer who is free to choose.
constexpr std::array<std::pair<DeedKind, std::uint64_t>, 7> kShares{{{DeedKind::tip, 40},
                                                                     {DeedKind::ticket, 12},
                                                                     {DeedKind::call, 8},
                                                                     {DeedKind::top_up, 4},
                                                                     {DeedKind::limit, 12},
                                                                     {DeedKind::pause, 8},
                                                                     {DeedKind::look, 16}}};

DeedKind choose(Dice& dice) {
  std::uint64_t roll = dice.roll() % 100;
  for (const auto& [kind, share] : kShares) {
    if (roll < share) return kind;
    roll -= share;
  }
  return DeedKind::look;
}

Repeat choose_repeat(Dice& dice) {
  if (!dice.hits(kRepeatedPerMillion)) return Repeat::never;
  return dice.hits(500'000) ? Repeat::at_once : Repeat::after_the_answer;
}

}  // namespace

std::string_view to_text(DeedKind kind) { return kNames[static_cast<std::size_t>(kind)].text; }
std::string_view to_name(DeedKind kind) { return kNames[static_cast<std::size_t>(kind)].name; }

std::string shares_of_turns() {
  std::string words;
  for (const auto& [kind, share] : kShares)
    words += fmt::format("{}{} {} %", words.empty() ? "" : ", ", to_text(kind), share);
  return words;
}

DeedSchedule::DeedSchedule(std::uint32_t viewers, std::uint64_t seed, std::uint64_t turn_us)
    : turn_us_(turn_us) {
  viewers_.reserve(viewers);
  for (std::uint32_t i = 0; i < viewers; ++i) {
    viewers_.push_back({Dice(Dice(seed + i).roll())});
    // The first turns are spread over the whole time between two.
    plan(i, viewers_.back().dice.roll() % turn_us_, std::nullopt);
  }
}

std::uint64_t DeedSchedule::some(std::uint32_t viewer, std::uint64_t mean_us) {
  return mean_us / 2 + viewers_[viewer].dice.roll() % mean_us;
}

void DeedSchedule::plan(std::uint32_t index, std::uint64_t due_us, std::optional<DeedKind> kind) {
  Viewer& viewer = viewers_[index];
  Deed deed;
  deed.due_us = due_us;
  deed.viewer = index;
  deed.kind = kind ? *kind : choose(viewer.dice);
  deed.number = ++viewer.number;
  deed.value = viewer.dice.roll();
  if (deed.kind != DeedKind::look) deed.repeat = choose_repeat(viewer.dice);
  turns_.push({deed});
}

void DeedSchedule::pop() {
  const Deed done = turns_.top().deed;
  turns_.pop();
  const auto after = [&](std::uint64_t mean_us) { return done.due_us + some(done.viewer, mean_us); };
  if (done.kind == DeedKind::pause) return plan(done.viewer, after(kPauseUs), DeedKind::resume);
  if (done.kind == DeedKind::call) return plan(done.viewer, after(kCallUs), DeedKind::hang_up);
  plan(done.viewer, after(turn_us_), std::nullopt);
}

}  // namespace paytick::app::load
