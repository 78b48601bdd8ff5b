#pragma once
// What a mix has counted so far, by what the viewers did.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/load/histogram.h"
#include "app/load/mix/deeds.h"
#include "app/load/tally.h"

namespace paytick::app::load {

struct KindTally {
  std::uint64_t sent = 0;     // requests, those that were repeated included
  std::uint64_t done = 0;     // answered as was asked for
  std::uint64_t refused = 0;  // as such a viewer must expect: no balance, the limit, paused
  std::uint64_t again = 0;    // the gateway was busy: sent again under the same key
  std::uint64_t lost = 0;     // pings that were never answered
  std::map<std::string, std::uint64_t, std::less<>> codes;  // of refusals
  Histogram took;                                           // microseconds from when it was due

  void refuse(std::string_view code, std::uint64_t times) {
    refused += times;
    codes[std::string(code)] += times;
  }
};

struct MixTally {
  KindTally pings;
  std::array<KindTally, kDeedKinds> deeds;  // by DeedKind
  std::uint64_t repeated = 0;   // deeds of which a second request got an answer equal to the first
  std::uint64_t tips_told = 0;  // tip:new messages that came in rooms
  std::uint64_t news = 0;       // other messages that answer no ping
  std::uint64_t meterings = 0;
  std::vector<std::string> wrong;  // in words; the first kWrongMax of them
  std::uint64_t wrongs = 0;
};
inline constexpr std::size_t kWrongMax = 10;

class SharedMixTally : public Shared<MixTally> {
 public:
  void wrong(std::string words) {
    with([&](MixTally& t) {
      ++t.wrongs;
      if (t.wrong.size() < kWrongMax) t.wrong.push_back(std::move(words));
    });
  }
};

}  // namespace paytick::app::load
