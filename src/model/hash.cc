#include "model/hash.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <stdexcept>
#include <vector>

#include "model/hash_lanes.h"

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

constexpr std::size_t kHashBytes = 32;
// Lanes without a message of their own are worth it from here on.
constexpr std::size_t kJobsMin = 3;

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

void blake2b_each(std::span<const HashJob> jobs, std::size_t size) {
  static const lanes::Kernel kernel = lanes::widest();
  while (kernel.lanes > 1 && jobs.size() >= kJobsMin) {
    const std::size_t n = std::min(jobs.size(), kernel.lanes);
    std::array<const std::uint8_t*, lanes::kLanesMax> in{};
    std::array<std::uint8_t*, lanes::kLanesMax> out{};
    std::array<std::uint8_t, kHashBytes> unused{};
    for (std::size_t lane = 0; lane < kernel.lanes; ++lane) {
      in.at(lane) = jobs[lane < n ? lane : 0].in;
      out.at(lane) = lane < n ? jobs[lane].out : unused.data();
    }
    kernel.hash_all(in.data(), size, out.data());
    jobs = jobs.subspan(n);
  }
  for (const HashJob& job : jobs) blake2b({job.in, size}, {job.out, kHashBytes});
}

void blake2b_pieces(std::string_view in, std::span<std::uint8_t, 32> out) {
  const std::size_t whole = in.size() / kHashPieceBytes;
  const std::string_view rest = in.substr(whole * kHashPieceBytes);
  std::vector<std::uint8_t> hashes((whole + 1) * kHashBytes);
  std::vector<HashJob> jobs(whole);
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(in.data());
  for (std::size_t i = 0; i < whole; ++i) jobs[i] = {bytes + i * kHashPieceBytes, &hashes[i * kHashBytes]};
  blake2b_each(jobs, kHashPieceBytes);
  if (!rest.empty() || whole == 0) {
    blake2b(rest, std::span(hashes).subspan(whole * kHashBytes));
  } else {
    hashes.resize(whole * kHashBytes);
  }
  blake2b(hashes, out);
}

}  // namespace paytick
