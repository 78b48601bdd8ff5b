#include "ingest/api/streams.h"

#include "ingest/api/outcomes.h"
#include "ingest/api/payer.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"

namespace paytick::ingest {
namespace {

void join(const StreamParts& parts, const HttpRequest& request, const Respond& respond) {
  const auto payer = payer_of(request, parts.meters);
  if (!payer) return respond(error_response(payer.error()));
  const auto id = parse_id<ContentId>(request.params.at(0));
  const auto stream = id ? parts.catalog.find(*id) : nullptr;
  if (!stream) {
    return respond(error_response({std::string(code::kUnknownContent), "There is no stream with this id."}));
  }
  if (stream->closed) {
    return respond(error_response({std::string(code::kContentClosed), "This stream was closed."}));
  }
  const Join line{payer->viewer, payer->meter, stream->id, stream->minimum_balance, {}};
  parts.commands.submit(payer->viewer, line, [respond, id = *id](const Result<Outcome>& outcome) {
    if (auto refused = not_done(outcome)) return respond(std::move(*refused));
    respond(JsonAnswer()
                .boolean("joined", true)
                .text("streamId", to_text(id))
                .decimal("newBalance", outcome->spendable)
                .response());
  });
}

}  // namespace

void add_stream_routes(HttpRoutes& routes, const StreamParts& parts) {
  routes.add_async(
      "POST", "/api/streams/:id/join",
      [parts](const HttpRequest& request, const Respond& respond) { join(parts, request, respond); });
}

}  // namespace paytick::ingest
