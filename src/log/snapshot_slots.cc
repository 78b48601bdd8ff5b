#include "log/snapshot_slots.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

namespace paytick::log {

static_assert(std::endian::native == std::endian::little,
              "the manifest is the image of a little-endian record");

namespace {

constexpr std::string_view kNewestKey = "newest";
constexpr std::uint32_t kManifestVersion = 1;

// The value of the record "newest" begins with this; `about` follows.
struct Manifest {
  std::array<char, 4> magic{'P', 'T', 'M', 'F'};
  std::uint32_t version = kManifestVersion;
  std::uint32_t slot = 0;
  std::uint32_t chunks = 0;
};
static_assert(sizeof(Manifest) == 16);

std::string chunk_key(std::uint32_t slot, std::size_t i) {
  return std::to_string(slot) + "/" + std::to_string(i);
}

}  // namespace

Result<std::optional<SnapshotSlots::Stored>> SnapshotSlots::load() {
  auto record = log_.latest(at_, prefix_ + std::string(kNewestKey));
  if (!record) return tl::unexpected<Error>(record.error());
  Manifest manifest;
  if (!*record || (*record)->value.size() < sizeof manifest) return std::nullopt;
  std::memcpy(static_cast<void*>(&manifest), (*record)->value.data(), sizeof manifest);
  if (manifest.magic != Manifest().magic || manifest.version != kManifestVersion) return std::nullopt;
  slot_ = manifest.slot & 1;
  Stored out{(*record)->value.substr(sizeof manifest), {}};
  for (std::uint32_t i = 0; i < manifest.chunks; ++i) {
    auto chunk = log_.latest(at_, prefix_ + chunk_key(manifest.slot, i));
    if (!chunk) return tl::unexpected<Error>(chunk.error());
    if (!*chunk) return std::nullopt;
    out.chunks.push_back(std::move((*chunk)->value));
  }
  return out;
}

void SnapshotSlots::begin(Stored snapshot) {
  Manifest manifest;
  manifest.slot = slot_ ^ 1;
  manifest.chunks = static_cast<std::uint32_t>(snapshot.chunks.size());
  left_.clear();
  left_.push_back({prefix_ + std::string(kNewestKey),
                   std::string(reinterpret_cast<const char*>(&manifest), sizeof manifest) + snapshot.about});
  for (std::size_t i = snapshot.chunks.size(); i-- > 0;)
    left_.push_back({prefix_ + chunk_key(manifest.slot, i), std::move(snapshot.chunks[i])});
}

std::vector<NewRecord> SnapshotSlots::next(std::size_t bytes_max, TimeMs append_time) const {
  std::vector<NewRecord> records;
  std::size_t bytes = 0;
  for (std::size_t i = left_.size(); i-- > 0;) {
    const Entry& entry = left_[i];
    // The first of left_ is "newest": it goes once all chunks are durable.
    if (!records.empty() && (i == 0 || bytes + entry.value.size() > bytes_max)) break;
    bytes += entry.value.size();
    records.push_back({at_, append_time, entry.key, entry.value});
  }
  return records;
}

bool SnapshotSlots::wrote(std::size_t n) {
  left_.resize(left_.size() - n);
  if (!left_.empty()) return false;
  slot_ ^= 1;
  return true;
}

}  // namespace paytick::log
