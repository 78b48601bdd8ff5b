#include "settler/settler_snapshot.h"

#include <algorithm>
#include <array>

#include "model/codec.h"
#include "model/hash.h"
#include "model/image.h"

namespace paytick::settler {

namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::array<char, 16> kMagic = {'p', 'a', 'y', 't', 'i', 'c', 'k', '-',
                                         's', 'e', 't', 't', 'l', 'e', 'r', '\0'};
using Checksum = std::array<std::uint8_t, 32>;

struct PlaceImage {
  std::uint64_t epoch = 0;
  std::int64_t to = 0, next = 0;
  OwnerId owner;
  FrameHash prev;
};
static_assert(sizeof(PlaceImage) == 72);

PlaceImage image_of(const FramePlace& place) {
  const FramePosition& at = place.position;
  return {static_cast<std::uint64_t>(at.epoch), static_cast<std::int64_t>(at.to),
          static_cast<std::int64_t>(place.next), at.owner, at.prev};
}

FramePlace place_of(const PlaceImage& image) {
  return {{Epoch{image.epoch}, image.owner, Offset{image.to}, image.prev}, Offset{image.next}};
}

Checksum checksum(std::string_view bytes) {
  Checksum out{};
  blake2b(bytes, out);
  return out;
}

}  // namespace

std::vector<std::string> to_chunks(PartitionId partition, const FramePlace& ticks,
                                   const FramePlace& settlements, const Accrual& accrual,
                                   const std::vector<Settlement>& unfinished) {
  ImageWriter out;
  out.value(kMagic), out.value(kSettlerSnapshotVersion), out.value(partition);
  out.value(image_of(ticks)), out.value(image_of(settlements));
  accrual.write_image(out);
  std::string lines;
  for (const Settlement& line : unfinished) codec::write(line, lines);
  out.text(lines);
  std::string bytes = out.take();
  const Checksum sum = checksum(bytes);
  bytes.append(reinterpret_cast<const char*>(sum.data()), sum.size());
  std::vector<std::string> chunks;
  for (std::size_t at = 0; at < bytes.size(); at += kChunkBytes)
    chunks.push_back(bytes.substr(at, kChunkBytes));
  return chunks;
}

std::optional<SettlerState> from_chunks(PartitionId partition, const Policy& policy,
                                        const std::vector<std::string>& chunks) {
  std::string bytes;
  for (const std::string& chunk : chunks) bytes += chunk;
  if (bytes.size() < sizeof(Checksum)) return std::nullopt;
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - sizeof(Checksum));
  const Checksum sum = checksum(body);
  if (!std::equal(sum.begin(), sum.end(), reinterpret_cast<const std::uint8_t*>(bytes.data()) + body.size()))
    return std::nullopt;

  ImageReader in(body);
  std::array<char, 16> magic{};
  std::uint32_t version = 0;
  PartitionId of{};
  in.value(magic), in.value(version), in.value(of);
  if (magic != kMagic || version != kSettlerSnapshotVersion || of != partition) return std::nullopt;
  SettlerState state{{}, {}, Accrual(policy), {}};
  PlaceImage ticks, settlements;
  in.value(ticks), in.value(settlements);
  state.ticks = place_of(ticks), state.settlements = place_of(settlements);
  state.accrual.read_image(in);
  std::string lines(in.text());
  bool whole = in.done();
  codec::for_each_line(lines, [&](codec::MutableLine line) {
    if (auto settlement = codec::parse_settlement(line))
      state.unfinished.push_back(std::move(*settlement));
    else
      whole = false;
  });
  if (!whole) return std::nullopt;
  return state;
}

}  // namespace paytick::settler
