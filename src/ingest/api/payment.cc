#include "ingest/api/payment.h"

#include <utility>

#include "ingest/api/outcomes.h"
#include "ingest/api/payer.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"
#include "ingest/protocol.h"
#include "model/codec.h"

namespace paytick::ingest {
namespace {

Ask ask_of(const Payer& payer) {
  Ask ask;
  ask.viewer = payer.viewer;
  ask.meter = payer.meter;
  return ask;
}

// Answers with how things stand after a command, or with why it was refused.
CommandDesk::Done answer_state(Respond respond) {
  return [respond = std::move(respond)](const Result<Outcome>& outcome) {
    auto refused = not_done(outcome);
    respond(refused ? std::move(*refused) : payment_state(*outcome));
  };
}

void get_state(const PaymentParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return respond(error_response(payer.error()));
  parts.commands.submit(payer->viewer, ask_of(*payer), answer_state(respond));
}

// Sends a control, and then asks with the meter, which controls do not name.
void control(const PaymentParts& parts, const Payer& payer, Input line, CommandDesk::Done done) {
  parts.commands.submit(payer.viewer, std::move(line),
                        [parts, payer, done = std::move(done)](const Result<Outcome>& outcome) {
                          if (!accepted(outcome)) return done(outcome);
                          parts.commands.submit(payer.viewer, ask_of(payer), done);
                        });
}

Result<Period> period_of(const Body& body) {
  const auto text = body.text("period", 16);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return Period::total;
  for (const Period period : {Period::total, Period::day, Period::month}) {
    if (**text == codec::to_text(period)) return period;
  }
  return fail(code::kBadField, "The field period is total, day or month.");
}

void set_limit(const PaymentParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return respond(error_response(payer.error()));
  const auto body = Body::parse(request.body);
  if (!body) return respond(error_response(body.error()));
  const auto amount = body->amount("limit");
  if (!amount) return respond(error_response(amount.error()));
  if (!*amount) return respond(error_response(missing("limit").value()));
  const auto period = period_of(*body);
  if (!period) return respond(error_response(period.error()));
  control(parts, *payer, Limit{payer->viewer, **amount, *period, {}}, answer_state(respond));
}

// The content that is named, if one is.
Result<std::optional<ContentId>> content_of(const PaymentParts& parts, const Body& body) {
  const auto type = body.text("contentType", 16);
  if (!type) return tl::unexpected(type.error());
  if (*type && **type != "video" && **type != "stream" && **type != "call") {
    return fail(code::kBadField, "The field contentType is video, stream or call.");
  }
  const auto text = body.text("contentId", kReferenceBytesMax);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto id = parse_id<ContentId>(**text);
  if (!id || !parts.catalog.find(*id))
    return fail(code::kUnknownContent, "There is no content with this id.");
  return id;
}

Input hold_line(const ViewerId& viewer, const std::optional<SessionId>& session, bool pause) {
  if (pause) return Pause{viewer, session, {}};
  return Resume{viewer, session, {}};
}

// Of one content: of the session that runs, which the log knows.
void hold_content(const PaymentParts& parts, const Payer& payer, const ContentId& content, bool pause,
                  const Respond& respond) {
  Ask ask = ask_of(payer);
  ask.content = content;
  parts.commands.submit(payer.viewer, ask, [=](const Result<Outcome>& answer) {
    const auto found = accepted(answer);
    if (!found) return respond(error_response(found.error()));
    if (found->session.is_zero() || found->closed) {
      return respond(error_response(
          {std::string(code::kNotPlaying), "Nothing of this content plays; there is nothing to pause."}));
    }
    control(
        parts, payer, hold_line(payer.viewer, found->session, pause), [=](const Result<Outcome>& outcome) {
          auto refused = not_done(outcome);
          respond(refused ? std::move(*refused) : payment_state(*outcome, content, pause || outcome->paused));
        });
  });
}

void hold(const PaymentParts& parts, bool pause, const HttpRequest& request, const Respond& respond) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return respond(error_response(payer.error()));
  const auto body = Body::parse(request.body);
  if (!body) return respond(error_response(body.error()));
  const auto content = content_of(parts, *body);
  if (!content) return respond(error_response(content.error()));
  if (*content) return hold_content(parts, *payer, **content, pause, respond);
  control(parts, *payer, hold_line(payer->viewer, std::nullopt, pause), answer_state(respond));
}

PaymentState state_of(const Outcome& outcome, bool paused) {
  if (paused || outcome.frozen) return PaymentState::paused;
  if (outcome.spent >= outcome.limit) return PaymentState::limit_reached;
  return outcome.session.is_zero() || outcome.closed ? PaymentState::idle : PaymentState::processing;
}

}  // namespace

HttpResponse payment_state(const Outcome& outcome, const std::optional<ContentId>& content,
                           std::optional<bool> paused) {
  JsonAnswer json;
  json.number("balance", outcome.spendable);
  json.number("spent", outcome.spent);
  json.number("limit", outcome.limit);
  json.text("period", codec::to_text(outcome.period));
  json.text("state", to_text(state_of(outcome, paused.value_or(outcome.paused))));
  json.boolean("frozen", outcome.frozen);
  if (content) json.text("contentId", to_text(*content));
  return json.response();
}

void add_payment_routes(HttpRoutes& routes, const PaymentParts& parts) {
  for (const std::string_view path : {"/api/payment/balance", "/api/payment/spent", "/api/payment/limit"}) {
    routes.add_async("GET", path, [parts](const HttpRequest& request, const Respond& respond) {
      get_state(parts, request, respond);
    });
  }
  routes.add_async("POST", "/api/payment/limit", [parts](const HttpRequest& request, const Respond& respond) {
    set_limit(parts, request, respond);
  });
  routes.add_async("POST", "/api/payment/pause", [parts](const HttpRequest& request, const Respond& respond) {
    hold(parts, true, request, respond);
  });
  routes.add_async(
      "POST", "/api/payment/resume",
      [parts](const HttpRequest& request, const Respond& respond) { hold(parts, false, request, respond); });
}

}  // namespace paytick::ingest
