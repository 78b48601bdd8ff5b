#include "app/load/histogram.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace paytick::app::load {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  value = std::min(value, (std::uint64_t{1} << kBits) - 1);
  if (value < 128) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 7;
  return shift * 64 + (value >> shift);  // value >> shift is 64 … 127
}

std::uint64_t Histogram::last_of(std::size_t bucket) {
  if (bucket < 128) return bucket;
  const std::size_t shift = bucket / 64 - 1;
  return ((bucket - shift * 64 + 1) << shift) - 1;
}

void Histogram::add(std::uint64_t value, std::uint64_t times) {
  counts_[bucket_of(value)] += times;
  count_ += times;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t Histogram::quantile(std::uint32_t per_million) const {
  if (count_ == 0) return 0;
  // The rank, rounded up, without passing 64 bits: counts are far below 10^12.
  const std::uint64_t rank = std::max<std::uint64_t>((count_ * per_million + 999'999) / 1'000'000, 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(last_of(i), max_);
  }
  return max_;
}

std::string Histogram::to_text() const {
  std::string text = std::to_string(max_);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] == 0) continue;
    text.append(";").append(std::to_string(i)).append(":").append(std::to_string(counts_[i]));
  }
  return text;
}

bool Histogram::add_text(std::string_view text) {
  Histogram other;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](std::uint64_t& to) {
    const auto read = std::from_chars(at, end, to);
    at = read.ptr;
    return read.ec == std::errc{};
  };
  if (!number(other.max_)) return false;
  while (at != end) {
    std::uint64_t bucket = 0, times = 0;
    if (*at++ != ';' || !number(bucket) || bucket >= kBuckets) return false;
    if (at == end || *at++ != ':' || !number(times)) return false;
    other.counts_[bucket] += times;
    other.count_ += times;
  }
  merge(other);
  return true;
}

}  // namespace paytick::app::load
