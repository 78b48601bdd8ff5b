#include "projections/chain_words.h"

namespace paytick::projections {

std::string_view chain_words(std::string_view code) {
  struct Row {
    std::string_view code, words;
  };
  constexpr Row kRows[] = {
      {"router_12", "The router does not know this meter, so that nothing can be paid out of it or into it."},
      {"router_13", "The creator is not registered with the router yet; it is tried again once he is."},
      {"router_14", "The meter holds less than is owed; it is paid once the meter holds enough."},
      {"router_15",
       "More is owed than was ever allowed to be withdrawn from the meter: sign a higher allowance."},
      {"router_20",
       "The asset's contract refused the transfer: an account cannot receive it, or the payer has "
       "not enough."},
      {"router_21", "The creator's account is a meter, and cannot be paid."},
      {"router_23", "The meter's contract failed; it is tried again."},
      {"refused_too_often", "The network has refused it again and again; the operator looks at it."},
  };
  for (const Row& row : kRows)
    if (row.code == code) return row.words;
  return "The network has not taken it; the operator looks at it. Nothing is charged twice for it.";
}

}  // namespace paytick::projections
