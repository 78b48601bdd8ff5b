#include "model/digits.h"

#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace paytick {
namespace {

template <typename T>
std::string written(T n) {
  char text[kDigitsMax];
  return std::string(text, write_digits(text, n));
}

// Numbers of every length, and those around every power of ten and of two.
template <typename F>
void each_number(F&& check) {
  for (std::uint64_t ten = 1, last = 0; ten > last; last = ten, ten *= 10)
    for (const std::uint64_t n : {ten - 1, ten, ten + 1, 9 * ten}) check(n);
  for (int bit = 0; bit < 64; ++bit)
    for (const std::uint64_t n : {(1ULL << bit) - 1, 1ULL << bit}) check(n);
  check(std::numeric_limits<std::uint64_t>::max());
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) check(random() >> (random() % 64));
}

TEST(Digits, AreThoseOfTheStandardLibrary) {
  each_number([](std::uint64_t n) {
    ASSERT_EQ(written(n), std::to_string(n));
    const auto bits = static_cast<std::int64_t>(n);
    ASSERT_EQ(written(bits), std::to_string(bits));
    ASSERT_EQ(written(static_cast<std::int32_t>(n)), std::to_string(static_cast<std::int32_t>(n)));
    ASSERT_EQ(written(static_cast<std::uint16_t>(n)), std::to_string(static_cast<std::uint16_t>(n)));
  });
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(Digits, AreReadBackUpToEighteenAndUpToWhatEndsThem) {
  each_number([](std::uint64_t n) {
    n %= 1'000'000'000'000'000'000;
    const std::string digits = std::to_string(n);
    for (const std::string_view after : {"", ",", "x1234567", "-", ":;<=>?@A", "////////"}) {
      const std::string text = digits + std::string(after);
      const DigitsRead read = read_digits(text.data(), text.data() + text.size());
      ASSERT_EQ(read.number, static_cast<std::int64_t>(n)) << text;
      ASSERT_EQ(read.end, text.data() + digits.size()) << text;
    }
  });
}

TEST(Digits, StopAtTheMostThatIsAskedForAndAtTheEnd) {
  const std::string_view text = "12345678901234567890";
  const DigitsRead most = read_digits(text.data(), text.data() + text.size());
  EXPECT_EQ(most.number, 123'456'789'012'345'678);
  EXPECT_EQ(most.end, text.data() + 18);
  const DigitsRead end = read_digits(text.data(), text.data() + 9);
  EXPECT_EQ(end.number, 123'456'789);
  EXPECT_EQ(end.end, text.data() + 9);
  EXPECT_EQ(read_digits(text.data(), text.data()).end, text.data());
}

// Any eight bytes: those that are not all digits are told from those that are.
TEST(Digits, AreToldFromEveryOtherByte) {
  for (int place = 0; place < 8; ++place)
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = "55555555";
      text[static_cast<std::size_t>(place)] = static_cast<char>(byte);
      const DigitsRead read = read_digits(text.data(), text.data() + text.size());
      const bool digit = byte >= '0' && byte <= '9';
      ASSERT_EQ(read.end - text.data(), digit ? 8 : place) << place << " " << byte;
    }
}

}  // namespace
}  // namespace paytick
