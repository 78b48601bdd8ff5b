#include "app/roles/history_routes.h"

#include <charconv>

#include "app/json.h"
#include "ingest/errors.h"

namespace paytick::app {
namespace {

using projections::HistoryQueries;

constexpr std::size_t kPageMax = 500;

ingest::HttpResponse refusal(unsigned status, std::string_view code, std::string_view message) {
  JsonObject json;
  json.begin("error");
  json.add("code", code);
  json.add("message", message);
  json.end();
  ingest::HttpResponse response;
  response.status = status;
  response.body = json.text();
  return response;
}

ingest::HttpResponse refused(const Error& error) {
  return refusal(ingest::http_status(error.code), error.code, error.message);
}

ingest::HttpResponse respond(const Result<std::string>& answer) {
  if (!answer) {
    const Error& error = answer.error();
    if (error.next == Next::refused) return refusal(400, error.code, error.message);
    ingest::HttpResponse response =
        refusal(503, "database_away", "the history cannot be read now; try again shortly");
    response.retry_after_s = 1;
    return response;
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
  return refusal(400, "bad_limit", "limit is a number from 1 to " + std::to_string(kPageMax));
}

}  // namespace

void HistoryRoutes::add(ingest::HttpRoutes& routes, bool development, MeterOwner owner) {
  routes.add("GET", "/api/account/history", ingest::RunOn::pool,
             [this, development, owner = std::move(owner)](const ingest::HttpRequest& request) {
               const auto text = ingest::query_param(request.query, "meter");
               const auto meter = text ? parse_id<MeterId>(*text) : std::nullopt;
               const auto viewer = ingest::require_viewer(request.who);
               // In development mode the meter says who asks.
               const bool asked = development && request.who.role == ingest::Role::nobody;
               if (!viewer && (meter || !asked)) return refused(viewer.error());
               if (!meter) return refusal(400, "bad_meter", "name the meter: ?meter=C…");
               if (owner(*meter) != *viewer)
                 return refusal(403, "foreign_contract", "This meter is registered to another viewer.");
               const auto page = page_of(request);
               return page ? respond(queries_.account_history(*meter, *page)) : bad_limit();
             });
  routes.add("GET", "/api/creators/:wallet/earnings", ingest::RunOn::pool,
             [this, development](const ingest::HttpRequest& request) {
               const ingest::Identity& who = request.who;
               const std::string& wallet = request.params.at(0);
               const bool open = who.is_operator() || (development && who.role == ingest::Role::nobody);
               const bool mine = wallet == "me";
               if (mine || !open) {
                 if (auto may = ingest::require_creator(who); !may) return refused(may.error());
               }
               const auto creator = mine ? std::optional(who.account) : parse_id<CreatorId>(wallet);
               if (!creator) return refusal(400, "bad_wallet", "the wallet is an account: G…");
               if (!open) {
                 if (auto own = ingest::require_creator(who, *creator); !own) return refused(own.error());
               }
               const auto page = page_of(request);
               return page ? respond(queries_.creator_earnings(*creator, *page)) : bad_limit();
             });
}

std::optional<std::string> HistoryRoutes::pending(const CreatorId& creator) {
  const auto page = queries_.creator_earnings(creator, {.limit = 1, .cursor = {}});
  const auto members = page ? read_string_members(*page) : std::nullopt;
  if (!members || !members->contains("pending")) return std::nullopt;
  return members->at("pending");
}

}  // namespace paytick::app
