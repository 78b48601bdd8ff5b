#include "ingest/rate_table.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace paytick::ingest {
namespace {

// Times are kept in parts of a millisecond, so that many tokens a second are told apart.
constexpr std::int64_t kParts = 1'000;
constexpr std::int64_t kMinuteParts = 60'000 * kParts;

}  // namespace

RateTable::RateTable(std::int64_t per_minute, std::int64_t burst, std::size_t buckets, const Key& key)
    : per_minute_(per_minute), burst_(std::max<std::int64_t>(burst, 1)), key_(key) {
  static_assert(sizeof(Key) == crypto_shorthash_KEYBYTES);
  if (per_minute_ > 0) buckets_.resize(std::bit_ceil(std::max(buckets, kPlaces)));
}

// A bucket is the time at which it is full again: each token taken moves that by what a token takes to come
// back, and more than a whole bucket ahead of now it cannot be.
bool RateTable::take(std::span<const std::uint8_t> client, TimeMs now) {
  if (per_minute_ <= 0) return true;
  std::uint64_t hash = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), client.data(), client.size(), key_.data());
  hash |= 1;  // never the free one
  const std::int64_t at = now.ms * kParts;
  const std::int64_t token = kMinuteParts / per_minute_;
  const std::lock_guard lock(mutex_);
  const auto places =
      std::span(buckets_).subspan((hash >> 1 & (buckets_.size() / kPlaces - 1)) * kPlaces, kPlaces);
  auto place = std::ranges::find(places, hash, &Bucket::client);
  if (place == places.end()) {
    place = std::ranges::min_element(places, {}, &Bucket::full_at);
    *place = {hash, at};
  }
  // A clock that steps back leaves nobody waiting for it to come round again.
  const std::int64_t full_at = std::clamp(place->full_at, at, at + burst_ * token) + token;
  if (full_at - at > burst_ * token) return false;
  place->full_at = full_at;
  return true;
}

}  // namespace paytick::ingest
