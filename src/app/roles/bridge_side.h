#pragma once
// The bridge of an instance of ingest (src/ingest/bridge): works where the group has given this instance
// partition 0, stands by elsewhere.

#include <memory>

#include "app/roles/role_context.h"
#include "ingest/catalog.h"
#include "ingest/meter_directory.h"

namespace paytick::app {

class BridgeSide {
 public:
  // `platform` is whose producers write to heartbeats-in. Catalogue and meters are kept up to date by the
  // gateway, and outlive the side.
  BridgeSide(const RoleContext& context, const PlatformId& platform, const ingest::Catalog& catalog,
             const ingest::MeterDirectory& meters);
  ~BridgeSide();  // stop()

  Result<void> start();  // asks for partitions
  void stop();           // after the step under way

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::app
