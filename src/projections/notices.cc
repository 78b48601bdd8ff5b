#include "projections/notices.h"

#include <algorithm>
#include <array>

namespace paytick::projections {
namespace {

constexpr std::array<std::string_view, kNoticeTypeMax> kNames = {
    "halt", "low_balance", "resumed", "closed", "settled", "tip", "frozen", "unfrozen"};

}  // namespace

std::string_view to_text(NoticeType type) { return kNames.at(static_cast<std::size_t>(type) - 1); }

std::optional<NoticeType> parse_notice_type(std::string_view text) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<NoticeType>(found - kNames.begin() + 1);
}

}  // namespace paytick::projections
