#include "ingest/api/payer.h"

#include "ingest/auth/identity.h"
#include "ingest/errors.h"

namespace paytick::ingest {

Result<MeterId> meter_of(const ViewerId& viewer, const std::optional<std::string>& named,
                         const MeterDirectory& meters) {
  if (named) {
    const auto meter = parse_id<MeterId>(*named);
    const auto owner = meter ? meters.viewer_of(*meter) : std::nullopt;
    if (!owner) return fail(code::kUnknownContract, "No meter with this id is registered with the router.");
    if (*owner != viewer) return fail(code::kForeignContract, "This meter is registered to another viewer.");
    return *meter;
  }
  const auto owned = meters.meters_of(viewer);
  if (owned.empty()) {
    return fail(code::kUnknownContract,
                "No meter is registered for this account yet; deploy one and pay in.");
  }
  if (owned.size() > 1)
    return fail(code::kMissingField, "This account has several meters; name one as meter.");
  return owned.front();
}

Result<Payer> payer_of(const HttpRequest& request, const MeterDirectory& meters) {
  const auto viewer = require_viewer(request.who);
  if (!viewer) return tl::unexpected(viewer.error());
  const auto meter = meter_of(*viewer, query_param(request.query, "meter"), meters);
  if (!meter) return tl::unexpected(meter.error());
  return Payer{*viewer, *meter};
}

}  // namespace paytick::ingest
