#include "app/roles/snapshot_sessions.h"

#include <memory>
#include <utility>
#include <vector>

#include "aggregator/snapshot_store.h"

namespace paytick::app {
namespace {

struct Known {
  std::vector<std::pair<MeterId, ViewerId>> meters;
  std::vector<aggregator::AttachmentView> attachments;
};

}  // namespace

Result<RestoredSessions> sessions_of_snapshots(log::EventLog& log) {
  RestoredSessions restored;
  const auto known = std::make_shared<Known>();
  for (std::uint32_t p = 0; p < log.partitions(); ++p) {
    const PartitionId partition{p};
    aggregator::SnapshotStore store(log, partition);
    const auto loaded = store.load({partition, log.partitions()});
    if (!loaded) return tl::unexpected(loaded.error());
    if (!*loaded) {
      const auto range = log.range({log::Topic::heartbeats, partition});
      if (!range) return tl::unexpected(range.error());
      restored.positions.push_back(range->begin);
      continue;
    }
    restored.positions.push_back((*loaded)->point.position.to);
    for (const auto& meter : (*loaded)->fold.meters()) known->meters.emplace_back(meter.meter, meter.viewer);
    const auto attachments = (*loaded)->fold.attachments();
    known->attachments.insert(known->attachments.end(), attachments.begin(), attachments.end());
  }
  restored.hand_over = [known](ingest::Gateway& gateway) {
    for (const auto& [meter, viewer] : std::exchange(known->meters, {})) gateway.meters().put(meter, viewer);
    for (const auto& attachment : std::exchange(known->attachments, {})) {
      gateway.sessions().restore(attachment.viewer, attachment.session, attachment.attachment);
    }
  };
  return restored;
}

}  // namespace paytick::app
