#pragma once
// [limits] and the lists of [gateway], as the gateway takes them.

#include <string>
#include <vector>

#include "app/config.h"
#include "ingest/limits.h"

namespace paytick::app {

ingest::Limits gateway_limits(const Config& config, bool development);
// "a, b" → a and b; nothing of what is empty.
std::vector<std::string> split_list(const std::string& text);

}  // namespace paytick::app
