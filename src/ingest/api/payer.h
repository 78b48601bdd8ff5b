#pragma once
// Whose money a request is about: the viewer who asks, and the meter.

#include <optional>
#include <string>

#include "ingest/http_routes.h"
#include "ingest/meter_directory.h"
#include "model/error.h"
#include "model/ids.h"

namespace paytick::ingest {

struct Payer {
  ViewerId viewer;
  MeterId meter;
};

// The meter of this viewer that is named, or else the only one. Codes: "unknown_contract" (none that we
// know), "foreign_contract" (somebody else's), "missing_field" (there are several: name one).
Result<MeterId> meter_of(const ViewerId& viewer, const std::optional<std::string>& named,
                         const MeterDirectory& meters);

// The viewer is whoever is logged in (in development mode also whom ?meter= belongs to); the meter is the one
// that ?meter= names, or else the viewer's only one. Codes: "unauthorized", "forbidden", and those of
// meter_of.
Result<Payer> payer_of(const HttpRequest& request, const MeterDirectory& meters);

}  // namespace paytick::ingest
