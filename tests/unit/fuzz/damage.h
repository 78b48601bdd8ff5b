#pragma once
// Good texts made bad, from a seed: flipped bits, cuts, splices of two texts, numbers beyond every range,
// nesting beyond every depth, bytes that are no text. The seed is fixed; PAYTICK_TEST_SEED takes another, and
// PAYTICK_TEST_ROUNDS makes the tests longer than a test run has patience for.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "model/codec.h"

namespace paytick::fuzz {

class Damage {
 public:
  // `texts` are good ones; `salt` keeps the tests of one seed apart.
  Damage(std::vector<std::string> texts, std::uint64_t salt);

  // One of the texts; damaged once to thrice, or, seldom, left as it is.
  std::string next();
  // This text, damaged at least once.
  std::string damaged(std::string text);

  // One of the texts as it is.
  const std::string& any() { return texts_[below(texts_.size())]; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

 private:
  void damage(std::string& text);
  void replace_number(std::string& text);
  void nest(std::string& text);

  std::vector<std::string> texts_;
  std::mt19937_64 random_;
};

// PAYTICK_TEST_ROUNDS, or the test's own number.
std::size_t rounds(std::size_t usual);

// The lines of schemas/golden/<name>.
std::vector<std::string> golden(const std::string& name);

// A copy of a text in memory of just its size and `room` bytes, so that the address sanitizer sees whoever
// goes beyond.
class Exact {
 public:
  explicit Exact(std::string_view text, std::size_t room = 0) : size_(text.size()) {
    bytes_.reserve(text.size() + room);
    bytes_.assign(text.begin(), text.end());
    bytes_.resize(text.size() + room);
  }
  codec::MutableLine line() { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

// For messages of a failed test: what cannot be printed, in hexadecimal; cut when it is long.
std::string shown(std::string_view text);

}  // namespace paytick::fuzz
