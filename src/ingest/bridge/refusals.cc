#include "ingest/bridge/refusals.h"

#include <algorithm>

#include "model/json.h"

namespace paytick::ingest {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The character at the beginning of `text`; empty if it is none.
std::string_view first_character(std::string_view text) {
  if (static_cast<unsigned char>(text.front()) < 0x80)
    return text.front() == '\0' ? std::string_view() : text.substr(0, 1);
  for (std::size_t n = 2; n <= 4 && n <= text.size(); ++n) {
    if (json::is_utf8(text.substr(0, n))) return text.substr(0, n);
  }
  return {};
}

}  // namespace

std::string shown(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    const std::string_view piece = character.empty() ? kReplacement : character;
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
    text.remove_prefix(std::max<std::size_t>(character.size(), 1));
  }
  return out;
}

Refusal make_refusal(PartitionId partition, Offset offset, std::uint32_t line, const Error& error,
                     std::string_view text) {
  return {partition,
          offset,
          line,
          error.code,
          shown(error.message, kRefusalMessageBytesMax),
          text.size(),
          shown(text.substr(0, kRefusedTextBytesMax + 4), kRefusedTextBytesMax)};
}

}  // namespace paytick::ingest
