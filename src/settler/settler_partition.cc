#include "settler/settler_partition.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "model/codec.h"
#include "settler/settler_snapshot.h"

namespace paytick::settler {

namespace {

constexpr std::size_t kReadBytes = 4 * 1024 * 1024;          // of a topic at once, so that a step stays short
constexpr std::size_t kSnapshotStepBytes = 8 * 1024 * 1024;  // of chunks written a step
constexpr int kFenceTries = 16;  // an owner who loses so many races in a row gives up

template <typename E>
auto number(E e) {
  return static_cast<std::underlying_type_t<E>>(e);
}

}  // namespace

SettlerPartition::SettlerPartition(log::EventLog& log, PartitionId id, const Policy& policy, WallClock& clock,
                                   OnSettlement on_settlement)
    : log_(log),
      id_(id),
      policy_(policy),
      clock_(clock),
      on_settlement_(std::move(on_settlement)),
      ticks_(log, {log::Topic::ticks, id}),
      settlements_(log, {log::Topic::settlements, id}),
      accrual_(policy),
      slots_(log, id, kSettlerSnapshotPrefix) {}

Result<void> SettlerPartition::take_over(Random& random) {
  auto lease = log_.acquire(log::Role::settler, id_);
  if (!lease) return tl::unexpected(lease.error());
  lease_ = *lease;
  if (auto restored = restore(); !restored) return restored;
  return fence(random);
}

// Takes the newest snapshot, where there is one that fits the log; else everything is folded from the
// beginning.
Result<void> SettlerPartition::restore() {
  auto stored = slots_.load();
  if (!stored) return tl::unexpected(stored.error());
  if (!*stored) return {};
  auto state = from_chunks(id_, policy_, (*stored)->chunks);
  if (!state) return {};
  for (const auto& [follower, place] :
       {std::pair(&ticks_, &state->ticks), std::pair(&settlements_, &state->settlements)}) {
    const auto range = log_.range(follower->source());
    if (!range) return tl::unexpected(range.error());
    if (place->next < range->begin || place->next > range->end) return {};
  }
  for (const std::string& chunk : (*stored)->chunks) snapshot_bytes_ += chunk.size();
  ticks_ = FrameFollower(log_, ticks_.source(), state->ticks);
  settlements_ = FrameFollower(log_, settlements_.source(), state->settlements);
  accrual_ = std::move(state->accrual);
  for (const Settlement& line : state->unfinished) on_settlement(line);
  restored_ = true;
  return {};
}

// Reads all there is, writes the next epoch's fence and reads up to it; the first fence of an epoch counts.
Result<void> SettlerPartition::fence(Random& random) {
  for (int i = 0; i < kFenceTries; ++i) {
    if (auto read = follow_settlements_to_the_end(); !read) return read;
    const Fence fence{id_, Epoch{number(settlements_.position().epoch) + 1}, random.id<OwnerId>()};
    const log::Step step{
        lease_, {{settlements_.source(), clock_.now(), {}, build_fence(fence)}}, std::nullopt};
    if (auto written = log_.commit(step); !written) return tl::unexpected(written.error());
    if (auto read = follow_settlements_to_the_end(); !read) return read;
    if (settlements_.position().owner == fence.owner) {
      owner_ = fence.owner;
      fenced_ = true;
      return {};
    }
  }
  return fail("fenced", "Other settlers keep taking this partition; run one settler a partition.",
              Next::abort);
}

Result<bool> SettlerPartition::follow() {
  auto settled = follow_settlements();
  if (!settled) return settled;
  auto ticked = ticks_.pump(kReadBytes, [&](codec::MutableLine line, TimeMs at) -> Result<void> {
    auto output = codec::parse_output(line);
    if (!output)
      return fail("ticks_malformed", "A line of ticks cannot be read: " + output.error().message,
                  Next::fatal);
    return accrual_.apply(*output, at);
  });
  if (!ticked) return ticked;
  return *settled || *ticked;
}

Result<bool> SettlerPartition::follow_settlements() {
  auto moved = settlements_.pump(kReadBytes, [&](codec::MutableLine line, TimeMs) -> Result<void> {
    auto settlement = codec::parse_settlement(line);
    if (!settlement)
      return fail("settlement_malformed",
                  "A line of settlements cannot be read: " + settlement.error().message, Next::fatal);
    on_settlement(*settlement);
    return {};
  });
  if (moved && fenced_ && settlements_.position().owner != owner_)
    return fail("fenced", "Another settler has taken this partition.", Next::abort);
  return moved;
}

Result<void> SettlerPartition::follow_settlements_to_the_end() {
  for (;;) {
    auto moved = follow_settlements();
    if (!moved) return tl::unexpected(moved.error());
    if (!*moved) return {};
  }
}

void SettlerPartition::on_settlement(const Settlement& line) {
  accrual_.apply(line);
  on_settlement_(*this, line);
}

// The frame's span counts the frames themselves: `settlements` has no source of its own.
Result<void> SettlerPartition::write(const std::vector<Settlement>& lines) {
  std::string text;
  for (const Settlement& line : lines) codec::write(line, text);
  const FramePosition& at = settlements_.position();
  FrameHash prev = at.prev;
  log::Step step{lease_, {}, ticks_.next()};
  for (std::string& record : build_frame({id_, at.epoch, at.to, Offset{number(at.to) + 1}, 0}, text, prev))
    step.records.push_back({settlements_.source(), clock_.now(), {}, std::move(record)});
  if (auto written = log_.commit(step); !written) return tl::unexpected(written.error());
  // Read back at once: what counts is what the log says.
  auto moved = follow_settlements();
  if (!moved) return tl::unexpected(moved.error());
  return {};
}

Result<void> SettlerPartition::keep_snapshot(std::uint64_t every_bytes,
                                             const std::function<std::vector<Settlement>()>& unfinished) {
  if (!slots_.is_writing()) {
    const std::uint64_t every = std::max(every_bytes, 4 * snapshot_bytes_);
    if (every_bytes == 0 || bytes_read() - snapshot_at_ < every) return {};
    auto chunks = to_chunks(id_, ticks_.place(), settlements_.place(), accrual_, unfinished());
    snapshot_at_ = bytes_read();
    snapshot_bytes_ = 0;
    for (const std::string& chunk : chunks) snapshot_bytes_ += chunk.size();
    slots_.begin({}, source_of(std::move(chunks)));
  }
  const log::Step step{lease_, slots_.next(kSnapshotStepBytes, clock_.now()), std::nullopt};
  const auto written = log_.commit(step);
  if (!written) {
    if (written.error().next != Next::retry) return tl::unexpected(written.error());
    slots_.abandon();
    return {};
  }
  if (slots_.wrote(*written)) ++snapshots_;
  return {};
}

}  // namespace paytick::settler
