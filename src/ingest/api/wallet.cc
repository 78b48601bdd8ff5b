#include "ingest/api/wallet.h"

#include <algorithm>

#include "ingest/api/payer.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

HttpResponse wallet(const Payer& payer, const Outcome& outcome, const ShowMoney& money) {
  JsonAnswer json;
  json.text("account", to_text(payer.viewer)).text("meter", to_text(payer.meter));
  json.decimal("balance", std::max(outcome.spendable, Amount{}));
  json.integer("balanceTokens", tokens_of(outcome.spendable, money));
  json.integer("tokenUnits", money.token_units);
  json.boolean("paused", outcome.paused).boolean("frozen", outcome.frozen);
  json.integers("packs", kTokenPacks).integers("tipPresets", kTipPresets);
  return json.response();
}

}  // namespace

void add_wallet_routes(HttpRoutes& routes, const ShowParts& parts) {
  routes.add_async("GET", "/api/wallet/me", [parts](const HttpRequest& request, const Respond& respond) {
    const auto payer = payer_of(request, parts.meters);
    if (!payer) return respond(error_response(payer.error()));
    Ask ask;
    ask.viewer = payer->viewer;
    ask.meter = payer->meter;
    parts.commands.submit(
        payer->viewer, ask, [payer = *payer, money = parts.money, respond](const Result<Outcome>& outcome) {
          respond(outcome ? wallet(payer, *outcome, money) : error_response(outcome.error()));
        });
  });
}

}  // namespace paytick::ingest
