#include "ingest/api/creators.h"

#include <chrono>
#include <future>
#include <memory>

#include "ingest/auth/identity.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

// A worker waits for the log no longer than a client would.
constexpr std::chrono::seconds kPatience{8};

Result<void> order(Commands& commands, const CreatorId& creator) {
  auto written = std::make_shared<std::promise<Result<void>>>();
  auto done = written->get_future();
  commands.broadcast(Payout{creator}, [written](const Result<void>& result) { written->set_value(result); });
  if (done.wait_for(kPatience) == std::future_status::ready) return done.get();
  return fail(code::kTryAgain, "It is not known yet whether this was written; send the same again.",
              Next::retry);
}

HttpResponse payout(const CreatorParts& parts, const HttpRequest& request) {
  const auto creator = require_creator(request.who);
  if (!creator) return error_response(creator.error());
  const auto pending = parts.pending ? parts.pending(*creator) : std::nullopt;
  if (const auto ordered = order(parts.commands, *creator); !ordered) return error_response(ordered.error());
  JsonAnswer json;
  json.text("creator", to_text(*creator));
  json.integer("at", parts.clock.now().ms);
  if (pending) json.text("pending", *pending);
  return json.response(202);
}

}  // namespace

void add_creator_routes(HttpRoutes& routes, const CreatorParts& parts) {
  routes.add("POST", "/api/creators/me/payout", RunOn::pool,
             [parts](const HttpRequest& request) { return payout(parts, request); });
}

}  // namespace paytick::ingest
