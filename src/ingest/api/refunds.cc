#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/api/payer.h"
#include "ingest/api/tokens.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

// What is to be paid back. An amount of 0: what the fold says was paid for `ask`.
struct Refund {
  Credit credit;
  Ask ask;
};

Result<Amount> read_amount(const Body& body, const ShowMoney& money) {
  const auto whole = body.amount("amount");
  if (!whole) return tl::unexpected(whole.error());
  const auto tokens = body.integer("amountTokens", 1, kTokensMax);
  if (!tokens) return tl::unexpected(tokens.error());
  if (*whole && *tokens) return fail(code::kBadField, "Give amount or amountTokens, not both.");
  if (*whole && **whole <= Amount{}) return fail(code::kBadAmount, "Nothing is no refund.");
  return whole->value_or(amount_of(tokens->value_or(0), money));
}

Result<ViewerId> read_viewer(const Body& body) {
  const auto text = body.required_text("viewer", kStrkeyText);
  if (!text) return tl::unexpected(text.error());
  const auto viewer = parse_id<ViewerId>(*text);
  if (!viewer) return fail(code::kBadField, "The field viewer is not a Stellar account (G…).");
  return *viewer;
}

// A viewer's ticket of a stream; for the stream's own platform as well.
Result<void> of_stream(const HttpRequest& request, const ShowParts& parts, const Body& body,
                       const std::string& stream, Refund& refund) {
  const auto id = parse_id<ContentId>(stream);
  const auto content = id ? parts.catalog.find(*id) : nullptr;
  if (!content) return fail(code::kUnknownContent, "There is no stream with this id.");
  if (!request.who.is_operator() && content->platform != request.who.platform)
    return fail(code::kForbidden, "Only the stream's own platform, or an operator, gives its tickets back.");
  const auto viewer = read_viewer(body);
  if (!viewer) return tl::unexpected(viewer.error());
  refund.credit.viewer = *viewer;
  refund.credit.corrects = ticket_key(*id);
  refund.credit.key = "refund:" + refund.credit.corrects;  // a ticket is given back once
  refund.credit.amount = Amount{};
  refund.ask.key = refund.credit.corrects;
  return {};
}

// All of a call unless an amount is given.
Result<void> of_call(const ShowParts& parts, const std::string& id, Refund& refund) {
  const auto call = parts.calls.parse(id);
  if (!call) return fail(code::kNotFound, "There is no such call.");
  refund.credit.viewer = call->viewer;
  refund.credit.corrects = to_text(call->session);
  if (refund.credit.amount == Amount{}) {
    refund.credit.key = "refund:call:" + refund.credit.corrects;
    refund.ask.session = call->session;
  }
  return {};
}

Result<void> of_something(const Body& body, Refund& refund) {
  const auto viewer = read_viewer(body);
  if (!viewer) return tl::unexpected(viewer.error());
  refund.credit.viewer = *viewer;
  auto corrects = body.required_text("corrects", kReferenceBytesMax);
  if (!corrects) return tl::unexpected(std::move(corrects.error()));
  if (refund.credit.amount == Amount{}) return missing("amount");
  refund.credit.corrects = std::move(*corrects);
  return {};
}

Result<Refund> read_refund(const HttpRequest& request, const ShowParts& parts) {
  if (!request.who.is_operator()) {
    const auto platform = require_platform(request.who, Scope::catalogue);
    if (!platform) return tl::unexpected(platform.error());
  }
  auto key = idempotency_key(request);
  if (!key) return tl::unexpected(key.error());
  const auto body = Body::parse(request.body);
  if (!body) return tl::unexpected(body.error());
  const auto amount = read_amount(*body, parts.money);
  if (!amount) return tl::unexpected(amount.error());
  auto reason = body->required_text("reason", kReasonBytesMax);
  if (!reason) return tl::unexpected(std::move(reason.error()));
  const auto stream = body->text("streamId", kShortIdText);
  const auto call = body->text("callId", kReferenceBytesMax);
  for (const auto* one : {&stream, &call})
    if (!*one) return tl::unexpected(one->error());

  Refund refund;
  refund.credit.key = std::move(*key);
  refund.credit.reason = std::move(*reason);
  refund.credit.amount = *amount;
  Result<void> read;
  if (*stream) {
    read = of_stream(request, parts, *body, **stream, refund);
  } else if (!request.who.is_operator()) {
    read = fail(code::kForbidden,
                "A platform gives back tickets of its own streams; the rest is an operator's.");
  } else {
    read = *call ? of_call(parts, **call, refund) : of_something(*body, refund);
  }
  if (!read) return tl::unexpected(read.error());
  const auto named = body->text("meter", kStrkeyText);
  if (!named) return tl::unexpected(named.error());
  const auto meter = meter_of(refund.credit.viewer, *named, parts.meters);
  if (!meter) return tl::unexpected(meter.error());
  refund.credit.meter = *meter;
  refund.ask.viewer = refund.credit.viewer;
  return refund;
}

void order(const ShowParts& parts, const Credit& credit, const Respond& respond) {
  parts.commands.submit(credit.viewer, credit, [credit, respond](const Result<Outcome>& outcome) {
    if (!outcome) return respond(error_response(outcome.error()));
    if (auto error = refusal(*outcome)) return respond(error_response(*error));
    JsonAnswer json;
    json.text("viewer", to_text(credit.viewer)).text("meter", to_text(credit.meter));
    json.decimal("amount", credit.amount).text("corrects", credit.corrects);
    json.integer("at", outcome->at.ms);
    respond(json.response(202));
  });
}

void refund(const ShowParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto wanted = read_refund(request, parts);
  if (!wanted) return respond(error_response(wanted.error()));
  if (wanted->credit.amount > Amount{}) return order(parts, wanted->credit, respond);
  parts.commands.submit(
      wanted->ask.viewer, wanted->ask,
      [parts, credit = wanted->credit, respond](const Result<Outcome>& paid) mutable {
        if (!paid) return respond(error_response(paid.error()));
        if (auto error = refusal(*paid)) return respond(error_response(*error));
        if (paid->amount <= Amount{})
          return respond(error_response({std::string(code::kNotFound), "Nothing was paid for this."}));
        credit.amount = paid->amount;
        order(parts, credit, respond);
      });
}

}  // namespace

void add_refund_routes(HttpRoutes& routes, const ShowParts& parts) {
  routes.add_async("POST", "/api/refunds", [parts](const HttpRequest& request, const Respond& respond) {
    refund(parts, request, respond);
  });
}

}  // namespace paytick::ingest
