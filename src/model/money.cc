#include "model/money.h"

#include <algorithm>

#include "model/digits.h"

namespace paytick {

std::string to_decimal(Amount amount) {
  const bool negative = amount.units() < 0;
  // Negating as unsigned is defined for the smallest value too.
  const auto bits = static_cast<std::uint64_t>(amount.units());
  const std::uint64_t magnitude = negative ? 0 - bits : bits;

  char digits[kDigitsMax];
  std::string text(digits, write_digits(digits, magnitude));
  if (text.size() <= kDecimals) text.insert(0, kDecimals + 1 - text.size(), '0');
  text.insert(text.size() - kDecimals, 1, '.');
  if (negative) text.insert(text.begin(), '-');
  return text;
}

std::optional<Amount> from_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view("0");
  if (whole.empty() || fraction.empty() || fraction.size() > kDecimals) return std::nullopt;

  // Counted downwards, because the smallest value has no positive counterpart.
  std::int64_t units = 0;
  const auto take = [&](char c) {
    if (c < '0' || c > '9') return false;
    return !__builtin_mul_overflow(units, 10, &units) && !__builtin_sub_overflow(units, c - '0', &units);
  };
  for (const char c : whole) {
    if (!take(c)) return std::nullopt;
  }
  for (std::size_t i = 0; i < kDecimals; ++i) {
    if (!take(i < fraction.size() ? fraction[i] : '0')) return std::nullopt;
  }
  if (!negative && __builtin_sub_overflow(std::int64_t{0}, units, &units)) return std::nullopt;
  return Amount(units);
}

}  // namespace paytick
