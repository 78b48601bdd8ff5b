#include "damage.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace paytick::fuzz {
namespace {

constexpr std::string_view kNumbers[] = {"0",
                                         "-0",
                                         "-1",
                                         "00",
                                         "+1",
                                         "1.0",
                                         "1e3",
                                         "0.1",
                                         "-",
                                         "255",
                                         "256",
                                         "65536",
                                         "2147483648",
                                         "4294967295",
                                         "4294967296",
                                         "9999999999999",
                                         "10000000000000",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "-9223372036854775808",
                                         "-9223372036854775809",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "1e308",
                                         "1e309",
                                         "-1e999",
                                         "NaN",
                                         "Infinity",
                                         "-Infinity",
                                         "null",
                                         "true",
                                         "\"1\""};

constexpr std::string_view kPieces[] = {"\"",
                                        "\\",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "\\u0000",
                                        "\\ud800",
                                        "\\udc00",
                                        "\\ud83d\\ude00",
                                        "\\u0074",
                                        "\\x",
                                        "\n",
                                        "\r",
                                        "\t",
                                        " ",
                                        "\xc3",
                                        "\xff",
                                        "\xed\xa0\x80",
                                        "\xc0\x80",
                                        "\xf4\x90\x80\x80",
                                        "é",
                                        "😀",
                                        "\x01",
                                        "\x7f",
                                        "null",
                                        "//",
                                        "\"v\":2,",
                                        "\"type\":\"open\",",
                                        "\"at\":1,",
                                        "\"\":{",
                                        "}}"};

std::uint64_t number_from_environment(const char* name, std::uint64_t usual) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

}  // namespace

std::size_t rounds(std::size_t usual) { return number_from_environment("PAYTICK_TEST_ROUNDS", usual); }

Damage::Damage(std::vector<std::string> texts, std::uint64_t salt)
    : texts_(std::move(texts)), random_(number_from_environment("PAYTICK_TEST_SEED", 1) * 1'000 + salt) {}

std::string Damage::next() {
  std::string text = any();
  return below(20) == 0 ? text : damaged(std::move(text));
}

std::string Damage::damaged(std::string text) {
  for (std::size_t left = 1 + below(3); left > 0; --left) damage(text);
  return text;
}

void Damage::damage(std::string& text) {
  const std::size_t at = text.empty() ? 0 : below(text.size());
  switch (below(9)) {
    case 0:
      if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      break;
    case 1:
      text.resize(at);
      break;
    case 2: {  // the start of this one, the end of another
      const std::string& other = any();
      text.resize(at);
      if (!other.empty()) text += std::string_view(other).substr(below(other.size()));
      break;
    }
    case 3: {  // a piece of another one
      const std::string& other = any();
      if (!other.empty()) text.insert(at, other, below(other.size()), below(40));
      break;
    }
    case 4:
      text.erase(at, 1 + below(30));
      break;
    case 5:
      text.insert(at, std::string(text, at, 1 + below(60)));  // the same twice
      break;
    case 6:
      text.insert(at, kPieces[below(std::size(kPieces))]);
      break;
    case 7:
      replace_number(text);
      break;
    default:
      nest(text);
  }
}

// A whole number among the text's, where there is one.
void Damage::replace_number(std::string& text) {
  const auto is_digit = [&](std::size_t i) { return std::isdigit(static_cast<unsigned char>(text[i])) != 0; };
  std::size_t from = text.find(':', text.empty() ? 0 : below(text.size()));
  while (from < text.size() && !(text[from] == ':' && from + 1 < text.size() && is_digit(from + 1))) ++from;
  if (from >= text.size()) return;
  std::size_t to = ++from;
  while (to < text.size() && is_digit(to)) ++to;
  const std::size_t which = below(std::size(kNumbers) + 1);
  text.replace(from, to - from,
               which < std::size(kNumbers) ? std::string(kNumbers[which]) : "1" + std::string(400, '0'));
}

// Containers around a value or around everything: as many as are allowed, one more, or very many.
void Damage::nest(std::string& text) {
  static constexpr std::size_t kDepths[] = {1, 2, 6, 7, 8, 9, 100, 30'000};
  const std::size_t depth = kDepths[below(std::size(kDepths))];
  const bool closed = below(4) != 0;
  if (below(4) == 0) {
    text = std::string(depth, '[') + text + (closed ? std::string(depth, ']') : "");
    return;
  }
  const std::size_t brace = text.find('{');
  if (brace == text.npos) return;
  std::string value;
  if (below(2) == 0) {
    value = std::string(depth, '[') + (closed ? std::string(depth, ']') : "");
  } else {
    for (std::size_t i = 0; i < depth; ++i) value += "{\"a\":";
    value += "0" + (closed ? std::string(depth, '}') : "");
  }
  text.insert(brace + 1, "\"x\":" + value + ",");
}

std::vector<std::string> golden(const std::string& name) {
  const auto path = std::filesystem::path(PAYTICK_SOURCE_DIR) / "schemas" / "golden" / name;
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << path;
  return lines;
}

std::string shown(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text.substr(0, 600)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text.size() > 600 ? out + "… (" + std::to_string(text.size()) + " bytes)" : out;
}

}  // namespace paytick::fuzz
