#include "ingest/api/calls.h"

#include <sodium.h>

#include <array>
#include <utility>
#include <vector>

#include "ingest/api/idempotency.h"
#include "ingest/api/payer.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"
#include "model/codec.h"

namespace paytick::ingest {
namespace {

struct Begun {
  Open open;
  std::int64_t rate = 0;  // tokens a minute
};

Result<Begun> read_init(const HttpRequest& request, const ShowParts& parts) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return tl::unexpected(payer.error());
  const auto key = idempotency_key(request);
  if (!key) return tl::unexpected(key.error());
  const auto body = Body::parse(request.body);
  if (!body) return tl::unexpected(body.error());
  const auto account = body->required_text("creatorId", kStrkeyText);
  if (!account) return tl::unexpected(account.error());
  const auto creator = known_creator(parts.catalog, *account);
  if (!creator) return tl::unexpected(creator.error());
  const auto rate = body->integer("rate_tokens_per_min", 1, kTokensMax);
  if (!rate) return tl::unexpected(rate.error());
  if (!*rate) return missing("rate_tokens_per_min");
  const auto plan = call_plan(**rate, parts.money);
  if (!plan) return tl::unexpected(plan.error());

  Begun begun;
  begun.rate = **rate;
  Open& open = begun.open;
  open.session = call_session(payer->viewer, *key, *creator, *plan);
  open.attachment = call_attachment(open.session);
  open.viewer = payer->viewer;
  open.meter = payer->meter;
  open.content = calls_of(*creator);
  open.creator = *creator;
  open.at = parts.clock.now();
  open.plan = *plan;
  open.call = true;
  return begun;
}

Ask question(const ViewerId& viewer, const SessionId& session) {
  Ask ask;
  ask.viewer = viewer;
  ask.session = session;
  return ask;
}

std::string_view state_of(const Outcome& outcome) {
  if (outcome.closed) return "ended";
  return outcome.paused || outcome.halt == HaltReason::paused ? "paused" : "active";
}

// What is known of the price: of a call that this request has begun, or what its blocks have cost.
Amount price_of(const Outcome& outcome, const std::optional<Begun>& begun) {
  if (begun) return begun->open.plan.price_per_tick;
  return outcome.ticks > 0 ? Amount(outcome.amount.units() / outcome.ticks) : Amount{};
}

void add_call(JsonAnswer& json, const ShowParts& parts, const CallRef& call, const Outcome& outcome,
              const std::optional<Begun>& begun = std::nullopt) {
  const Amount price = price_of(outcome, begun);
  json.text("callId", parts.calls.issue(call)).text("session", to_text(call.session));
  json.text("creatorId", to_text(call.creator)).text("state", state_of(outcome));
  if (outcome.halt) json.text("halt", codec::to_text(*outcome.halt));
  json.integer("blockMs", parts.money.block_ms);
  if (price > Amount{}) {
    json.decimal("pricePerBlock", price);
    json.integer("rateTokensPerMin", tokens_of(price, parts.money) * 2);
  }
  json.integer("blocks", outcome.ticks).decimal("charged", outcome.amount);
  json.integer("paidUntil", outcome.paid_until.ms);
  add_balance(json, outcome.spendable, parts.money);
}

HttpResponse call_answer(const ShowParts& parts, const CallRef& call, const Result<Outcome>& outcome,
                         unsigned status = 200) {
  if (!outcome) return error_response(outcome.error());
  if (auto error = refusal(*outcome)) return error_response(*error);
  JsonAnswer json;
  add_call(json, parts, call, *outcome);
  return json.response(status);
}

// The first block was paid, or why not.
HttpResponse init_answer(const ShowParts& parts, const Begun& begun, const Result<Outcome>& result) {
  if (!result) return error_response(result.error());
  Outcome outcome = *result;
  if (outcome.refused == code::kUnknownSession) {
    return error_response(
        {std::string(code::kKeyConflict), "This Idempotency-Key has begun another call; choose a new one."});
  }
  if (outcome.refused.empty() && outcome.ticks == 0 && outcome.halt)
    outcome.refused = codec::to_text(*outcome.halt);
  if (auto no = refused(outcome, begun.open.plan.price_per_tick, parts.money)) return std::move(*no);
  JsonAnswer json;
  add_call(json, parts, {begun.open.session, begun.open.viewer, begun.open.creator}, outcome, begun);
  return json.response(201);
}

void init(const ShowParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto begun = read_init(request, parts);
  if (!begun) return respond(error_response(begun.error()));
  const Open& open = begun->open;
  Ask ask = question(open.viewer, open.session);
  ask.meter = open.meter;
  parts.commands.submit_after(open.viewer, {open, Heartbeat{open.session, open.attachment, 1, open.at}}, ask,
                              [parts, begun = *begun, respond](const Result<Outcome>& outcome) {
                                respond(init_answer(parts, begun, outcome));
                              });
}

void end(const ShowParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto call = party_call(request, parts.calls);
  if (!call) return respond(error_response(call.error()));
  const TimeMs now = parts.clock.now();
  // What has begun is bought before the end.
  Metering metering;
  metering.viewer = call->viewer;
  metering.session = call->session;
  metering.at = now;
  parts.commands.submit_after(
      call->viewer, {metering, Stop{call->session, call_attachment(call->session), now}},
      question(call->viewer, call->session), [parts, call = *call, respond](const Result<Outcome>& outcome) {
        Result<Outcome> ended = outcome;
        if (ended) ended->closed = true;  // nothing more is bought, whenever the fold puts it away
        respond(call_answer(parts, call, ended));
      });
}

// Of the call alone, by who pays: a creator ends, but does not hold.
template <typename Line>
void hold(const ShowParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto call = party_call(request, parts.calls);
  if (!call) return respond(error_response(call.error()));
  if (!request.who.is_viewer(call->viewer) && !request.who.is_operator())
    return respond(error_response({std::string(code::kForbidden), "Only who pays pauses the call."}));
  Line line;
  line.viewer = call->viewer;
  line.session = call->session;
  parts.commands.submit_after(call->viewer, {line}, question(call->viewer, call->session),
                              [parts, call = *call, respond](const Result<Outcome>& outcome) {
                                respond(call_answer(parts, call, outcome));
                              });
}

bool knows_secret(const std::string& given, const std::string& wanted) {
  // Hashes are compared, so that the time says nothing of the length either.
  std::array<unsigned char, crypto_generichash_BYTES> a{}, b{};
  const auto hash = [](const std::string& text, auto& out) {
    crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), nullptr, 0);
  };
  hash(given, a);
  hash(wanted, b);
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0 && !wanted.empty();
}

