#pragma once
// The contracts' committed bytes (contracts/wasm), carried in the program so that development mode needs no
// files.

#include <string_view>

namespace paytick::app::dev {

std::string_view meter_wasm();
std::string_view router_wasm();

}  // namespace paytick::app::dev
