#pragma once
// What the gateway shows of the development viewer's account, as its player would ask.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/dev/dev_file.h"

namespace paytick::app::dev {

// An item of GET /api/account/history. What it does not say is empty.
struct HistoryItem {
  std::string kind, session, amount, transaction;
  std::int64_t ticks = 0;
  bool settled = false;
};

// The first of the newest items that is wanted; nothing when there is none, or no answer.
using Wanted = std::function<bool(const HistoryItem& item)>;
std::optional<HistoryItem> find_in_history(const DevFile& system, const Wanted& wanted);

// The same, asked again and again until it is there or the patience ends.
std::optional<HistoryItem> wait_for_history(const DevFile& system, const Wanted& wanted,
                                            std::chrono::seconds patience);

}  // namespace paytick::app::dev
