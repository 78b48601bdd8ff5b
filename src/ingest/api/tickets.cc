#include "ingest/api/tickets.h"

#include <memory>
#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/api/payer.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"
#include "ingest/protocol_content.h"

namespace paytick::ingest {
namespace {

constexpr std::int64_t kInt32Max = INT32_MAX;

Result<void> read_text(const Body& body, std::string_view name, std::size_t bytes_max, std::string& to) {
  auto text = body.text(name, bytes_max);
  if (!text) return tl::unexpected(text.error());
  to = text->value_or("");
  return {};
}

template <typename Int>
Result<void> read_integer(const Body& body, std::string_view name, std::int64_t max, Int& to) {
  const auto value = body.integer(name, 0, max);
  if (!value) return tl::unexpected(value.error());
  if (*value) to = static_cast<Int>(**value);
  return {};
}

// A creator creates for himself, a platform for whom it names.
Result<void> read_owner(const HttpRequest& request, const Body& body, Content& content) {
  std::string wallet;
  if (auto read = read_text(body, "creatorWallet", kStrkeyText, wallet); !read) return read;
  const auto named = parse_id<CreatorId>(wallet);
  if (!wallet.empty() && !named)
    return fail(code::kBadField, "The field creatorWallet is not a Stellar account (G…).");
  if (request.who.role == Role::platform || request.who.is_operator()) {
    const auto platform = require_platform(request.who, Scope::catalogue);
    if (!platform) return tl::unexpected(platform.error());
    if (!named) return missing("creatorWallet");
    content.platform = *platform;
    content.creator_wallet = *named;
    return {};
  }
  const auto creator = require_creator(request.who);
  if (!creator) return tl::unexpected(creator.error());
  if (named && *named != *creator)
    return fail(code::kForbidden, "A creator's streams earn for the own account.");
  content.creator_wallet = *creator;
  content.platform = request.who.platform;
  return {};
}

// What is divided how: a platform says so, or else the configuration does, also for creators.
Result<void> read_share(const Body& body, const ShowMoney& money, bool creator, Plan& plan) {
  const auto share = body.integer("plan.platformBps", 0, 10'000);
  if (!share) return tl::unexpected(share.error());
  plan.platform_bps = static_cast<std::uint16_t>(share->value_or(money.platform_bps));
  return creator ? check_creators_share(plan, money.platform_bps) : Result<void>();
}

// A private stream is paid for with its ticket; watching costs nothing unless a plan says so.
Result<void> read_plan(const Body& body, const ShowMoney& money, bool creator, Plan& plan) {
  const auto given = body.object("plan");
  if (!given) return tl::unexpected(given.error());
  if (*given && !body.has("plan.pricePerTick")) return missing("plan.pricePerTick");
  if (auto read = read_share(body, money, creator, plan); !read) return read;
  const auto refund = body.flag("plan.refundUnused");
  if (!refund) return tl::unexpected(refund.error());
  plan.refund_unused = refund->value_or(plan.refund_unused);
  std::int64_t price = 0;
  if (auto read = read_integer(body, "plan.tickMs", kInt32Max, plan.tick_ms); !read) return read;
  plan.heartbeat_ms = plan.tick_ms;
  for (auto read : {read_integer(body, "plan.heartbeatMs", kInt32Max, plan.heartbeat_ms),
                    read_integer(body, "plan.minimumTicks", kInt32Max, plan.minimum_ticks),
                    read_integer(body, "plan.initialTicks", kInt32Max, plan.initial_ticks),
                    read_integer(body, "plan.pricePerTick", kPricePerTickMax, price)}) {
    if (!read) return read;
  }
  plan.price_per_tick = Amount(price);
  price = 0;
  if (auto read = read_integer(body, "plan.initialPrice", kPricePerTickMax, price); !read) return read;
  plan.initial_price = Amount(price);
  if (auto valid = validate(plan); !valid) return valid;
  plan.id = derive_plan_id(plan);
  return {};
}

// The type, and what has to be paid or held to come in.
Result<void> read_door(const Body& body, const ShowMoney& money, Content& content) {
  std::string type;
  if (auto read = read_text(body, "type", 16, type); !read) return read;
  if (type.empty()) return missing("type");
  if (type != "public" && type != "private") return fail(code::kBadField, "The type is public or private.");
  const auto tokens = body.integer("ticketPrice", 1, kTokensMax);
  if (!tokens) return tl::unexpected(tokens.error());
  if (type == "private" && !*tokens) return missing("ticketPrice");
  if (type == "public" && *tokens) return fail(code::kBadField, "Only a private stream has tickets.");
  const auto minimum = body.amount("minimumBalance");
  if (!minimum) return tl::unexpected(minimum.error());
  content.kind = ContentKind::stream;
  content.ticket_price = amount_of(tokens->value_or(0), money);
  content.minimum_balance = minimum->value_or(Amount{});
  content.join_required = type == "public";
  return {};
}

Result<Content> read_stream(const HttpRequest& request, const ShowMoney& money) {
  const auto body = Body::parse(request.body);
  if (!body) return tl::unexpected(body.error());
  Content content;
  if (auto read = read_owner(request, *body, content); !read) return tl::unexpected(read.error());
  if (auto read = read_door(*body, money, content); !read) return tl::unexpected(read.error());
  for (auto read : {read_text(*body, "title", kTitleBytesMax, content.title),
                    read_text(*body, "creator", kCreatorBytesMax, content.creator),
                    read_text(*body, "description", kDescriptionBytesMax, content.description),
                    read_text(*body, "thumbnailUrl", kThumbnailBytesMax, content.thumbnail_url),
                    read_plan(*body, money, request.who.role == Role::creator, content.plan)}) {
    if (!read) return tl::unexpected(read.error());
  }
  if (content.title.empty()) return missing("title");
  return content;
}

void create(const ShowParts& parts, Random& random, const AddContent& add, const HttpRequest& request,
            const Respond& respond) {
  auto content = read_stream(request, parts.money);
  if (!content) return respond(error_response(content.error()));
  if (parts.catalog.size() >= kCatalogItemsMax)
    return respond(
        error_response({std::string(code::kCatalogFull), "The catalogue holds as much as it can."}));
  content->id = random.id<ContentId>();
  content->created_at = parts.clock.now();
  HttpResponse created;
  created.status = 201;
  created.body = render_content(*content);
  if (content->ticket_price > Amount{}) {  // as it was asked for, beside what the catalogue shows
    created.body.back() = ',';
    created.body +=
        "\"ticketPriceTokens\":" + std::to_string(tokens_of(content->ticket_price, parts.money)) + "}";
  }
  add(std::move(*content), [respond, created](const Result<void>& added) {
    respond(added ? created : error_response(added.error()));
  });
}

HttpResponse access_answer(const Content& content, bool has, const ShowMoney& money) {
  const bool ticket = content.ticket_price > Amount{};
  JsonAnswer answer;
  answer.boolean("hasAccess", has);
  if (!has) answer.text("reason", ticket ? code::kTicketRequired : code::kNotJoined);
  if (ticket) {
    answer.decimal("ticketPrice", content.ticket_price);
    answer.integer("ticketPriceTokens", tokens_of(content.ticket_price, money));
  }
  return answer.response();
}

void access(const ShowParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto content = open_content(parts.catalog, request.params.at(0));
  if (!content) return respond(error_response(content.error()));
  const auto viewer = require_viewer(request.who);
  if (!viewer) return respond(error_response(viewer.error()));
  parts.access.check(request.who, request.params.at(0),
                     [content = *content, money = parts.money, respond](const Result<void>& may) {
                       if (!may && may.error().code != code::kForbidden)
                         return respond(error_response(may.error()));
                       respond(access_answer(*content, may.has_value(), money));
                     });
}

HttpResponse ticket(const Content& content, Amount paid, Amount spendable, const ShowMoney& money) {
  JsonAnswer answer;
  answer.boolean("hasAccess", true).text("streamId", to_text(content.id));
  answer.decimal("amount", paid).integer("amountTokens", tokens_of(paid, money));
  add_balance(answer, spendable, money);
  return answer.response();
}

void checkout(const ShowParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return respond(error_response(payer.error()));
  auto key = optional_idempotency_key(request);
  if (!key) return respond(error_response(key.error()));
  const auto found = open_content(parts.catalog, request.params.at(0));
  if (!found) return respond(error_response(found.error()));
  const auto& content = *found;
  if (content->ticket_price <= Amount{})
    return respond(error_response({std::string(code::kBadRequest), "This stream needs no ticket."}));
  Charge charge;
  charge.viewer = payer->viewer;
  charge.meter = payer->meter;
  charge.creator = content->creator_wallet;
  charge.bps = parts.money.platform_bps;
  charge.kind = ChargeKind::ticket;
  charge.key = ticket_key(content->id);
  charge.amount = content->ticket_price;
  charge.content = content->id;
  charge.claim = std::move(*key);
  parts.commands.submit(
      charge.viewer, charge, [content, money = parts.money, respond](const Result<Outcome>& outcome) {
        if (!outcome) return respond(error_response(outcome.error()));
        // Bought before, from another meter or at another price: the viewer has one, and needs no other.
        const bool held = outcome->refused == code::kKeyConflict;
        const Amount paid = held || outcome->amount <= Amount{} ? content->ticket_price : outcome->amount;
        if (held) return respond(ticket(*content, paid, outcome->spendable, money));
        if (auto no = refused(*outcome, content->ticket_price, money)) return respond(std::move(*no));
        respond(ticket(*content, paid, outcome->spendable, money));
      });
}

}  // namespace

void add_ticket_routes(HttpRoutes& routes, const ShowParts& parts, Random& random, const AddContent& add) {
  routes.add_async("POST", "/api/streams/create",
                   [parts, &random, add](const HttpRequest& request, const Respond& respond) {
                     create(parts, random, add, request, respond);
                   });
  routes.add_async(
      "GET", "/api/streams/:id/access",
      [parts](const HttpRequest& request, const Respond& respond) { access(parts, request, respond); });
  routes.add_async(
      "POST", "/api/streams/:id/tickets/checkout",
      [parts](const HttpRequest& request, const Respond& respond) { checkout(parts, request, respond); });
}

}  // namespace paytick::ingest
