#include "ingest/api/account.h"

#include "ingest/api/outcomes.h"
#include "ingest/auth/identity.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

Result<std::string> reason_of(const HttpRequest& request) {
  const auto body = Body::parse(request.body);
  if (!body) return tl::unexpected(body.error());
  return body->required_text("reason", kReasonBytesMax);
}

void set_frozen(Commands& commands, bool frozen, const HttpRequest& request, const Respond& respond) {
  if (const auto may = require_operator(request.who); !may) return respond(error_response(may.error()));
  const auto viewer = parse_id<ViewerId>(request.params.at(0));
  if (!viewer) {
    return respond(error_response({std::string(code::kBadField), "The account is a Stellar account: G…"}));
  }
  const auto reason = reason_of(request);
  if (!reason) return respond(error_response(reason.error()));
  const Input line = frozen ? Input(Freeze{*viewer, *reason, {}}) : Input(Unfreeze{*viewer, *reason, {}});
  commands.submit(*viewer, line, [respond, viewer = *viewer, frozen](const Result<Outcome>& outcome) {
    if (auto refused = not_done(outcome)) return respond(std::move(*refused));
    respond(JsonAnswer().text("account", to_text(viewer)).boolean("frozen", frozen).response());
  });
}

}  // namespace

void add_account_routes(HttpRoutes& routes, Commands& commands) {
  routes.add_async("POST", "/api/accounts/:account/freeze",
                   [&commands](const HttpRequest& request, const Respond& respond) {
                     set_frozen(commands, true, request, respond);
                   });
  routes.add_async("POST", "/api/accounts/:account/unfreeze",
                   [&commands](const HttpRequest& request, const Respond& respond) {
                     set_frozen(commands, false, request, respond);
                   });
}

}  // namespace paytick::ingest
