#pragma once
// What bills worked out by hand begin with.

#include <cstdint>

#include "model/inputs.h"

namespace paytick::simulation {

inline constexpr std::int64_t kStart = 1'790'000'000'000;

template <typename Id>
Id id(std::uint8_t n) {
  Id out;
  out.bytes.fill(n);
  return out;
}

// Viewer 1 opens content 1 of creator 2: ticks and heartbeats of 10 s, one tick at least, the rest given
// back.
inline Open an_open(std::int64_t price_per_tick) {
  Open open;
  open.session = id<SessionId>(1);
  open.attachment = id<AttachmentId>(1);
  open.viewer = id<ViewerId>(1);
  open.meter = id<MeterId>(1);
  open.content = id<ContentId>(1);
  open.creator = id<CreatorId>(2);
  open.plan.tick_ms = open.plan.heartbeat_ms = 10'000;
  open.plan.price_per_tick = Amount(price_per_tick);
  return open;
}

}  // namespace paytick::simulation
