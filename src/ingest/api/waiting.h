#pragma once
// Handlers that wait for commands: on workers of their own, so that nobody else's questions wait with them,
// and no longer than a client would. Code "try_again" when an answer does not come by then: it is not known
// what became of it.

#include <chrono>
#include <functional>
#include <future>
#include <string>

#include "ingest/commands/commands.h"
#include "ingest/http_routes.h"

namespace paytick::ingest {

inline constexpr std::chrono::seconds kPatience{8};
using Deadline = std::chrono::steady_clock::time_point;

// Runs a job that may wait for seconds; false: too many wait.
using RunJob = std::function<bool(std::function<void()>)>;
// `handler` is called on a worker, with the time until which it may wait.
using WaitingHandler = std::function<HttpResponse(const HttpRequest&, Deadline)>;
void add_waiting(HttpRoutes& routes, const std::string& method, const std::string& pattern, const RunJob& run,
                 const WaitingHandler& handler);

using Outcomes = std::future<Result<Outcome>>;
Outcomes submit(Commands& commands, const ViewerId& viewer, const Input& line);
Result<Outcome> wait_for(Outcomes& outcome, Deadline deadline);

Result<Outcome> submit_and_wait(Commands& commands, const ViewerId& viewer, const Input& line,
                                Deadline deadline);
Result<void> broadcast_and_wait(Commands& commands, const Input& line, Deadline deadline);

}  // namespace paytick::ingest
