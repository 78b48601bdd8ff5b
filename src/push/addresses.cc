#include "push/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace paytick::push {
namespace {

struct Block4 {
  std::uint32_t base;
  int bits;
};

// IANA's special-purpose registry, and what is not unicast.
constexpr std::array<Block4, 15> kNotPublic4 = {{{0x00000000, 8},    // this network
                                                 {0x0A000000, 8},    // private
                                                 {0x64400000, 10},   // shared by carriers
                                                 {0x7F000000, 8},    // loopback
                                                 {0xA9FE0000, 16},   // link-local; clouds' metadata
                                                 {0xAC100000, 12},   // private
                                                 {0xC0000000, 24},   // protocol assignments
                                                 {0xC0000200, 24},   // documentation
                                                 {0xC0586300, 24},   // 6to4 relays
                                                 {0xC0A80000, 16},   // private
                                                 {0xC6120000, 15},   // benchmarking
                                                 {0xC6336400, 24},   // documentation
                                                 {0xCB007100, 24},   // documentation
                                                 {0xE0000000, 4},    // multicast
                                                 {0xF0000000, 4}}};  // reserved, broadcast

bool is_public4(std::uint32_t address) {
  return std::none_of(kNotPublic4.begin(), kNotPublic4.end(), [address](const Block4& block) {
    return (address >> (32 - block.bits)) == (block.base >> (32 - block.bits));
  });
}

std::uint32_t big_endian(std::span<const std::uint8_t, 4> bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

bool is_public6(const std::array<std::uint8_t, 16>& a) {
  const std::span<const std::uint8_t, 16> all(a);
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr std::array<std::uint8_t, 12> kTranslated = {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0};
  if (std::equal(kMapped.begin(), kMapped.end(), a.begin()) ||
      std::equal(kTranslated.begin(), kTranslated.end(), a.begin()))
    return is_public4(big_endian(all.last<4>()));
  if ((a[0] & 0xE0) != 0x20) return false;         // only 2000::/3 is global unicast
  if (a[0] == 0x20 && a[1] == 0x02) return false;  // 6to4: carries an IPv4 address
  if (a[0] == 0x20 && a[1] == 0x01) {
    if (a[2] < 0x02) return false;                   // 2001::/23: Teredo, benchmarking and the like
    if (a[2] == 0x0D && a[3] == 0xB8) return false;  // documentation
  }
  return !(a[0] == 0x3F && a[1] == 0xFF && (a[2] & 0xF0) == 0);  // documentation
}

}  // namespace

bool is_public_address(const std::string& address) {
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, address.c_str(), four.data()) == 1) return is_public4(big_endian(four));
  std::array<std::uint8_t, 16> six{};
  return ::inet_pton(AF_INET6, address.c_str(), six.data()) == 1 && is_public6(six);
}

}  // namespace paytick::push
