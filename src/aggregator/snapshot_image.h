#pragma once
// The bytes of a snapshot on their way to the log and back, in chunks that each fit a record. A chunk ends
// with a seal: BLAKE2b-256 of the seal before it and its own bytes, so that each is checked before a byte of
// it is believed, and none can be missing, doubled or moved.
//
// Both ways hold as little as they can: what was written out is given back to the system at once, and what
// is read is one chunk.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "model/chunks.h"

namespace paytick::aggregator {

// A copy of the state, to be written while the state goes on. Movable.
class SnapshotImage {
 public:
  SnapshotImage() = default;
  SnapshotImage(SnapshotImage&& other) noexcept;
  SnapshotImage& operator=(SnapshotImage&& other) noexcept;
  ~SnapshotImage();

  void append(const void* bytes, std::size_t n) {
    if (n <= room_) {
      std::memcpy(end_, bytes, n);
      end_ += n;
      room_ -= n;
    } else {
      append_over_edge(static_cast<const char*>(bytes), n);
    }
  }

  // The next chunk, sealed; nothing after the last. Nothing may be appended after the first call.
  std::optional<std::string> next();
  std::vector<std::string> all() {
    return all_of([this] { return next(); });
  }

 private:
  void append_over_edge(const char* bytes, std::size_t n);

  std::vector<char*> pieces_;  // of kPieceBytes each, all but the last full; null once written out
  char* end_ = nullptr;        // in the last piece
  std::size_t room_ = 0;
  std::size_t taken_ = 0;  // bytes that next() has handed out
  std::array<std::uint8_t, 32> seal_{};
};

// Hands out the values in the order in which they were appended. What is missing, impossible or damaged
// leaves good() false and values that mean nothing; the caller looks before it relies on one.
class SnapshotSource {
 public:
  explicit SnapshotSource(const ChunkSource& chunks) : chunks_(chunks) {}

  // Reads from the first chunk what cannot be checked yet: which version wrote it.
  bool peek(void* out, std::size_t n);

  template <typename T>
  void value(T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes(&v, sizeof v);
  }
  void bytes(void* out, std::size_t n) {
    if (n <= left_.size() && checked_) {
      std::memcpy(out, left_.data(), n);
      left_.remove_prefix(n);
    } else {
      bytes_over_edge(static_cast<char*>(out), n);
    }
  }
  void refuse() { good_ = false; }
  bool good() const { return good_; }
  bool done();  // good, and nothing is left

 private:
  bool refill();
  bool check();
  void bytes_over_edge(char* out, std::size_t n);

  const ChunkSource& chunks_;
  std::string chunk_;
  std::string_view left_;  // of chunk_, without the seal
  bool checked_ = false;
  bool good_ = true;
  std::array<std::uint8_t, 32> seal_{};
};

}  // namespace paytick::aggregator
