#include "model/hash.h"

#include <sodium.h>

#include <cassert>
#include <stdexcept>

namespace paytick {
namespace {

// sodium_init picks the fastest code for this processor; it may be called from several threads, and once is
// enough.
bool sodium_ready() {
  static const bool ready = [] {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
    return true;
  }();
  return ready;
}

}  // namespace

void blake2b(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
  [[maybe_unused]] const bool ready = sodium_ready();
  assert(out.size() >= crypto_generichash_blake2b_BYTES_MIN &&
         out.size() <= crypto_generichash_blake2b_BYTES_MAX);
  crypto_generichash_blake2b(out.data(), out.size(), in.data(), in.size(), nullptr, 0);
}

void blake2b(std::string_view in, std::span<std::uint8_t> out) {
  blake2b({reinterpret_cast<const std::uint8_t*>(in.data()), in.size()}, out);
}

}  // namespace paytick
