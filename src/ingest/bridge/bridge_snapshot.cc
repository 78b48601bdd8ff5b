#include "ingest/bridge/bridge_snapshot.h"

#include <array>
#include <string_view>

#include "model/hash.h"

namespace paytick::ingest {
namespace {

using Hash = std::array<std::uint8_t, 32>;

constexpr std::array<char, 16> kMagic{'p', 'a', 'y', 't', 'i', 'c', 'k', ' ', 'b', 'r', 'i', 'd', 'g', 'e'};
constexpr std::size_t kChunkBytes = 256 * 1024;

}  // namespace

std::vector<std::string> to_chunks(const PlatformId& platform, const std::vector<Offset>& positions,
                                   const NameBook& names) {
  ImageWriter out;
  out.value(kMagic);
  out.value(kBridgeSnapshotVersion);
  out.value(static_cast<std::uint32_t>(positions.size()));
  out.value(platform);
  for (const Offset position : positions) out.value(position);
  names.write_image(out);
  std::string image = out.take();
  Hash hash;
  blake2b(image, hash);
  image.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  std::vector<std::string> chunks;
  for (std::size_t at = 0; at < image.size(); at += kChunkBytes)
    chunks.push_back(image.substr(at, kChunkBytes));
  return chunks;
}

std::optional<BridgeState> bridge_state(const PlatformId& platform, std::uint32_t partitions,
                                        const std::vector<std::string>& chunks) {
  std::string image;
  for (const std::string& chunk : chunks) image += chunk;
  Hash sealed, hash;
  if (image.size() < hash.size()) return std::nullopt;
  std::memcpy(sealed.data(), image.data() + image.size() - sealed.size(), sealed.size());
  image.resize(image.size() - sealed.size());
  blake2b(image, hash);
  if (hash != sealed) return std::nullopt;

  ImageReader in(image);
  std::array<char, 16> magic{};
  std::uint32_t version = 0, count = 0;
  PlatformId of;
  in.value(magic);
  in.value(version);
  in.value(count);
  in.value(of);
  if (!in.good() || magic != kMagic || version != kBridgeSnapshotVersion || count != partitions ||
      of != platform)
    return std::nullopt;
  BridgeState state{std::vector<Offset>(partitions), NameBook(platform, partitions)};
  for (Offset& position : state.positions) in.value(position);
  state.names.read_image(in);
  if (!in.done()) return std::nullopt;
  return state;
}

}  // namespace paytick::ingest
