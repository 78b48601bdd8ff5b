#pragma once
// Runs a packed case (pack.py) through the fold, one record an event, and compares with what the model
// expects.

#include <string>
#include <vector>

namespace paytick::oracle {

struct Outcome {
  std::string name;
  std::vector<std::string> differences;  // empty: they agree
};

struct RunOptions {
  // A snapshot is taken and restored before the event of this number; both folds then go on side by side
  // and must write the same bytes. Negative: never.
  int snapshot_at = -1;
};

Outcome run_case(const std::string& line, RunOptions options = {});
// Events of a packed case.
int events_in(const std::string& line);

}  // namespace paytick::oracle
