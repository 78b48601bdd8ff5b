#pragma once
// What a viewer was acknowledged in a run, and what the history says of it. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/load/mix/stage.h"
#include "model/error.h"
#include "model/money.h"

namespace paytick::app::load {

// What a call had cost when it ended. One that was halted then owes the blocks that had begun: they are
// bought once they can be paid, until it is put away.
struct EndedCall {
  Amount charged;
  bool owes = false;
};

// Calls by their sessions.
struct Acknowledged {
  Amount tips, tickets, purchases;
  std::map<std::string, EndedCall> calls;
};

// Adds; what would be more than there can be, is the most.
void count(Amount& sum, Amount amount);

// Adds up what pages of GET /api/account/history say of this run's charges.
class Bill {
 public:
  Bill(const Stage& stage, std::string run_key) : stage_(stage), run_key_("http:" + std::move(run_key)) {}

  // The cursor of the next page, or nothing after the last. Code "bad_answer".
  Result<std::optional<std::string>> add_page(std::string_view body);

  // Empty when it is what was acknowledged, and with what was watched makes `spent`; else in words.
  std::string compare(const Acknowledged& acknowledged, Amount spent) const;

 private:
  const Stage& stage_;
  const std::string run_key_;
  Amount films_, tips_, tickets_;
  std::map<std::string, Amount> others_;  // sessions of no film: calls, and what is of other runs
};

}  // namespace paytick::app::load
