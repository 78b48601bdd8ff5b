#pragma once
// One step of a worker that owns a lease, and what an error does to it (model/error.h), the same for every
// owner: after a retry the step is kept, after anything else nothing that was derived under the lease
// outlives it.

#include <optional>

#include "model/error.h"

namespace paytick::log {

// `advance` is the step, `drop` goes back to before the lease was taken. What the worker has died of stays in
// `dead`, and is the answer to every later call.
template <typename Advance, typename Drop>
auto owner_step(std::optional<Error>& dead, Advance advance, Drop drop) -> decltype(advance()) {
  if (dead) return tl::unexpected<Error>(*dead);
  auto result = advance();
  if (result || result.error().next == Next::retry) return result;
  drop();
  Error& error = result.error();
  if (error.next == Next::refused) error.next = Next::fatal;  // of our own making: it would be refused again
  if (error.next == Next::fatal) dead = error;
  return result;
}

}  // namespace paytick::log
