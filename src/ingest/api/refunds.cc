#include "ingest/api/refunds.h"

#include <utility>

#include "ingest/api/idempotency.h"
#include "ingest/api/outcomes.h"
#include "ingest/api/payer.h"
#include "ingest/api/waiting.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

// What is to be paid back. An amount of 0: what the fold or the tables say was paid. A ticket names its
// content, and corrects what is sold under its key.
struct Refund {
  Credit credit;
  Ask ask;
  bool of_all = false;  // the stream's tickets, whoever has them
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

Result<std::optional<ViewerId>> read_viewer(const Body& body) {
  const auto text = body.text("viewer", kStrkeyText);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::optional<ViewerId>();
  const auto viewer = parse_id<ViewerId>(**text);
  if (!viewer) return fail(code::kBadField, "The field viewer is not a Stellar account (G…).");
  return viewer;
}

// For the stream's own platform as well.
Result<void> of_stream(const HttpRequest& request, const ShowParts& parts, const Body& body,
                       const std::string& stream, Refund& refund) {
  const auto id = parse_id<ContentId>(stream);
  const auto content = id ? parts.catalog.find(*id) : nullptr;
  if (!content) return fail(code::kUnknownContent, "There is no stream with this id.");
  if (!request.who.is_operator() && content->platform != request.who.platform)
    return fail(code::kForbidden, "Only the stream's own platform, or an operator, gives its tickets back.");
  const auto viewer = read_viewer(body);
  if (!viewer) return tl::unexpected(viewer.error());
  refund.credit.viewer = viewer->value_or(ViewerId{});
  refund.of_all = !*viewer;
  refund.credit.amount = Amount{};
  refund.credit.content = *id;
  refund.credit.corrects = refund.ask.key = ticket_key(*id);
  // It is given back once, whoever asks under whichever key.
  refund.credit.claim = std::exchange(refund.credit.key, "refund:" + refund.credit.corrects);
  return {};
}

// All of a call unless an amount is given.
Result<void> of_call(const ShowParts& parts, const std::string& id, Refund& refund) {
  const auto call = parts.calls.parse(id);
  if (!call) return fail(code::kNotFound, "There is no such call.");
  refund.credit.viewer = call->viewer;
  refund.credit.corrects = to_text(call->session);
  if (refund.credit.amount == Amount{}) {
    refund.credit.claim = std::exchange(refund.credit.key, "refund:call:" + refund.credit.corrects);
    refund.ask.session = call->session;
  }
  return {};
}

Result<void> of_something(const Body& body, Refund& refund) {
  const auto viewer = read_viewer(body);
  if (!viewer) return tl::unexpected(viewer.error());
  if (!*viewer) return missing("viewer");
  refund.credit.viewer = **viewer;
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
  if (refund.of_all) return refund;
  const auto named = body->text("meter", kStrkeyText);
  if (!named) return tl::unexpected(named.error());
  const auto meter = meter_of(refund.credit.viewer, *named, parts.meters);
  if (!meter) return tl::unexpected(meter.error());
  refund.credit.meter = *meter;
  refund.ask.viewer = refund.credit.viewer;
  return refund;
}

HttpResponse ordered(const Credit& credit, TimeMs at) {
  JsonAnswer json;
  json.text("viewer", to_text(credit.viewer)).text("meter", to_text(credit.meter));
  json.decimal("amount", credit.amount).text("corrects", credit.corrects);
  json.integer("at", at.ms);
  return json.response(202);
}

HttpResponse order(const ShowParts& parts, const Credit& credit, Deadline deadline) {
  const auto outcome = submit_and_wait(parts.commands, credit.viewer, credit, deadline);
  if (!outcome) return error_response(outcome.error());
  if (auto error = refusal(*outcome)) return error_response(*error);
  return ordered(credit, outcome->at);
}

// What the fold has forgotten, the tables know: of a stream that was closed, which is what failed streams
// are.
HttpResponse order_from_tables(const ShowParts& parts, const TicketBook& tickets, const Refund& refund,
                               Deadline deadline) {
  const auto book = tickets(refund.credit.corrects, refund.credit.viewer);
  if (!book) return error_response(book.error());
  Credit credit = refund.credit;
  credit.amount = book->amount_given_back;
  if (book->given_back > 0) return ordered(credit, parts.clock.now());
  if (book->left.empty()) return error_response({std::string(code::kNotFound), "Nothing was paid for this."});
  credit.meter = book->left.front().meter;
  credit.amount = book->left.front().amount;
  return order(parts, credit, deadline);
}

HttpResponse order_one(const ShowParts& parts, const TicketBook& tickets, const Refund& refund,
                       Deadline deadline) {
  if (refund.credit.amount > Amount{}) return order(parts, refund.credit, deadline);
  const auto paid = submit_and_wait(parts.commands, refund.ask.viewer, refund.ask, deadline);
  if (!paid) return error_response(paid.error());
  const bool unknown = !paid->refused.empty() || paid->amount <= Amount{};
  if (unknown && !refund.credit.content.is_zero()) return order_from_tables(parts, tickets, refund, deadline);
  if (auto error = refusal(*paid)) return error_response(*error);
  if (unknown) return error_response({std::string(code::kNotFound), "Nothing was paid for this."});
  Credit credit = refund.credit;
  credit.amount = paid->amount;
  return order(parts, credit, deadline);
}

// As many at once as one request may wait for; the same request again goes on.
HttpResponse order_stream(const ShowParts& parts, const TicketBook& tickets, const Refund& refund,
                          Deadline deadline) {
  auto book = tickets(refund.credit.corrects, std::nullopt);
  if (!book) return error_response(book.error());
  std::vector<Outcomes> outcomes;
  for (const SoldTickets::Ticket& ticket : book->left) {
    Credit credit = refund.credit;
    credit.viewer = ticket.viewer, credit.meter = ticket.meter, credit.amount = ticket.amount;
    outcomes.push_back(submit(parts.commands, credit.viewer, credit));
  }
  std::optional<Error> trouble;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto outcome = wait_for(outcomes[i], deadline);
    auto error = outcome ? refusal(*outcome) : std::optional(outcome.error());
    if (error) {
      trouble = trouble ? trouble : error;
      continue;
    }
    ++book->given_back;
    book->amount_given_back = add(book->amount_given_back, book->left[i].amount).value_or(kMaxAmount);
  }
  if (trouble) return error_response(*trouble);
  JsonAnswer json;
  json.text("streamId", to_text(refund.credit.content)).integer("tickets", book->sold);
  json.integer("refunded", book->given_back).decimal("amount", book->amount_given_back);
  json.integer("left", book->sold - book->given_back);
  return json.response(202);
}

}  // namespace

void add_refund_routes(HttpRoutes& routes, const ShowParts& parts, const TicketBook& tickets,
                       const RunJob& run) {
  add_waiting(routes, "POST", "/api/refunds", run,
              [parts, tickets](const HttpRequest& request, Deadline deadline) {
                const auto wanted = read_refund(request, parts);
                if (!wanted) return error_response(wanted.error());
                return wanted->of_all ? order_stream(parts, tickets, *wanted, deadline)
                                      : order_one(parts, tickets, *wanted, deadline);
              });
}

}  // namespace paytick::ingest
