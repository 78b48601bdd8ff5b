#include "aggregator/snapshot_image.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <span>
#include <utility>

#include "model/codec.h"
#include "model/hash.h"

namespace paytick::aggregator {
namespace {

constexpr std::size_t kSealBytes = 32;
constexpr std::size_t kChunkBytes = 384 * 1024;  // without the seal
static_assert(kChunkBytes + kSealBytes <= codec::kRecordBytesMax);
// Mapped one by one, so that what was written out leaves no hole in a heap.
constexpr std::size_t kPieceBytes = 16 * kChunkBytes;

std::array<std::uint8_t, kSealBytes> seal(const std::array<std::uint8_t, kSealBytes>& before,
                                          std::string_view bytes) {
  std::array<std::uint8_t, 2 * kSealBytes> both{};
  std::copy(before.begin(), before.end(), both.begin());
  blake2b(bytes, std::span(both).subspan(kSealBytes));
  std::array<std::uint8_t, kSealBytes> out{};
  blake2b(std::span<const std::uint8_t>(both), out);
  return out;
}

}  // namespace

SnapshotImage::SnapshotImage(SnapshotImage&& other) noexcept { *this = std::move(other); }

SnapshotImage& SnapshotImage::operator=(SnapshotImage&& other) noexcept {
  std::swap(pieces_, other.pieces_);
  std::swap(end_, other.end_);
  std::swap(room_, other.room_);
  std::swap(taken_, other.taken_);
  std::swap(seal_, other.seal_);
  return *this;
}

SnapshotImage::~SnapshotImage() {
  for (char* piece : pieces_) {
    if (piece != nullptr) ::munmap(piece, kPieceBytes);
  }
}

void SnapshotImage::append_over_edge(const char* bytes, std::size_t n) {
  while (n != 0) {
    if (room_ == 0) {
      void* const piece =
          ::mmap(nullptr, kPieceBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (piece == MAP_FAILED) throw std::bad_alloc();
      pieces_.push_back(static_cast<char*>(piece));
      end_ = pieces_.back();
      room_ = kPieceBytes;
    }
    const std::size_t part = std::min(n, room_);
    std::memcpy(end_, bytes, part);
    end_ += part;
    room_ -= part;
    bytes += part;
    n -= part;
  }
}

std::optional<std::string> SnapshotImage::next() {
  const std::size_t left = pieces_.size() * kPieceBytes - room_ - taken_;
  if (left == 0) return std::nullopt;
  char*& piece = pieces_[taken_ / kPieceBytes];
  const std::size_t n = std::min(left, kChunkBytes);
  const std::string_view bytes(piece + taken_ % kPieceBytes, n);
  seal_ = seal(seal_, bytes);
  std::string chunk;
  chunk.reserve(n + kSealBytes);
  chunk += bytes;
  chunk.append(reinterpret_cast<const char*>(seal_.data()), kSealBytes);
  taken_ += n;
  if (taken_ % kPieceBytes == 0) ::munmap(std::exchange(piece, nullptr), kPieceBytes);
  return chunk;
}

bool SnapshotSource::peek(void* out, std::size_t n) {
  if (chunk_.empty() && !refill()) return false;
  if (left_.size() < n) return false;
  std::memcpy(out, left_.data(), n);
  return true;
}

bool SnapshotSource::refill() {
  std::optional<std::string> chunk = chunks_();
  if (!chunk || chunk->size() <= kSealBytes) {
    good_ = false;
    return false;
  }
  chunk_ = std::move(*chunk);
  left_ = std::string_view(chunk_).substr(0, chunk_.size() - kSealBytes);
  checked_ = false;
  return true;
}

bool SnapshotSource::check() {
  seal_ = seal(seal_, left_);
  checked_ = std::memcmp(seal_.data(), chunk_.data() + left_.size(), kSealBytes) == 0;
  good_ = good_ && checked_;
  return checked_;
}

void SnapshotSource::bytes_over_edge(char* out, std::size_t n) {
  while (n != 0 && good_) {
    if (left_.empty() && !refill()) return;
    if (!checked_ && !check()) return;
    const std::size_t part = std::min(n, left_.size());
    std::memcpy(out, left_.data(), part);
    left_.remove_prefix(part);
    out += part;
    n -= part;
  }
}

bool SnapshotSource::done() {
  if (!good_ || !left_.empty()) return false;
  return !chunks_();
}

}  // namespace paytick::aggregator
