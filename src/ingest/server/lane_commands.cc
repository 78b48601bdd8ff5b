#include "ingest/server/lane_commands.h"

#include "ingest/errors.h"
#include "ingest/server/lane.h"
#include "model/partition.h"

namespace paytick::ingest::server {
namespace {

Error gone() {
  return {std::string(code::kDraining), "The gateway is ending; send the same again in a moment.",
          Next::retry};
}

Error busy() {
  return {std::string(code::kTryAgain), "The gateway is busy; send the same again in a moment.", Next::retry};
}

}  // namespace

void LaneCommands::set(const std::vector<Lane*>& lanes) {
  for (Lane* lane : lanes) lanes_.emplace_back(lane, lane->door());
}

void LaneCommands::submit(const ViewerId& viewer, Input line, CommandDesk::Done done) {
  submit_after(viewer, {}, std::move(line), std::move(done));
}

void LaneCommands::submit_after(const ViewerId& viewer, std::vector<Input> first, Input line,
                                CommandDesk::Done done) {
  if (lanes_.empty()) return done(tl::unexpected(gone()));
  auto& [lane, door] = lanes_[viewer.bytes.back() % lanes_.size()];
  // Kept, should the lane not take it.
  auto shared = std::make_shared<CommandDesk::Done>(std::move(done));
  const bool taken =
      door->post([lane = lane, viewer, first = std::move(first), line = std::move(line), shared]() mutable {
        GatewayCore& core = lane->core();
        if (!first.empty() && (core.full() || core.stalled(lane->now())))
          return (*shared)(tl::unexpected(busy()));
        for (const Input& one : first) core.add_line(partition_of(viewer, core.partitions()), one);
        core.commands().submit(
            viewer, std::move(line), [shared](const Result<Outcome>& outcome) { (*shared)(outcome); },
            lane->now());
        lane->kick();
      });
  if (!taken) (*shared)(tl::unexpected(gone()));
}

void LaneCommands::broadcast(Input line, Written written) {
  if (lanes_.empty()) return written(tl::unexpected(gone()));
  auto& [lane, door] = lanes_.front();
  auto shared = std::make_shared<Written>(std::move(written));
  const bool taken = door->post([lane = lane, line = std::move(line), shared] {
    GatewayCore& core = lane->core();
    if (core.full() || core.stalled(lane->now())) {
      return (*shared)(
          fail(code::kTryAgain, "The gateway is busy; send the same again in a moment.", Next::retry));
    }
    for (std::uint32_t p = 0; p < core.partitions(); ++p) core.add_line(PartitionId{p}, line);
    core.when_written([shared](const AppendResult& result) {
      (*shared)(result ? result : AppendResult(tl::unexpected(append_error(result.error()))));
    });
    lane->kick();
  });
  if (!taken) (*shared)(tl::unexpected(gone()));
}

}  // namespace paytick::ingest::server
