#pragma once
// Where a line stands, and how a violation says so. Private to the invariants but for Place.

#include <string>
#include <string_view>

#include "model/error.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::invariants {

// A line of `ticks` or `settlements`: the record that holds it, and between which times the log took the
// input that brought it about. Who folds input by input knows one time; who reads frames knows the first and
// the last of the frame's inputs.
struct Place {
  PartitionId partition{};
  Offset record{};
  TimeMs earliest, latest;
  std::uint32_t rules = 2;  // the version of the fold's rules that wrote it (FrameHeader::fold)
};

// An error that nothing can mend: the log contradicts itself. `what` names the meter, session or sum.
inline tl::unexpected<Error> violated(std::string_view code, const std::string& what, const Place& at) {
  return fail(code,
              "partition " + std::to_string(static_cast<std::uint32_t>(at.partition)) + ", record " +
                  std::to_string(static_cast<std::int64_t>(at.record)) + ": " + what,
              Next::fatal);
}

}  // namespace paytick::invariants
