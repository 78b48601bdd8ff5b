#pragma once
// Values of the configuration as texts: of a file, of the environment.

#include <cstdint>
#include <string_view>

namespace paytick::app {

// Each: false when the text is no such value; `out` is then as it was.
bool parse_int(std::string_view text, std::int64_t low, std::int64_t high, std::int64_t& out);
bool parse_bool(std::string_view text, bool& out);

}  // namespace paytick::app
