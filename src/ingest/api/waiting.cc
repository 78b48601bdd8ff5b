#include "ingest/api/waiting.h"

#include <memory>

#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

template <typename T>
Result<T> take(std::future<Result<T>>& answer, Deadline deadline) {
  try {
    if (answer.wait_until(deadline) == std::future_status::ready) return answer.get();
  } catch (const std::future_error&) {
    // Nobody will answer any more: the gateway stops.
  }
  return fail(code::kTryAgain, "It is not known yet whether this was written; send the same again.",
              Next::retry);
}

}  // namespace

void add_waiting(HttpRoutes& routes, const std::string& method, const std::string& pattern, const RunJob& run,
                 const WaitingHandler& handler) {
  routes.add_async(method, pattern, [run, handler](const HttpRequest& request, const Respond& respond) {
    const Deadline deadline = std::chrono::steady_clock::now() + kPatience;
    if (!run([handler, request, respond, deadline] { respond(handler(request, deadline)); }))
      respond(error_response({std::string(code::kTryAgain),
                              "The gateway is busy; send the same again in a moment.", Next::retry}));
  });
}

// The promise outlives whoever gave up waiting.
Outcomes submit(Commands& commands, const ViewerId& viewer, const Input& line) {
  auto promise = std::make_shared<std::promise<Result<Outcome>>>();
  auto outcome = promise->get_future();
  commands.submit(viewer, line, [promise](const Result<Outcome>& told) { promise->set_value(told); });
  return outcome;
}

Result<Outcome> wait_for(Outcomes& outcome, Deadline deadline) { return take(outcome, deadline); }

Result<Outcome> submit_and_wait(Commands& commands, const ViewerId& viewer, const Input& line,
                                Deadline deadline) {
  auto outcome = submit(commands, viewer, line);
  return take(outcome, deadline);
}

Result<void> broadcast_and_wait(Commands& commands, const Input& line, Deadline deadline) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto written = promise->get_future();
  commands.broadcast(line, [promise](const Result<void>& told) { promise->set_value(told); });
  return take(written, deadline);
}

}  // namespace paytick::ingest
