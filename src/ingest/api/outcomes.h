#pragma once
// From an outcome to an answer.

#include "ingest/commands/command_desk.h"
#include "ingest/http_routes.h"

namespace paytick::ingest {

// What a command that was not done is answered with: the refusal's code, words and status, and where the
// money did not suffice `newBalance`; or why there was no outcome. Nothing when it was done.
std::optional<HttpResponse> not_done(const Result<Outcome>& outcome);

}  // namespace paytick::ingest