void meter_one(const ShowParts& parts, const CallRef& call, const Respond& respond) {
  Metering line;
  line.viewer = call.viewer;
  line.session = call.session;
  line.at = parts.clock.now();
  parts.commands.submit(call.viewer, line,
                        [parts, call, at = line.at, respond](const Result<Outcome>& outcome) {
                          if (!outcome) return respond(error_response(outcome.error()));
                          // A call that is halted is told as it stands: nothing is wrong with the question.
                          if (auto error = refusal(*outcome); error && !outcome->halt)
                            return respond(error_response(*error));
                          JsonAnswer json;
                          json.integer("at", at.ms).begin("call");
                          add_call(json, parts, call, *outcome);
                          respond(json.end().response());
                        });
}

void meter(const ShowParts& parts, const std::string& secret, const HttpRequest& request,
           const Respond& respond) {
  if (!knows_secret(request.header("x-billing-secret"), secret))
    return respond(
        error_response({std::string(code::kUnauthorized), "X-Billing-Secret is missing or wrong."}));
  const auto body = Body::parse(request.body);
  if (!body) return respond(error_response(body.error()));
  const auto id = body->text("callId", kReferenceBytesMax);
  if (!id) return respond(error_response(id.error()));
  if (*id) {
    const auto call = parts.calls.parse(**id);
    if (!call) return respond(error_response({std::string(code::kNotFound), "There is no such call."}));
    return meter_one(parts, *call, respond);
  }
  Metering all;
  all.at = parts.clock.now();
  parts.commands.broadcast(all, [at = all.at, respond](const Result<void>& written) {
    if (!written) return respond(error_response(written.error()));
    JsonAnswer json;
    respond(json.integer("at", at.ms).response());
  });
}

}  // namespace

Result<CallRef> party_call(const HttpRequest& request, const CallIds& calls) {
  if (request.who.role == Role::nobody) return fail(code::kUnauthorized, "Log in to see your calls.");
  const Identity& who = request.who;
  if (who.role == Role::platform) return fail(code::kForbidden, "A call is its viewer's and its creator's.");
  const auto call = calls.parse(request.params.at(0));
  if (!call) return fail(code::kNotFound, "There is no such call.");
  if (!who.is_viewer(call->viewer) && !who.is_creator(call->creator) && !who.is_operator())
    return fail(code::kForbidden, "This is somebody else's call.");
  return *call;
}

void add_call_routes(HttpRoutes& routes, const ShowParts& parts, const std::string& billing_secret) {
  const auto add = [&routes, &parts](std::string_view pattern, auto handler) {
    routes.add_async("POST", pattern, [parts, handler](const HttpRequest& request, const Respond& respond) {
      handler(parts, request, respond);
    });
  };
  add("/api/calls/init", init);
  add("/api/calls/:id/end", end);
  // Before the patterns with a call's id, which "meter" would not be one of.
  add("/api/billing/meter",
      [billing_secret](const ShowParts& all, const HttpRequest& request, const Respond& respond) {
        meter(all, billing_secret, request, respond);
      });
  add("/api/billing/:callId/pause", hold<Pause>);
  add("/api/billing/:callId/active", hold<Resume>);
  add("/api/billing/:callId/stop", end);
}

}  // namespace paytick::ingest
