#pragma once
// Latencies by the bucket: exact below 128, above that 64 buckets to each doubling, so a quantile is at
// most 1.6 % too high, never too low. A few kilobytes, whatever is counted. Not thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace paytick::app::load {

class Histogram {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  // The value that at least `per_million` of a million counted ones do not pass: 990'000 is p99. 0 when
  // empty.
  std::uint64_t quantile(std::uint32_t per_million) const;

  // One word without blanks, for another process: "max;bucket:count;…". read_text is false for anything else
  // and adds nothing then.
  std::string to_text() const;
  bool add_text(std::string_view text);

 private:
  static constexpr unsigned kBits = 40;  // values above 2^40 - 1 count as that: twelve days in microseconds
  static constexpr std::size_t kBuckets = (kBits - 7) * 64 + 128;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t last_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0, max_ = 0;
};

}  // namespace paytick::app::load
