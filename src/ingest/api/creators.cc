#include "ingest/api/creators.h"

#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/api/waiting.h"
#include "ingest/auth/identity.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

HttpResponse answer(const CreatorId& creator, TimeMs at, const std::optional<Amount>& pending) {
  JsonAnswer json;
  json.text("creator", to_text(creator)).integer("at", at.ms);
  if (pending) json.decimal("pending", *pending);
  return json.response(202);
}

// The partition of the creator's own account remembers the key, after the order stands everywhere: whoever
// finds the key there need not order again, and whoever was interrupted before orders once more. An order
// that is refused a place for its key stands all the same: it asked for nothing but what is due.
HttpResponse payout(const CreatorParts& parts, const HttpRequest& request, Deadline deadline) {
  const auto creator = require_creator(request.who);
  if (!creator) return error_response(creator.error());
  auto key = optional_idempotency_key(request);
  if (!key) return error_response(key.error());
  bool ordered = false;
  if (!key->empty()) {
    Ask question;
    question.viewer = *creator;
    question.key = *key;
    const auto known = submit_and_wait(parts.commands, *creator, question, deadline);
    if (!known) return error_response(known.error());
    ordered = known->has_key;
  }
  const auto pending = ordered || !parts.pending ? std::nullopt : parts.pending(*creator);
  if (!ordered) {
    const auto written = broadcast_and_wait(parts.commands, Payout{*creator, {}, {}, {}}, deadline);
    if (!written) return error_response(written.error());
  }
  if (key->empty()) return answer(*creator, parts.clock.now(), pending);
  const auto outcome =
      submit_and_wait(parts.commands, *creator, Payout{*creator, std::move(*key), pending, {}}, deadline);
  if (!outcome) return error_response(outcome.error());
  if (!outcome->refused.empty()) return error_response(public_error(outcome->refused));
  const bool is_known = outcome->amount != kUnknownPending;
  return answer(*creator, outcome->at, is_known ? std::optional(outcome->amount) : std::nullopt);
}

}  // namespace

void add_creator_routes(HttpRoutes& routes, const CreatorParts& parts) {
  add_waiting(
      routes, "POST", "/api/creators/me/payout", parts.run,
      [parts](const HttpRequest& request, Deadline deadline) { return payout(parts, request, deadline); });
}

}  // namespace paytick::ingest
