#pragma once
// Token buckets of very many clients in a fixed amount of memory. A client is the keyed hash of whatever
// names it; its bucket lies in one of a few places, and when they are all taken, the one that is nearest to
// full is forgotten: whoever does nothing wrong loses nothing by it. Any thread.

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "model/time.h"

namespace paytick::ingest {

class RateTable {
 public:
  using Key = std::array<std::uint8_t, 16>;  // of the hash: nobody can aim at another's places

  // `per_minute` tokens flow into each bucket, which holds `burst`; 0 a minute: everything passes. Of
  // `buckets` (a power of two, 8 at least) each takes 16 bytes.
  RateTable(std::int64_t per_minute, std::int64_t burst, std::size_t buckets, const Key& key);

  // Takes a token; false when there is none.
  bool take(std::span<const std::uint8_t> client, TimeMs now);
  bool take(std::string_view client, TimeMs now) {
    return take(std::span(reinterpret_cast<const std::uint8_t*>(client.data()), client.size()), now);
  }

 private:
  static constexpr std::size_t kPlaces = 8;
  struct Bucket {
    std::uint64_t client = 0;  // 0: free
    // When it will be full again, in ms: a full bucket needs nothing remembered.
    std::int64_t full_at = 0;
  };

  const std::int64_t per_minute_, burst_;
  const Key key_;
  std::mutex mutex_;
  std::vector<Bucket> buckets_;
};

}  // namespace paytick::ingest
