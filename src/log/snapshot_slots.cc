#include "log/snapshot_slots.h"

#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

namespace paytick::log {

static_assert(std::endian::native == std::endian::little,
              "the manifest is the image of a little-endian record");

namespace {

constexpr std::string_view kNewestKey = "newest";
constexpr std::uint32_t kManifestVersion = 2;
constexpr std::size_t kReadBytes = 4 * 1024 * 1024;  // of chunks at once

// The value of the record "newest" begins with this; `about` follows.
struct Manifest {
  std::array<char, 4> magic{'P', 'T', 'M', 'F'};
  std::uint32_t version = kManifestVersion;
  std::uint32_t slot = 0;
  std::uint32_t chunks = 0;
  // Offsets of the first and the last chunk; others' records may lie between them.
  std::int64_t first = 0;
  std::int64_t last = 0;
};
static_assert(sizeof(Manifest) == 32);

std::string slot_keys(std::uint32_t slot) { return std::to_string(slot) + "/"; }

}  // namespace

Result<std::optional<SnapshotSlots::Reader>> SnapshotSlots::open() {
  auto record = log_.latest(at_, prefix_ + std::string(kNewestKey));
  if (!record) return tl::unexpected<Error>(record.error());
  Manifest manifest;
  if (!*record || (*record)->value.size() < sizeof manifest) return std::nullopt;
  std::memcpy(static_cast<void*>(&manifest), (*record)->value.data(), sizeof manifest);
  if (manifest.magic != Manifest().magic || manifest.version != kManifestVersion) return std::nullopt;
  // What range() has shown is never missing from a read.
  if (auto range = log_.range(at_); !range) return tl::unexpected<Error>(range.error());
  slot_ = manifest.slot & 1;
  Reader reader(*this, std::move((*record)->value));
  reader.about_ = reader.manifest_.substr(sizeof manifest);
  reader.keys_ = prefix_ + slot_keys(manifest.slot);
  reader.chunks_ = manifest.chunks;
  reader.from_ = Offset{manifest.first};
  reader.last_ = Offset{manifest.last};
  return reader;
}

Result<std::optional<std::string>> SnapshotSlots::Reader::next() {
  const std::string wanted = keys_ + std::to_string(taken_);
  while (!is_complete()) {
    if (ahead_.empty()) {
      auto records = slots_->log_.read(slots_->at_, from_, kReadBytes);
      if (!records) return tl::unexpected<Error>(records.error());
      if (records->empty()) break;
      from_ = Offset{static_cast<std::int64_t>(records->back().offset) + 1};
      ahead_.assign(std::make_move_iterator(records->begin()), std::make_move_iterator(records->end()));
    }
    Record record = std::move(ahead_.front());
    ahead_.pop_front();
    if (!record.key.starts_with(keys_)) continue;  // another stage's, or the other slot's
    if (record.key != wanted || record.offset > last_) break;
    ++taken_;
    return std::move(record.value);
  }
  if (!is_complete()) {
    if (auto same = replaced(); !same) return tl::unexpected<Error>(same.error());
  }
  return std::nullopt;
}

Result<void> SnapshotSlots::Reader::replaced() const {
  auto newest = slots_->log_.latest(slots_->at_, slots_->prefix_ + std::string(kNewestKey));
  if (!newest) return tl::unexpected<Error>(newest.error());
  if (*newest && (*newest)->value == manifest_) return {};
  return fail("snapshot_replaced", "a newer snapshot was written over the one that was being read; read that",
              Next::retry);
}

Result<std::optional<SnapshotSlots::Stored>> SnapshotSlots::load() {
  auto reader = open();
  if (!reader) return tl::unexpected<Error>(reader.error());
  if (!*reader) return std::nullopt;
  Stored out{(*reader)->about(), {}};
  for (;;) {
    auto chunk = (*reader)->next();
    if (!chunk) return tl::unexpected<Error>(chunk.error());
    if (!*chunk) break;
    out.chunks.push_back(std::move(**chunk));
  }
  if (!(*reader)->is_complete()) return std::nullopt;
  return out;
}

void SnapshotSlots::begin(std::string about, ChunkSource chunks) {
  abandon();
  about_ = std::move(about);
  source_ = std::move(chunks);
}

const std::vector<NewRecord>& SnapshotSlots::next(std::size_t bytes_max, TimeMs append_time) {
  if (!batch_.empty()) return batch_;
  const std::uint32_t slot = slot_ ^ 1;
  for (std::size_t bytes = 0; bytes < bytes_max || batch_.empty();) {
    std::optional<std::string> chunk = source_();
    if (!chunk) break;
    bytes += chunk->size();
    batch_.push_back(
        {at_, append_time, prefix_ + slot_keys(slot) + std::to_string(chunks_++), std::move(*chunk)});
  }
  if (!batch_.empty()) return batch_;
  Manifest manifest;
  manifest.slot = slot;
  manifest.chunks = chunks_;
  manifest.first = static_cast<std::int64_t>(first_.value_or(Offset{}));
  manifest.last = static_cast<std::int64_t>(last_);
  is_last_ = true;
  batch_.push_back({at_, append_time, prefix_ + std::string(kNewestKey),
                    std::string(reinterpret_cast<const char*>(&manifest), sizeof manifest) + about_});
  return batch_;
}

bool SnapshotSlots::wrote(std::span<const Offset> offsets) {
  batch_.clear();
  if (!is_last_) {
    if (!first_) first_ = offsets.front();
    last_ = offsets.back();
    return false;
  }
  slot_ ^= 1;
  abandon();
  return true;
}

void SnapshotSlots::abandon() {
  source_ = nullptr;
  about_.clear();
  batch_.clear();
  chunks_ = 0;
  is_last_ = false;
  first_.reset();
}

}  // namespace paytick::log
