#include "ingest/api/payer.h"

#include "ingest/auth/identity.h"
#include "ingest/errors.h"

namespace paytick::ingest {

Result<Payer> payer_of(const HttpRequest& request, const MeterDirectory& meters) {
  const auto viewer = require_viewer(request.who);
  if (!viewer) return tl::unexpected(viewer.error());
  if (const auto text = query_param(request.query, "meter")) {
    const auto meter = parse_id<MeterId>(*text);
    const auto owner = meter ? meters.viewer_of(*meter) : std::nullopt;
    if (!owner) return fail(code::kUnknownContract, "No meter with this id is registered with the router.");
    if (*owner != *viewer) return fail(code::kForeignContract, "This meter is registered to another viewer.");
    return Payer{*viewer, *meter};
  }
  const auto owned = meters.meters_of(*viewer);
  if (owned.empty()) {
    return fail(code::kUnknownContract,
                "No meter is registered for this account yet; deploy one and pay in.");
  }
  if (owned.size() > 1) {
    return fail(code::kMissingField, "This account has several meters; name one: ?meter=C…");
  }
  return Payer{*viewer, owned.front()};
}

}  // namespace paytick::ingest
