#include "simulation/gateway_host.h"

#include "model/codec.h"

namespace paytick::simulation {

GatewayHost::Life::Life(log::EventLog& log, const Restored& restored, std::uint32_t partitions,
                        std::uint64_t boot, SeededRandom& random, ingest::Outbox& out, const GatewayId& id)
    : sessions(partitions, random),
      catalog_follower(log, catalog),
      meter_follower(log, meters, restored.positions),
      core({.gateway = id, .boot = boot, .development = true}, {catalog, meters, sessions, tokens, random},
           partitions, out) {
  for (const auto& meter : restored.meters) meters.put(meter.meter, meter.viewer);
  for (const auto& attachment : restored.attachments) {
    sessions.restore(attachment.viewer, attachment.session, attachment.attachment);
  }
}

GatewayHost::GatewayHost(std::uint32_t partitions, SeededRandom& random, VirtualClock& clock, Faults& faults)
    : partitions_(partitions), random_(random), clock_(clock), faults_(faults), id_(random.id<GatewayId>()) {}

Result<void> GatewayHost::start(log::EventLog& log, const Restored& restored) {
  kill();
  auto life = std::make_unique<Life>(log, restored, partitions_, ++boot_, random_, *this, id_);
  std::vector<log::NewRecord> records;
  for (std::uint32_t p = 0; p < partitions_; ++p) {
    log::NewRecord record{{log::Topic::heartbeats, PartitionId{p}}, clock_.time, {}, {}};
    codec::write(Input{GatewayStarted{id_, boot_}}, record.value);
    records.push_back(std::move(record));
  }
  if (const auto written = log.append(records); !written) return tl::unexpected(written.error());
  faults_.note("gateway starts, boot " + std::to_string(boot_));
  life_ = std::move(life);
  return {};
}

void GatewayHost::kill() {
  if (!life_) return;
  life_.reset();
  if (client_ != nullptr) client_->on_gone();
}

Result<bool> GatewayHost::follow() {
  auto catalog = life_->catalog_follower.pump();
  if (!catalog) return catalog;
  auto meters = life_->meter_follower.pump();
  if (!meters) return meters;
  return *catalog || *meters;
}

Result<bool> GatewayHost::step(log::EventLog& log) {
  auto followed = follow();
  if (!followed) return followed;
  Life& my = *life_;
  bool more = *followed;
  while (!my.replies.empty()) {
    const Reply reply = my.replies.front();
    my.replies.pop_front();
    my.core.on_reply(reply, clock_.time);
  }
  if (clock_.time - my.ticked >= 1'000) {
    my.ticked = clock_.time;
    my.core.on_tick(clock_.time);
  }
  if (!my.flying) {
    my.flying = my.core.take_batch(clock_.time);
    return more || my.flying;
  }
  const auto batch = std::move(*my.flying);
  my.flying.reset();
  const auto written = log.append(batch.records);
  if (written)
    for (const auto& record : batch.records) faults_.note("gateway wrote " + record.value);
  my.core.on_appended(
      batch.id, written ? ingest::AppendResult{} : ingest::AppendResult(tl::unexpected(written.error())));
  if (!written) return tl::unexpected(written.error());
  return true;
}

void GatewayHost::send(ingest::ConnId to, std::string_view text) {
  if (client_ != nullptr) client_->on_text(to, std::string(text));
}

void GatewayHost::answer(ingest::RunId run, std::string lines, std::uint32_t, std::uint32_t) {
  if (client_ != nullptr) client_->on_answer(run, lines);
}

void GatewayHost::deliver(PartitionId, std::span<const Reply> replies) {
  if (!life_) return;
  for (const Reply& reply : replies)
    if (!faults_.loses_reply()) life_->replies.push_back(reply);
}

void GatewayHost::answer(PartitionId partition, std::span<const Outcome> outcomes) {
  auto& all = outcomes_[partition];
  all.insert(all.end(), outcomes.begin(), outcomes.end());
}

}  // namespace paytick::simulation
