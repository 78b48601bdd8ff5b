#include "ingest/api/show_parts.h"

#include <algorithm>

#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {

void add_balance(JsonAnswer& answer, Amount spendable, const ShowMoney& money) {
  answer.decimal("newBalance", std::max(spendable, Amount{}));
  answer.integer("newBalanceTokens", tokens_of(spendable, money));
}

std::optional<HttpResponse> refused(const Outcome& outcome, Amount wanted, const ShowMoney& money) {
  const auto error = refusal(outcome);
  if (!error) return std::nullopt;
  if (error->code != code::kBalance) return error_response(*error);
  const std::int64_t missing = tokens_missing(wanted, outcome.spendable, money);
  JsonAnswer answer;
  answer.begin("error").text("code", error->code);
  answer.text("message", "You need " + std::to_string(missing) + " more tokens.");
  answer.decimal("newBalance", std::max(outcome.spendable, Amount{}));
  answer.integer("neededTokens", missing).end();
  return answer.response(http_status(error->code));
}

Result<CreatorId> known_creator(const Catalog& catalog, std::string_view account) {
  const auto creator = parse_id<CreatorId>(account);
  if (!creator) return fail(code::kBadField, "A creator is named by a Stellar account (G…).");
  if (!catalog.knows_creator(*creator))
    return fail(code::kNotFound, "This creator has nothing in the catalogue, and cannot be paid.");
  return *creator;
}

Result<std::shared_ptr<const Content>> open_content(const Catalog& catalog, std::string_view id) {
  const auto parsed = parse_id<ContentId>(id);
  auto content = parsed ? catalog.find(*parsed) : nullptr;
  if (!content) return fail(code::kUnknownContent, "There is no stream with this id.");
  if (content->closed) return fail(code::kContentClosed, "This stream was closed.");
  return content;
}

}  // namespace paytick::ingest
