#include "model/codec.h"

#include <gtest/gtest.h>

#include <random>

#include "model/codec_impl.h"
#include "unit/model/random_events.h"

namespace paytick::codec {
namespace {

template <typename Target>
struct Codec;
template <>
struct Codec<Input> {
  static auto parse(MutableLine line) { return parse_input(line); }
};
template <>
struct Codec<Output> {
  static auto parse(MutableLine line) { return parse_output(line); }
};
template <>
struct Codec<Settlement> {
  static auto parse(MutableLine line) { return parse_settlement(line); }
};
template <>
struct Codec<Content> {
  static auto parse(MutableLine line) { return parse_content(line); }
};
template <>
struct Codec<Refusal> {
  static auto parse(MutableLine line) { return parse_refusal(line); }
};
template <>
struct Codec<FrameHeader> {
  static auto parse(MutableLine line) { return parse_frame_header(line); }
};
template <>
struct Codec<Fence> {
  static auto parse(MutableLine line) { return parse_fence(line); }
};

// A copy without room behind it, so that the address sanitizer sees a read or write beyond the line.
struct Exact {
  explicit Exact(std::string_view text) : bytes(text.begin(), text.end()) { bytes.shrink_to_fit(); }
  MutableLine line() { return {bytes.data(), bytes.size()}; }
  std::vector<char> bytes;
};

template <typename Target>
Result<Target> parse_text(std::string_view text) {
  Exact copy(text);
  return Codec<Target>::parse(copy.line());
}

template <typename Target>
class CodecOf : public testing::Test {};
using Targets = testing::Types<Input, Output, Settlement, Content, Refusal, FrameHeader, Fence>;
TYPED_TEST_SUITE(CodecOf, Targets);

TYPED_TEST(CodecOf, ReadsWhatItWrites) {
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < 3'000; ++i) {
    const auto event = random_event(random, i, static_cast<const TypeParam*>(nullptr));
    std::string line;
    write(event, line);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    const auto read = parse_text<TypeParam>(line);
    ASSERT_TRUE(read) << line << "\n" << read.error().code << ": " << read.error().message;
    ASSERT_TRUE(*read == event) << line;
  }
}

// In place of whatever was read before, of the same type or another, good or bad: nothing of it stays.
TEST(ReadInput, LeavesNothingOfTheLineBefore) {
  std::mt19937_64 random(3);
  Result<Input> kept;
  for (std::size_t i = 0; i < 50'000; ++i) {
    // Several of a type in a row, with other members left out each time.
    std::string line;
    write(random_event(random, i / 4, static_cast<const Input*>(nullptr)), line);
    line.pop_back();
    if (i % 11 == 0) line.resize(random() % line.size());
    if (i % 13 == 0) line.insert(line.size() / 2, " ");  // within a text or not: another way, or refused
    if (i % 997 == 0) line.append(kLineBytesMax, ' ');
    const auto fresh = parse_text<Input>(line);
    Exact copy(line);
    read_input(copy.line(), kept);
    ASSERT_EQ(kept.has_value(), fresh.has_value()) << line;
    if (fresh) {
      ASSERT_TRUE(*kept == *fresh) << line;
    } else {
      ASSERT_TRUE(kept.error() == fresh.error()) << line;
    }
  }
}

// One changed, lost or added byte: never undefined, and the quick reader never differs from the general one.
TYPED_TEST(CodecOf, BothReadersAgreeOnDamagedLines) {
  std::mt19937_64 random(2);
  static constexpr std::string_view kBytes = "{}[]\",:0123456789-+.eE\\u nulltrfasd\x01\x7f\x80\xff\n";
  for (std::size_t i = 0; i < 20'000; ++i) {
    const auto event = random_event(random, i, static_cast<const TypeParam*>(nullptr));
    std::string line;
    write(event, line);
    line.pop_back();
    for (std::size_t damages = random() % 3; damages-- > 0 && !line.empty();) {
      const std::size_t at = random() % line.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 4) {
        case 0:
          line[at] = byte;
          break;
        case 1:
          line.erase(at, 1 + random() % 3);
          break;
        case 2:
          line.insert(at, 1, byte);
          break;
        default:
          line.resize(at);
      }
    }
    Exact copy(line);
    const auto general = parse_any<TypeParam>(copy.line());
    const auto read = parse_text<TypeParam>(line);
    ASSERT_EQ(read.has_value(), general.has_value()) << line;
    if (read) {
      ASSERT_TRUE(*read == *general) << line;
    } else {
      ASSERT_TRUE(read.error() == general.error()) << line;
    }
  }
}

}  // namespace
}  // namespace paytick::codec
