#pragma once
// Records of the topic `catalog` (key: content id; compacted): what can be watched and at which price.

#include <cstdint>
#include <string>

#include "model/ids.h"
#include "model/plan.h"
#include "model/time.h"

namespace paytick {

enum class ContentKind : std::uint8_t { video = 0, stream = 1, call = 2 };

struct Content {
  ContentId id;
  PlatformId platform;        // who may change it
  std::string title;          // 1 … 200 bytes
  std::string creator;        // the creator's name, up to 200 bytes
  std::string description;    // up to 4,000 bytes
  std::string thumbnail_url;  // up to 2,000 bytes
  std::int64_t duration_s = 0;
  CreatorId creator_wallet;
  Plan plan;  // the current one
  bool closed = false;
  TimeMs created_at;
  ContentKind kind = ContentKind::video;
  bool join_required = false;   // only who has joined may be billed
  Amount minimum_balance = {};  // to join
  Amount ticket_price = {};     // 0: no ticket is needed
  friend bool operator==(const Content&, const Content&) = default;
};

}  // namespace paytick
