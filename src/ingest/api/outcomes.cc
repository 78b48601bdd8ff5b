#include "ingest/api/outcomes.h"

#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {

std::optional<HttpResponse> not_done(const Result<Outcome>& outcome) {
  if (!outcome) return error_response(outcome.error());
  const auto refused = refusal(*outcome);
  if (!refused) return std::nullopt;
  if (refused->code != code::kBalance && refused->code != code::kLimit) return error_response(*refused);
  JsonAnswer json;
  json.begin("error");
  json.text("code", refused->code);
  json.text("message", refused->message);
  json.decimal("newBalance", outcome->spendable);
  json.end();
  return json.response(http_status(refused->code));
}

}  // namespace paytick::ingest
