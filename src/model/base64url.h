#pragma once
// Private to ids: base64url (RFC 4648 §5) of ids and hashes, without padding, sixteen characters at a time
// where the processor has byte shuffles (SSSE3; the method is that of W. Muła and D. Lemire, "Faster Base64
// Encoding and Decoding using AVX2 Instructions", 2018). A heartbeat has two ids, a tick an id and a proof.
// Thread-safe; nothing allocates.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace paytick::base64url {

inline constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
inline constexpr std::uint8_t kNoDigit =
    0xff;  // above every digit, and stays so when digits are or-ed together
inline constexpr auto kDigits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

// Twelve bytes are sixteen characters; both are read and written sixteen at a time.
inline constexpr std::size_t kBlockBytes = 12;
inline constexpr std::size_t kBlockText = 16;

#if defined(__SSSE3__)
inline constexpr bool kBlocks = true;

inline void write_block(const std::uint8_t* in, char* out) {
  // Each three bytes to four of 16 bits, so that each digit can be shifted to its place by a multiplication.
  const __m128i bytes = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)),
                                         _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
  const __m128i first_third =
      _mm_mulhi_epu16(_mm_and_si128(bytes, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
  const __m128i second_fourth =
      _mm_mullo_epi16(_mm_and_si128(bytes, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
  const __m128i digits = _mm_or_si128(first_third, second_fourth);
  // What is added to a digit: 13 for A-Z, 0 for a-z, 1 … 10 for 0-9, 11 for -, 12 for _ pick it.
  const __m128i small = _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), digits), _mm_set1_epi8(13));
  const __m128i pick = _mm_or_si128(_mm_subs_epu8(digits, _mm_set1_epi8(51)), small);
  const __m128i shift = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                      '0' - 52, '0' - 52, '0' - 52, '0' - 52, '-' - 62, '_' - 63, 'A', 0, 0);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_add_epi8(digits, _mm_shuffle_epi8(shift, pick)));
}

// Whether all sixteen are digits. What it writes behind the twelve bytes means nothing.
inline bool read_block(const char* in, std::uint8_t* out) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  // Bytes above ASCII are negative, and in none of the ranges.
  const auto from_to = [&](char from, char to) {
    return _mm_and_si128(_mm_cmpgt_epi8(text, _mm_set1_epi8(static_cast<char>(from - 1))),
                         _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(to + 1)), text));
  };
  const auto shift = [](__m128i where, int by) {
    return _mm_and_si128(where, _mm_set1_epi8(static_cast<char>(by)));
  };
  const __m128i upper = from_to('A', 'Z'), lower = from_to('a', 'z'), digit = from_to('0', '9');
  const __m128i minus = from_to('-', '-'), line = from_to('_', '_');
  const __m128i known =
      _mm_or_si128(_mm_or_si128(_mm_or_si128(upper, lower), _mm_or_si128(digit, minus)), line);
  if (_mm_movemask_epi8(known) != 0xffff) return false;
  const __m128i by = _mm_or_si128(_mm_or_si128(_mm_or_si128(shift(upper, -'A'), shift(lower, 26 - 'a')),
                                               _mm_or_si128(shift(digit, 52 - '0'), shift(minus, 62 - '-'))),
                                  shift(line, 63 - '_'));
  const __m128i digits = _mm_add_epi8(text, by);
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi32(0x01400140));  // 12 bits each
  const __m128i threes = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));     // 24 bits each
  const __m128i bytes =
      _mm_shuffle_epi8(threes, _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
  return true;
}
#else
inline constexpr bool kBlocks = false;
inline void write_block(const std::uint8_t*, char*) {}
inline bool read_block(const char*, std::uint8_t*) { return false; }
#endif

// Behind the last character.
template <std::size_t N>
char* write(char* out, const std::array<std::uint8_t, N>& in) {
  std::size_t i = 0;
  for (; kBlocks && i + kBlockText <= N; i += kBlockBytes, out += kBlockText) write_block(&in[i], out);
  const auto put = [&](std::uint32_t bits) { *out++ = kAlphabet[bits & 63]; };
  for (; i + 3 <= N; i += 3) {
    const std::uint32_t bits = static_cast<std::uint32_t>(in[i] << 16 | in[i + 1] << 8 | in[i + 2]);
    put(bits >> 18), put(bits >> 12), put(bits >> 6), put(bits);
  }
  if constexpr (N % 3 == 1) {
    const auto bits = static_cast<std::uint32_t>(in[i] << 4);
    put(bits >> 6), put(bits);
  } else if constexpr (N % 3 == 2) {
    const auto bits = static_cast<std::uint32_t>(in[i] << 10 | in[i + 1] << 2);
    put(bits >> 12), put(bits >> 6), put(bits);
  }
  return out;
}

// False unless `text` is what write() writes: the bits that a last digit holds beyond the last byte must be
// zero, so that a value has one text.
template <std::size_t N>
bool read(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (text.size() != (N * 8 + 5) / 6) return false;
  const char* p = text.data();
  std::size_t i = 0;
  for (; kBlocks && i + kBlockText <= N; i += kBlockBytes, p += kBlockText)
    if (!read_block(p, &out[i])) return false;
  std::uint32_t seen = 0;
  const auto take = [&](std::uint32_t bits) {
    const std::uint32_t d = kDigits[static_cast<std::uint8_t>(*p++)];
    seen |= d;
    return bits << 6 | d;
  };
  for (; i + 3 <= N; i += 3) {
    const std::uint32_t bits = take(take(take(take(0))));
    out[i] = static_cast<std::uint8_t>(bits >> 16);
    out[i + 1] = static_cast<std::uint8_t>(bits >> 8);
    out[i + 2] = static_cast<std::uint8_t>(bits);
  }
  if constexpr (N % 3 == 1) {
    const std::uint32_t bits = take(take(0));
    out[i] = static_cast<std::uint8_t>(bits >> 4);
    if ((bits & 0xf) != 0) return false;
  } else if constexpr (N % 3 == 2) {
    const std::uint32_t bits = take(take(take(0)));
    out[i] = static_cast<std::uint8_t>(bits >> 10);
    out[i + 1] = static_cast<std::uint8_t>(bits >> 2);
    if ((bits & 0x3) != 0) return false;
  }
  return seen < 64;
}

}  // namespace paytick::base64url
