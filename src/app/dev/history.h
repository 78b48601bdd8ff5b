#pragma once
// What the gateway shows of the development viewer's account, as its player would ask.

#include <rapidjson/document.h>

#include <chrono>
#include <functional>
#include <optional>

#include "app/dev/dev_file.h"

namespace paytick::app::dev {

// The first of the newest items of GET /api/account/history that is wanted; nothing when there is none, or no
// answer.
using Wanted = std::function<bool(const rapidjson::Value& item)>;
std::optional<rapidjson::Document> find_in_history(const DevFile& system, const Wanted& wanted);

// The same, asked again and again until it is there or the patience ends.
std::optional<rapidjson::Document> wait_for_history(const DevFile& system, const Wanted& wanted,
                                                    std::chrono::seconds patience);

}  // namespace paytick::app::dev
