#include "aggregator/snapshot_store.h"

#include <array>
#include <cstring>
#include <utility>

namespace paytick::aggregator {
namespace {

// What the slots keep beside the chunks, little-endian (snapshot.cc asserts that).
struct About {
  std::uint64_t epoch = 0;
  std::int64_t to = 0;
  std::int64_t ticks_next = 0;
  OwnerId owner;
  FrameHash prev;
  std::array<std::uint8_t, 8> reserved{};
};
static_assert(sizeof(About) == 80);

}  // namespace

Result<std::optional<SnapshotStore::Loaded>> SnapshotStore::load(const FoldConfig& config) {
  newest_.reset();
  auto reader = slots_.open();
  if (!reader) return tl::unexpected<Error>(reader.error());
  About about;
  if (!*reader || (*reader)->about().size() != sizeof about) return std::nullopt;
  std::memcpy(static_cast<void*>(&about), (*reader)->about().data(), sizeof about);
  std::optional<Error> failed;
  auto restored = Fold::restore(config, [&]() -> std::optional<std::string> {
    auto chunk = (*reader)->next();
    if (chunk) return std::move(*chunk);
    failed = chunk.error();
    return std::nullopt;
  });
  if (failed) return tl::unexpected<Error>(*failed);
  // A snapshot is a cache: one that cannot be used is as good as none.
  if (!restored || restored->position != Offset{about.to} || restored->prev != about.prev)
    return std::nullopt;
  newest_ = SnapshotPoint{{Epoch{about.epoch}, about.owner, Offset{about.to}, about.prev},
                          Offset{about.ticks_next}};
  return Loaded{std::move(restored->fold), *newest_};
}

bool SnapshotStore::begin(const Fold& fold, const SnapshotPoint& point) {
  abandon();
  if (turn_ != nullptr && !turn_->take()) return false;
  has_turn_ = turn_ != nullptr;
  writing_ = point;
  About about;
  about.epoch = static_cast<std::uint64_t>(point.position.epoch);
  about.to = static_cast<std::int64_t>(point.position.to);
  about.ticks_next = static_cast<std::int64_t>(point.ticks_next);
  about.owner = point.position.owner;
  about.prev = point.position.prev;
  auto image = std::make_shared<SnapshotImage>(fold.snapshot(point.position.to, point.position.prev));
  slots_.begin(std::string(reinterpret_cast<const char*>(&about), sizeof about),
               [image = std::move(image)] { return image->next(); });
  return true;
}

void SnapshotStore::wrote(std::span<const Offset> offsets) {
  if (!slots_.wrote(offsets)) return;
  newest_ = writing_;
  abandon();
}

void SnapshotStore::abandon() {
  slots_.abandon();
  if (std::exchange(has_turn_, false)) turn_->give_back();
}

}  // namespace paytick::aggregator
