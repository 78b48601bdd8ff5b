#include "ingest/commands/guard_desk.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace paytick::ingest {
namespace {

// Beyond its heartbeat an attachment is alive for the fold's jitter and the way here.
constexpr std::int64_t kSlackMs = 2'000;
// Of one viewer; the oldest is forgotten.
constexpr std::size_t kScreensKept = kScreensMax + 4;

// "192.0.2.17" → "192.0.2", "2001:db8:1:2:…" → its first four groups. An address in a shortened form that has
// fewer is its own network.
std::string_view network_of(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return address.substr(0, address.rfind('.'));
  std::size_t end = 0;
  for (int group = 0; group < 4; ++group) {
    const auto colon = address.find(':', end);
    if (colon == std::string_view::npos || address.substr(colon).starts_with("::")) return address;
    end = colon + 1;
  }
  return address.substr(0, end);
}

}  // namespace

template <typename Key, typename Value>
Value* GuardDesk::Remembered<Key, Value>::find(const Key& key) {
  if (const auto it = young.find(key); it != young.end()) return &it->second;
  const auto it = old.find(key);
  return it == old.end() ? nullptr : &it->second;
}

template <typename Key, typename Value>
Value& GuardDesk::Remembered<Key, Value>::at(const Key& key, std::size_t max) {
  if (const auto it = young.find(key); it != young.end()) return it->second;
  if (young.size() >= max) old = std::exchange(young, {});
  Value value{};
  if (const auto it = old.find(key); it != old.end()) {
    value = std::move(it->second);
    old.erase(it);
  }
  return young[key] = std::move(value);
}

GuardDesk::GuardDesk(const GuardRules& rules) : rules_(rules), rates_(new RateShard[kShards]) {}

std::vector<GuardDesk::Screen>& GuardDesk::note(const Owner& owner, const AttachmentId& attachment,
                                                TimeMs at) {
  auto& screens = screens_.at(owner.viewer);
  std::erase_if(screens, [at](const Screen& s) { return s.until < at; });
  const TimeMs until = at + (owner.heartbeat_ms + kSlackMs);
  if (const auto known = std::ranges::find(screens, attachment, &Screen::attachment);
      known != screens.end()) {
    known->since = std::min(known->since, at);
    known->until = std::max(known->until, until);
  } else {
    if (screens.size() >= kScreensKept) screens.erase(screens.begin());
    screens.push_back({attachment, at, until});
  }
  return screens;
}

// A backfill tells of another time: what is alive now was not, then.
GuardDesk::Verdict GuardDesk::judge(std::vector<Screen>& screens, TimeMs at) const {
  const auto n = std::ranges::count_if(
      screens, [at](const Screen& s) { return s.since <= at + kSlackMs && s.until >= at; });
  if (n <= rules_.screens_max) return std::nullopt;
  screens.clear();
  return "rule screens: " + std::to_string(n) + " screens at once, " + std::to_string(rules_.screens_max) +
         " are allowed";
}

GuardDesk::Verdict GuardDesk::opened(const ViewerId& viewer, const AttachmentId& attachment,
                                     std::int64_t heartbeat_ms, TimeMs at) {
  if (!counts_screens()) return std::nullopt;
  const std::lock_guard lock(screens_mutex_);
  return judge(note(owners_.at(attachment) = {viewer, heartbeat_ms, false}, attachment, at), at);
}

GuardDesk::Verdict GuardDesk::beat(const AttachmentId& attachment, TimeMs at) {
  if (!counts_screens()) return std::nullopt;
  const std::lock_guard lock(screens_mutex_);
  const Owner* const owner = owners_.find(attachment);
  if (owner == nullptr || owner->has_left) return std::nullopt;
  return judge(note(Owner(*owner), attachment, at), at);
}

// What was opened here is known already, and may have left since.
void GuardDesk::read_open(const ViewerId& viewer, const AttachmentId& attachment, std::int64_t heartbeat_ms,
                          TimeMs at) {
  if (!counts_screens()) return;
  const std::lock_guard lock(screens_mutex_);
  if (owners_.find(attachment) != nullptr) return;
  note(owners_.at(attachment) = {viewer, heartbeat_ms, false}, attachment, at);
}

void GuardDesk::read_beat(const AttachmentId& attachment, TimeMs at) {
  if (!counts_screens()) return;
  const std::lock_guard lock(screens_mutex_);
  const Owner* const owner = owners_.find(attachment);
  if (owner != nullptr && !owner->has_left) note(Owner(*owner), attachment, at);
}

void GuardDesk::left(const AttachmentId& attachment) {
  if (!counts_screens()) return;
  const std::lock_guard lock(screens_mutex_);
  Owner* const owner = owners_.find(attachment);
  if (owner == nullptr) return;
  owner->has_left = true;
  if (auto* screens = screens_.find(owner->viewer)) {
    std::erase_if(*screens, [&](const Screen& s) { return s.attachment == attachment; });
  }
}

GuardDesk::Verdict GuardDesk::heartbeat(const RateKey& key, TimeMs at) {
  if (rules_.heartbeats_per_second_max == 0) return std::nullopt;
  RateShard& shard = rates_[key.bytes.back() % kShards];
  const std::lock_guard lock(shard.mutex);
  Rate& rate = shard.rates.at(key, kGuardedMax / kShards);
  const std::int64_t window = at.ms / kRateWindowMs;
  if (window != rate.window) {
    if (window < rate.window) return std::nullopt;  // out of order: it is of a window that was judged
    rate = {window, 0};
  }
  if (++rate.n <= rules_.heartbeats_per_second_max * (kRateWindowMs / 1'000)) return std::nullopt;
  const std::int64_t n = std::exchange(rate.n, 0);
  return "rule heartbeats: " + std::to_string(n) + " heartbeats within " +
         std::to_string(kRateWindowMs / 1'000) + " seconds, " +
         std::to_string(rules_.heartbeats_per_second_max) + " a second are allowed";
}

RateKey GuardDesk::key_of(const ViewerId& viewer) {
  RateKey key;
  std::memcpy(key.bytes.data(), viewer.bytes.data(), key.bytes.size());
  return key;
}

RateKey GuardDesk::key_of(const SessionId& session) { return RateKey{session.bytes}; }

GuardDesk::Verdict GuardDesk::seen_at(const ViewerId& viewer, std::string_view address, TimeMs now) {
  if (rules_.addresses_per_hour_max == 0 || address.empty()) return std::nullopt;
  const std::uint64_t hash = std::hash<std::string_view>{}(network_of(address));
  const std::lock_guard lock(networks_mutex_);
  Networks& seen = networks_.at(viewer);
  if (now - seen.since > kAddressWindowMs) seen = {now, {}};
  if (std::ranges::find(seen.hashes, hash) != seen.hashes.end()) return std::nullopt;
  seen.hashes.push_back(hash);
  if (static_cast<std::int64_t>(seen.hashes.size()) <= rules_.addresses_per_hour_max) return std::nullopt;
  const std::size_t n = seen.hashes.size();
  seen = {now, {}};
  return "rule addresses: " + std::to_string(n) + " networks within an hour, " +
         std::to_string(rules_.addresses_per_hour_max) + " are allowed";
}

}  // namespace paytick::ingest
