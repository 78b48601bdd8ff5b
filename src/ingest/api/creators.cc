#include "ingest/api/creators.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/auth/identity.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

// A worker waits for the log no longer than a client would.
constexpr std::chrono::seconds kPatience{8};

// Starts what answers later, and waits for the answer.
template <typename T>
Result<T> wait_for(const std::function<void(std::function<void(const Result<T>&)>)>& start) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto answered = answer->get_future();
  start([answer](const Result<T>& result) { answer->set_value(result); });
  if (answered.wait_for(kPatience) == std::future_status::ready) return answered.get();
  return fail(code::kTryAgain, "It is not known yet whether this was written; send the same again.",
              Next::retry);
}

Result<Outcome> ask(Commands& commands, const CreatorId& creator, const Input& line) {
  return wait_for<Outcome>([&](auto done) { commands.submit(creator, line, std::move(done)); });
}

HttpResponse answer(const CreatorId& creator, TimeMs at, const std::optional<Amount>& pending) {
  JsonAnswer json;
  json.text("creator", to_text(creator)).integer("at", at.ms);
  if (pending) json.decimal("pending", *pending);
  return json.response(202);
}

// The partition of the creator's own account remembers the key, after the order stands everywhere: whoever
// finds the key there need not order again, and whoever was interrupted before orders once more.
HttpResponse payout(const CreatorParts& parts, const HttpRequest& request) {
  const auto creator = require_creator(request.who);
  if (!creator) return error_response(creator.error());
  auto key = optional_idempotency_key(request);
  if (!key) return error_response(key.error());
  bool ordered = false;
  if (!key->empty()) {
    Ask question;
    question.viewer = *creator;
    question.key = *key;
    const auto known = ask(parts.commands, *creator, question);
    if (!known) return error_response(known.error());
    ordered = known->has_key;
  }
  const auto pending = ordered || !parts.pending ? std::nullopt : parts.pending(*creator);
  if (!ordered) {
    const auto written = wait_for<void>([&](auto done) {
      parts.commands.broadcast(Payout{*creator, {}, {}, {}}, std::move(done));
    });
    if (!written) return error_response(written.error());
  }
  if (key->empty()) return answer(*creator, parts.clock.now(), pending);
  const auto outcome = ask(parts.commands, *creator, Payout{*creator, std::move(*key), pending, {}});
  if (!outcome) return error_response(outcome.error());
  if (!outcome->refused.empty()) return error_response(public_error(outcome->refused));
  const bool is_known = outcome->amount != kUnknownPending;
  return answer(*creator, outcome->at, is_known ? std::optional(outcome->amount) : std::nullopt);
}

}  // namespace

void add_creator_routes(HttpRoutes& routes, const CreatorParts& parts) {
  routes.add("POST", "/api/creators/me/payout", RunOn::pool,
             [parts](const HttpRequest& request) { return payout(parts, request); });
}

}  // namespace paytick::ingest
