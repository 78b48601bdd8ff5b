#include "aggregator/snapshot_store.h"

#include <array>
#include <cstring>
#include <utility>

namespace paytick::aggregator {
namespace {

constexpr std::string_view kNewestKey = "newest";
constexpr std::uint32_t kManifestVersion = 1;

// The value of the record "newest", little-endian (snapshot.cc asserts that).
struct Manifest {
  std::array<char, 4> magic{'P', 'T', 'M', 'F'};
  std::uint32_t version = kManifestVersion;
  std::uint32_t slot = 0;
  std::uint32_t chunks = 0;
  std::uint64_t epoch = 0;
  std::int64_t to = 0;
  std::int64_t ticks_next = 0;
  OwnerId owner;
  FrameHash prev;
  std::array<std::uint8_t, 8> reserved{};
};
static_assert(sizeof(Manifest) == 96);

std::string chunk_key(std::uint32_t slot, std::size_t i) {
  return std::to_string(slot) + "/" + std::to_string(i);
}

}  // namespace

Result<std::optional<SnapshotStore::Loaded>> SnapshotStore::load(const FoldConfig& config) {
  newest_.reset();
  auto record = log_.latest(topic(), kNewestKey);
  if (!record) return tl::unexpected<Error>(record.error());
  Manifest manifest;
  if (!*record || (*record)->value.size() != sizeof manifest) return std::nullopt;
  std::memcpy(static_cast<void*>(&manifest), (*record)->value.data(), sizeof manifest);
  if (manifest.magic != Manifest().magic || manifest.version != kManifestVersion) return std::nullopt;
  slot_ = manifest.slot & 1;
  std::vector<std::string> chunks;
  for (std::uint32_t i = 0; i < manifest.chunks; ++i) {
    auto chunk = log_.latest(topic(), chunk_key(manifest.slot, i));
    if (!chunk) return tl::unexpected<Error>(chunk.error());
    if (!*chunk) return std::nullopt;
    chunks.push_back(std::move((*chunk)->value));
  }
  auto restored = Fold::restore(config, chunks);
  // A snapshot is a cache: one that cannot be used is as good as none.
  if (!restored || restored->position != Offset{manifest.to} || restored->prev != manifest.prev)
    return std::nullopt;
  newest_ = SnapshotPoint{{Epoch{manifest.epoch}, manifest.owner, Offset{manifest.to}, manifest.prev},
                          Offset{manifest.ticks_next}};
  return Loaded{std::move(restored->fold), *newest_};
}

void SnapshotStore::begin(std::vector<std::string> chunks, const SnapshotPoint& point) {
  writing_ = point;
  const std::uint32_t slot = slot_ ^ 1;
  Manifest manifest;
  manifest.slot = slot;
  manifest.chunks = static_cast<std::uint32_t>(chunks.size());
  manifest.epoch = static_cast<std::uint64_t>(point.position.epoch);
  manifest.to = static_cast<std::int64_t>(point.position.to);
  manifest.ticks_next = static_cast<std::int64_t>(point.ticks_next);
  manifest.owner = point.position.owner;
  manifest.prev = point.position.prev;
  left_.clear();
  left_.push_back(
      {std::string(kNewestKey), std::string(reinterpret_cast<const char*>(&manifest), sizeof manifest)});
  for (std::size_t i = chunks.size(); i-- > 0;) left_.push_back({chunk_key(slot, i), std::move(chunks[i])});
}

std::vector<log::NewRecord> SnapshotStore::next(std::size_t bytes_max, TimeMs append_time) const {
  std::vector<log::NewRecord> records;
  std::size_t bytes = 0;
  for (auto entry = left_.rbegin(); entry != left_.rend(); ++entry) {
    // "newest" goes alone, once all chunks are durable.
    if (!records.empty() && (bytes + entry->value.size() > bytes_max || entry->key == kNewestKey)) break;
    bytes += entry->value.size();
    records.push_back({topic(), append_time, entry->key, entry->value});
  }
  return records;
}

void SnapshotStore::wrote(std::size_t n) {
  left_.resize(left_.size() - n);
  if (!left_.empty()) return;
  slot_ ^= 1;
  newest_ = writing_;
}

}  // namespace paytick::aggregator
