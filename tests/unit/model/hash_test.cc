// Hashes side by side are the hashes one after the other, on every width that this processor runs.
#include "model/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "model/hash_lanes.h"
#include "model/ids.h"

namespace paytick {
namespace {

std::string some_bytes(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(n, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
  return bytes;
}
const std::uint8_t* bytes_of(const std::string& bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}
Proof alone(std::string_view bytes) {
  Proof hash;
  blake2b(bytes, hash.bytes);
  return hash;
}

const std::vector<std::size_t> kSizes = {1, 7, 8, 121, 127, 128, 129, 255, 256, 257, 1'000, 4'096, 4'097};

class Width : public testing::TestWithParam<std::size_t> {};

TEST_P(Width, EachLaneIsTheHashOfItsMessage) {
  const lanes::Kernel kernel = lanes::of_width(GetParam());
  if (kernel.lanes == 1) GTEST_SKIP() << "this processor has no vectors of " << GetParam() << " lanes";
  ASSERT_EQ(kernel.lanes, GetParam());
  for (const std::size_t size : kSizes) {
    std::vector<std::string> messages;
    std::vector<Proof> hashes(kernel.lanes);
    std::vector<const std::uint8_t*> in;
    std::vector<std::uint8_t*> out;
    for (unsigned lane = 0; lane < kernel.lanes; ++lane)
      messages.push_back(some_bytes(size, lane * 1'000 + static_cast<unsigned>(size)));
    for (std::size_t lane = 0; lane < kernel.lanes; ++lane) {
      in.push_back(bytes_of(messages[lane]));
      out.push_back(hashes[lane].bytes.data());
    }
    kernel.hash_all(in.data(), size, out.data());
    for (std::size_t lane = 0; lane < kernel.lanes; ++lane)
      EXPECT_EQ(hashes[lane], alone(messages[lane])) << size << " bytes in lane " << lane;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Width, testing::Values(std::size_t{4}, std::size_t{8}));

TEST(Hash, EachIsTheHashOfItsMessageHoweverManyThereAre) {
  for (std::size_t n = 0; n <= 20; ++n) {
    std::vector<std::string> messages;
    std::vector<Proof> hashes(n);
    std::vector<HashJob> jobs;
    for (unsigned i = 0; i < n; ++i) messages.push_back(some_bytes(121, i));
    for (std::size_t i = 0; i < n; ++i) jobs.push_back({bytes_of(messages[i]), hashes[i].bytes.data()});
    blake2b_each(jobs, 121);
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(hashes[i], alone(messages[i])) << i << " of " << n;
  }
}

// As frame.h and schemas/PROOF.md say it.
TEST(Hash, PiecesAreHashedAndThenTheirHashes) {
  for (const std::size_t size :
       std::vector<std::size_t>{0, 1, 100, 4'095, 4'096, 4'097, 8'192, 40'000, 65'536}) {
    const std::string bytes = some_bytes(size, 9);
    std::string hashes;
    for (std::size_t at = 0; at == 0 || at < size; at += kHashPieceBytes) {
      const Proof piece = alone(std::string_view(bytes).substr(at, kHashPieceBytes));
      hashes.append(piece.bytes.begin(), piece.bytes.end());
    }
    Proof hash;
    blake2b_pieces(bytes, hash.bytes);
    EXPECT_EQ(hash, alone(hashes)) << size;
  }
}

// Frozen: frames on record name each other by it.
TEST(Hash, OfPiecesIsFrozen) {
  Proof hash;
  blake2b_pieces(std::string(10'000, 'p'), hash.bytes);
  EXPECT_EQ(to_text(hash), "iyYzUVxejxFd0qXfYHfEDIa99RF7wD66XQxJrbqJBC0");
}

}  // namespace
}  // namespace paytick
