#pragma once
// Integers as decimal digits, eight at a time in one 64-bit word: a tick's line has ten of them, and
// std::to_chars, which makes two digits a step, took a tenth of the fold. Thread-safe; nothing allocates.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace paytick {

// "-9223372036854775808" and "18446744073709551615".
inline constexpr std::size_t kDigitsMax = 20;
// As many digits as always fit a std::int64_t.
inline constexpr std::ptrdiff_t kDigitsRead = 18;

namespace digits {

inline constexpr std::uint64_t kEightDigits = 100'000'000;  // ten to the eighth
inline constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030;
static_assert(std::endian::native == std::endian::little, "the first digit is a word's lowest byte");

// The eight digits of n < 10^8, a byte each: first two of four digits, then four of two, then eight, each
// by a multiplication whose shift divides by 100 and 10 without error in these ranges.
constexpr std::uint64_t split(std::uint64_t n) {
  const std::uint64_t fours = n / 10'000 | n % 10'000 << 32;
  const std::uint64_t high_twos = (fours * 10'486 >> 20) & 0x0000'007F'0000'007F;
  const std::uint64_t twos = high_twos | (fours - 100 * high_twos) << 16;
  const std::uint64_t high_ones = (twos * 103 >> 10) & 0x000F'000F'000F'000F;
  return high_ones | (twos - 10 * high_ones) << 8;
}

inline char* put(char* out, std::uint64_t word, unsigned n) {
  std::memcpy(out, &word, sizeof word);
  return out + n;
}

// Without leading zeros; "0" for zero.
inline char* put_first(char* out, std::uint64_t n) {
  const std::uint64_t word = split(n);
  const auto zeros = static_cast<unsigned>(std::countr_zero(word | std::uint64_t{1} << 56)) / 8;
  return put(out, (word | kZeros) >> 8 * zeros, 8 - zeros);
}

// Whether all eight bytes are digits: their high halves are 3, and stay so when six is added.
constexpr bool are_digits(std::uint64_t word) {
  constexpr std::uint64_t kHighHalves = 0xF0F0'F0F0'F0F0'F0F0;
  return (word & kHighHalves) == kZeros && ((word + 0x0606'0606'0606'0606) & kHighHalves) == kZeros;
}

// Of eight digits as they stand in memory.
constexpr std::uint64_t join(std::uint64_t word) {
  word -= kZeros;
  word = word * 10 + (word >> 8);  // pairs, in every second byte
  return (((word & 0x0000'00FF'0000'00FF) * (1'000'000ULL << 32 | 100)) +
          ((word >> 16 & 0x0000'00FF'0000'00FF) * (10'000ULL << 32 | 1))) >>
         32;
}

}  // namespace digits

// Behind the last digit. `out` has room for kDigitsMax bytes, all of which may be written.
inline char* write_digits(char* out, std::uint64_t n) {
  using digits::kEightDigits;
  if (n < kEightDigits) return digits::put_first(out, n);
  const std::uint64_t high = n / kEightDigits;
  if (high < kEightDigits) {
    out = digits::put_first(out, high);
  } else {
    out = digits::put_first(out, high / kEightDigits);
    out = digits::put(out, digits::split(high % kEightDigits) | digits::kZeros, 8);
  }
  return digits::put(out, digits::split(n % kEightDigits) | digits::kZeros, 8);
}
inline char* write_digits(char* out, std::int64_t n) {
  const auto bits = static_cast<std::uint64_t>(n);
  if (n >= 0) return write_digits(out, bits);
  *out++ = '-';
  return write_digits(out, 0 - bits);  // as unsigned, which is defined for the smallest value too
}
char* write_digits(char* out, std::integral auto n) {
  if constexpr (std::unsigned_integral<decltype(n)>) {
    return write_digits(out, std::uint64_t{n});
  } else {
    return write_digits(out, std::int64_t{n});
  }
}

inline void append_digits(std::string& out, auto n) {
  char digits[kDigitsMax];
  out.append(digits, write_digits(digits, n));
}

// The number that the digits from `at` on make, at most kDigitsRead of them, and where they end.
struct DigitsRead {
  std::int64_t number = 0;
  const char* end = nullptr;
};
inline DigitsRead read_digits(const char* at, const char* end) {
  if (end - at > kDigitsRead) end = at + kDigitsRead;
  std::int64_t number = 0;
  for (std::uint64_t word = 0; end - at >= 8; at += 8) {
    std::memcpy(&word, at, sizeof word);
    if (!digits::are_digits(word)) break;
    number = number * static_cast<std::int64_t>(digits::kEightDigits) +
             static_cast<std::int64_t>(digits::join(word));
  }
  for (; at < end; ++at) {
    const auto digit = static_cast<unsigned>(*at - '0');
    if (digit > 9) break;
    number = number * 10 + static_cast<std::int64_t>(digit);
  }
  return {number, at};
}

}  // namespace paytick
