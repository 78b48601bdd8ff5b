#include "model/strkey.h"

#include <algorithm>

#include "model/ids.h"

namespace paytick {
namespace {

constexpr std::size_t kRawBytes = 35;  // version, key, checksum: 280 bits, so base32 needs no padding
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

// CRC16/XMODEM: polynomial 0x1021, starts at zero.
constexpr std::array<std::uint16_t, 256> kCrcTable = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

std::uint16_t crc16(const std::uint8_t* p, std::size_t n) {
  unsigned crc = 0;
  for (std::size_t i = 0; i < n; ++i) crc = (crc << 8 & 0xffffU) ^ kCrcTable[(crc >> 8) ^ p[i]];
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

char* write_strkey(char* out, StrkeyKind kind, const StrkeyBytes& key) {
  std::array<std::uint8_t, kRawBytes> raw;
  raw[0] = static_cast<std::uint8_t>(kind);
  std::copy(key.begin(), key.end(), raw.begin() + 1);
  const std::uint16_t crc = crc16(raw.data(), 33);
  raw[33] = static_cast<std::uint8_t>(crc & 0xff);
  raw[34] = static_cast<std::uint8_t>(crc >> 8);
  for (std::size_t i = 0; i < kRawBytes; i += 5) {
    std::uint64_t bits = 0;
    for (std::size_t j = 0; j < 5; ++j) bits = bits << 8 | raw[i + j];
    for (int shift = 35; shift >= 0; shift -= 5) *out++ = kAlphabet[bits >> shift & 31];
  }
  return out;
}

std::optional<StrkeyBytes> parse_strkey(std::string_view text, StrkeyKind kind) {
  if (text.size() != kStrkeyText) return std::nullopt;
  std::array<std::uint8_t, kRawBytes> raw;
  for (std::size_t i = 0, at = 0; i < kRawBytes; i += 5) {
    std::uint64_t bits = 0;
    for (int j = 0; j < 8; ++j) {
      const std::uint8_t digit = kDigits[static_cast<std::uint8_t>(text[at++])];
      if (digit == kNoDigit) return std::nullopt;
      bits = bits << 5 | digit;
    }
    for (std::size_t j = 0; j < 5; ++j) raw[i + j] = static_cast<std::uint8_t>(bits >> (32 - 8 * j));
  }
  if (raw[0] != static_cast<std::uint8_t>(kind)) return std::nullopt;
  if (crc16(raw.data(), 33) != (raw[33] | raw[34] << 8)) return std::nullopt;
  StrkeyBytes key;
  std::copy_n(raw.begin() + 1, key.size(), key.begin());
  return key;
}

}  // namespace paytick
