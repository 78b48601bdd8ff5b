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
  auto stored = slots_.load();
  if (!stored) return tl::unexpected<Error>(stored.error());
  About about;
  if (!*stored || (*stored)->about.size() != sizeof about) return std::nullopt;
  std::memcpy(static_cast<void*>(&about), (*stored)->about.data(), sizeof about);
  auto restored = Fold::restore(config, (*stored)->chunks);
  // A snapshot is a cache: one that cannot be used is as good as none.
  if (!restored || restored->position != Offset{about.to} || restored->prev != about.prev)
    return std::nullopt;
  newest_ = SnapshotPoint{{Epoch{about.epoch}, about.owner, Offset{about.to}, about.prev},
                          Offset{about.ticks_next}};
  return Loaded{std::move(restored->fold), *newest_};
}

void SnapshotStore::begin(std::vector<std::string> chunks, const SnapshotPoint& point) {
  writing_ = point;
  About about;
  about.epoch = static_cast<std::uint64_t>(point.position.epoch);
  about.to = static_cast<std::int64_t>(point.position.to);
  about.ticks_next = static_cast<std::int64_t>(point.ticks_next);
  about.owner = point.position.owner;
  about.prev = point.position.prev;
  slots_.begin({std::string(reinterpret_cast<const char*>(&about), sizeof about), std::move(chunks)});
}

void SnapshotStore::wrote(std::size_t n) {
  if (slots_.wrote(n)) newest_ = writing_;
}

}  // namespace paytick::aggregator
