#pragma once
// Why the chain has not taken what a viewer owes or is owed, in the viewer's words. Pure.

#include <string_view>

namespace paytick::projections {

// Of the code with which it was parked: the router's ("router_12", contracts/README.md), the network's
// ("tx_bad_auth"), or the settler's.
std::string_view chain_words(std::string_view code);

}  // namespace paytick::projections
