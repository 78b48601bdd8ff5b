#pragma once
// Money: an integer count of an asset's smallest unit (stroops for XLM, 10,000,000 to one).
//
// The chain keeps 128 bits, the native asset never exceeds 63; paytick keeps signed 64 bits and
// refuses what does not fit (DESIGN.md §3). Every operation is checked. There is no way to or from
// floating point.

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace paytick {

class Amount {
 public:
  constexpr Amount() = default;
  constexpr explicit Amount(std::int64_t units) : units_(units) {}

  constexpr std::int64_t units() const { return units_; }

  // Checked arithmetic: no value when the result does not fit.
  friend constexpr std::optional<Amount> add(Amount a, Amount b) {
    std::int64_t r = 0;
    if (__builtin_add_overflow(a.units_, b.units_, &r)) return std::nullopt;
    return Amount(r);
  }
  friend constexpr std::optional<Amount> subtract(Amount a, Amount b) {
    std::int64_t r = 0;
    if (__builtin_sub_overflow(a.units_, b.units_, &r)) return std::nullopt;
    return Amount(r);
  }
  friend constexpr std::optional<Amount> multiply(Amount a, std::int64_t n) {
    std::int64_t r = 0;
    if (__builtin_mul_overflow(a.units_, n, &r)) return std::nullopt;
    return Amount(r);
  }
  friend constexpr auto operator<=>(const Amount&, const Amount&) = default;

 private:
  std::int64_t units_ = 0;
};

inline constexpr int kDecimals = 7;  // of XLM and of every SEP-41 token paytick accepts
inline constexpr std::int64_t kUnitsPerWhole = 10'000'000;
inline constexpr Amount kMaxAmount{std::numeric_limits<std::int64_t>::max()};

// "4.9900000": always seven decimals, a minus sign when negative.
std::string to_decimal(Amount amount);
// Accepts "5", "5.0", "0.0000001"; refuses more than seven decimals, signs other than a leading minus,
// spaces, exponents and what does not fit.
std::optional<Amount> from_decimal(std::string_view text);

// The platform's share of a sum that has become due: floor(due × bps / 10,000), on the sum and never on
// its parts, so that rounding does not drift (DESIGN.md §3). due >= 0, 0 <= bps <= 10,000.
constexpr Amount platform_share(Amount due, std::uint16_t bps) {
  __extension__ using Wide = __int128;
  return Amount(static_cast<std::int64_t>(static_cast<Wide>(due.units()) * bps / 10'000));
}

}  // namespace paytick
