#include "app/roles/history_routes.h"

#include <charconv>

#include "app/json.h"
#include "ingest/api/calls.h"
#include "ingest/json_answer.h"

namespace paytick::app {
namespace {

using projections::HistoryQueries;

constexpr std::size_t kPageMax = 500;

using ingest::error_response;

ingest::HttpResponse refusal(const char* code, std::string message) {
  return error_response({code, std::move(message), Next::refused});
}

ingest::HttpResponse respond(const Result<std::string>& answer) {
  if (!answer) {
    if (answer.error().next == Next::refused) return error_response(answer.error());
    return refusal("database_away", "the history cannot be read now; try again shortly");
  }
  ingest::HttpResponse response;
  response.body = *answer + "\n";
  return response;
}

// ?limit= and ?cursor=; nothing when the limit is no number from 1 to kPageMax.
std::optional<HistoryQueries::Page> page_of(const ingest::HttpRequest& request) {
  HistoryQueries::Page page;
  page.cursor = ingest::query_param(request.query, "cursor").value_or("");
  if (const auto text = ingest::query_param(request.query, "limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), page.limit);
    if (error != std::errc{} || end != text->data() + text->size() || page.limit < 1 || page.limit > kPageMax)
      return std::nullopt;
  }
  return page;
}

ingest::HttpResponse bad_limit() {
  return refusal("bad_limit", "limit is a number from 1 to " + std::to_string(kPageMax));
}

// Not even somebody whose credential is wrong.
bool is_nobody(const ingest::HttpRequest& request) {
  return request.who.role == ingest::Role::nobody && request.authorization.empty();
}

}  // namespace

ingest::HttpResponse HistoryRoutes::history(const ingest::HttpRequest& request, bool development,
                                            const MeterOwner& owner) {
  const auto text = ingest::query_param(request.query, "meter");
  const auto meter = text ? parse_id<MeterId>(*text) : std::nullopt;
  const auto viewer = ingest::require_viewer(request.who);
  // In development mode the meter says who asks.
  const bool asked = development && is_nobody(request);
  if (!viewer && (meter || !asked)) return error_response(viewer.error());
  if (!meter && (text || !viewer)) return refusal("bad_meter", "name the meter: ?meter=C…");
  if (meter && owner(*meter) != *viewer)
    return refusal("foreign_contract", "This meter is registered to another viewer.");
  const auto page = page_of(request);
  if (!page) return bad_limit();
  return respond(meter ? queries_.account_history(*meter, *page) : queries_.account_history(*viewer, *page));
}

ingest::HttpResponse HistoryRoutes::spending(const ingest::HttpRequest& request) {
  const auto viewer = ingest::require_viewer(request.who);
  if (!viewer) return error_response(viewer.error());
  const auto page = page_of(request);
  return page ? respond(queries_.viewer_spending(*viewer, *page)) : bad_limit();
}

ingest::HttpResponse HistoryRoutes::creator(const ingest::HttpRequest& request, bool development,
                                            Creators query) {
  const ingest::Identity& who = request.who;
  const std::string& wallet = request.params.at(0);
  const bool open = who.is_operator() || (development && is_nobody(request));
  const bool mine = wallet == "me";
  if (mine || !open)
    if (auto may = ingest::require_creator(who); !may) return error_response(may.error());
  const auto creator = mine ? std::optional(who.account) : parse_id<CreatorId>(wallet);
  if (!creator) return refusal("bad_wallet", "the wallet is an account: G…");
  if (!open)
    if (auto own = ingest::require_creator(who, *creator); !own) return error_response(own.error());
  const auto page = page_of(request);
  return page ? respond((queries_.*query)(*creator, *page)) : bad_limit();
}

ingest::HttpResponse HistoryRoutes::call(const ingest::HttpRequest& request, const ingest::CallIds& calls) {
  const auto ref = ingest::party_call(request, calls);
  if (!ref) return error_response(ref.error());
  const auto page = page_of(request);
  if (!page) return bad_limit();
  return respond(queries_.call_history(
      {request.params.at(0), ref->session, ref->viewer, ref->creator, token_units_}, *page));
}

void HistoryRoutes::add(ingest::HttpRoutes& routes, bool development, MeterOwner owner,
                        const ingest::CallIds& calls) {
  using projections::HistoryQueries;
  const auto add = [&routes](std::string_view path, ingest::HttpHandler handler) {
    routes.add("GET", path, ingest::RunOn::pool, std::move(handler));
  };
  const auto of_creator = [&](std::string_view path, Creators query) {
    add(path,
        [this, development, query](const auto& request) { return creator(request, development, query); });
  };
  add("/api/account/history", [this, development, owner = std::move(owner)](const auto& request) {
    return history(request, development, owner);
  });
  add("/api/account/spending", [this](const auto& request) { return spending(request); });
  of_creator("/api/creators/:wallet/earnings", &HistoryQueries::creator_earnings);
  of_creator("/api/creators/:wallet/tips", &HistoryQueries::creator_tips);
  of_creator("/api/creators/:wallet/fans", &HistoryQueries::creator_fans);
  add("/api/billing/calls/:callId/history",
      [this, calls](const auto& request) { return call(request, calls); });
}

Result<ingest::SoldTickets> HistoryRoutes::tickets(const std::string& key,
                                                   const std::optional<ViewerId>& viewer) {
  const auto book = queries_.tickets(key, viewer, ingest::kTicketsAtOnce);
  if (!book) return tl::unexpected(book.error());
  ingest::SoldTickets out{book->sold, book->given_back, book->amount_given_back, {}};
  for (const auto& ticket : book->left) out.left.push_back({ticket.viewer, ticket.meter, ticket.amount});
  return out;
}

std::optional<Amount> HistoryRoutes::pending(const CreatorId& creator) {
  const auto page = queries_.creator_earnings(creator, {.limit = 1, .cursor = {}});
  const auto members = page ? read_string_members(*page) : std::nullopt;
  if (!members || !members->contains("pending")) return std::nullopt;
  return from_decimal(members->at("pending"));
}

}  // namespace paytick::app
