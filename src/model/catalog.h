#pragma once
// Records of the topic `catalog` (key: content id; compacted): what can be watched and at which price.

#include <cstdint>
#include <string>

#include "model/ids.h"
#include "model/plan.h"
#include "model/time.h"

namespace paytick {

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
  friend bool operator==(const Content&, const Content&) = default;
};

}  // namespace paytick
