#include "ingest/api/tips.h"

#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/api/payer.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

// A repeated tip is told again only while the first telling may have been lost with its answer; who has told
// it remembers that for longer.
constexpr std::int64_t kTellWithinMs = 60'000;

struct Order {
  Charge charge;
  Tip tip;
};

Result<std::string> context(const Body& body, std::string_view name, std::size_t bytes_max) {
  auto text = body.text(name, bytes_max);
  if (!text) return tl::unexpected(text.error());
  return text->value_or("");
}

// The room that is told: the one that is named, or that of the call or stream.
Result<void> read_context(const Body& body, const ShowParts& parts, Order& order) {
  auto stream = context(body, "context.streamId", kReferenceBytesMax);
  auto call = context(body, "context.callId", kReferenceBytesMax);
  auto channel = context(body, "context.channel", kChannelBytesMax);
  for (const auto* one : {&stream, &call, &channel})
    if (!*one) return tl::unexpected(one->error());
  if (!stream->empty()) {
    const auto content = open_content(parts.catalog, *stream);
    if (!content) return tl::unexpected(content.error());
    order.charge.content = (*content)->id;
  }
  if (!call->empty() && !parts.calls.parse(*call)) return fail(code::kNotFound, "There is no such call.");
  order.tip.channel = !channel->empty() ? *channel : !call->empty() ? *call : *stream;
  order.charge.channel = order.tip.channel;
  order.tip.stream_id = std::move(*stream);
  order.tip.call_id = std::move(*call);
  return {};
}

Result<Order> read_order(const HttpRequest& request, const ShowParts& parts) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return tl::unexpected(payer.error());
  const auto key = idempotency_key(request);
  if (!key) return tl::unexpected(key.error());
  const auto body = Body::parse(request.body);
  if (!body) return tl::unexpected(body.error());
  const auto to = body->required_text("toCreatorId", kStrkeyText);
  if (!to) return tl::unexpected(to.error());
  const auto creator = known_creator(parts.catalog, *to);
  if (!creator) return tl::unexpected(creator.error());
  const auto tokens = body->integer("amountTokens", 1, kTokensMax);
  if (!tokens) return tl::unexpected(tokens.error());
  if (!*tokens) return missing("amountTokens");
  const auto message = body->text("message", kMessageBytesMax);
  if (!message) return tl::unexpected(message.error());

  Order order;
  Charge& charge = order.charge;
  charge.viewer = payer->viewer;
  charge.meter = payer->meter;
  charge.creator = *creator;
  charge.bps = parts.money.platform_bps;
  charge.kind = ChargeKind::tip;
  charge.key = *key;
  charge.amount = amount_of(**tokens, parts.money);
  charge.message = message->value_or("");
  order.tip.from = payer->viewer;
  order.tip.to = *creator;
  order.tip.key = *key;
  order.tip.tokens = **tokens;
  order.tip.message = charge.message;
  if (auto read = read_context(*body, parts, order); !read) return tl::unexpected(read.error());
  return order;
}

HttpResponse answer(const Order& order, const Outcome& outcome, const ShowMoney& money) {
  JsonAnswer json;
  json.text("toCreatorId", to_text(order.tip.to));
  json.integer("amountTokens", order.tip.tokens);
  json.decimal("amount", order.charge.amount);
  add_balance(json, outcome.spendable, money);
  return json.response();
}

void send(const ShowParts& parts, Rooms& rooms, Order order, const Respond& respond) {
  const Charge charge = order.charge;
  parts.commands.submit(charge.viewer, charge,
                        [parts, &rooms, order = std::move(order), respond](const Result<Outcome>& outcome) {
                          if (!outcome) return respond(error_response(outcome.error()));
                          if (auto no = refused(*outcome, order.charge.amount, parts.money))
                            return respond(std::move(*no));
                          if (!outcome->repeated || parts.clock.now() - outcome->at < kTellWithinMs) {
                            Tip tip = order.tip;
                            tip.at = outcome->at;
                            rooms.announce(tip);
                          }
                          respond(answer(order, *outcome, parts.money));
                        });
}

}  // namespace

void add_tip_routes(HttpRoutes& routes, const ShowParts& parts, Rooms& rooms) {
  routes.add_async(
      "POST", "/api/tips/send", [parts, &rooms](const HttpRequest& request, const Respond& respond) {
        auto order = read_order(request, parts);
        if (!order) return respond(error_response(order.error()));
        // Who may not be in the room does not speak in it either.
        const std::string channel = order->tip.channel;
        if (channel.empty()) return send(parts, rooms, std::move(*order), respond);
        parts.access.check(request.who, channel,
                           [parts, &rooms, order = std::move(*order), respond](const Result<void>& may) {
                             if (!may) return respond(error_response(may.error()));
                             send(parts, rooms, order, respond);
                           });
      });
}

}  // namespace paytick::ingest
