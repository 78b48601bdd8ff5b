#pragma once
// Frames: how a partition's owner writes, and how every reader decides what counts (DESIGN.md §5.2).
//
// FrameWriter builds the records of one step; FrameReader is the pure state machine that all readers of
// `ticks` and `settlements` share (settler, projections, verify, and the owner itself when it restores).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/codec.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/outputs.h"

namespace paytick {

// blake2b_pieces of the record's bytes. Fences are not part of the chain of hashes: they carry no lines.
FrameHash hash_record(std::string_view record_value);

// Splits the lines of a step into records of at most codec::kRecordBytesMax and heads each with its
// FrameHeader. `prev` is the hash of the last record that counted and is moved on to the last one written.
// `lines` are '\n'-terminated, each at most kFrameLineBytesMax; without any, one record of a header alone.
inline constexpr std::size_t kFrameHeaderBytesMax = 384;
inline constexpr std::size_t kFrameLineBytesMax = codec::kRecordBytesMax - kFrameHeaderBytesMax;
struct FrameSpan {
  PartitionId partition{};
  Epoch epoch{};
  Offset from{};
  Offset to{};
  std::uint32_t fold = 0;
};
std::vector<std::string> build_frame(const FrameSpan& span, std::string_view lines, FrameHash& prev);

// For who writes the lines of a long step one after the other: the next record of it, cut off the front of
// `lines`, when they do not fit one; its bytes are still in the processor's cache then. `span.to` is not
// read. build_frame of the rest ends the step: its records, after these, are those of build_frame of the
// whole.
std::optional<std::string> cut_frame(const FrameSpan& span, std::string& lines, FrameHash& prev);

// The record of a fence: one line.
std::string build_fence(const Fence& fence);

// What a reader must do with a record it was given.
enum class FrameVerdict : std::uint8_t {
  accept,  // its lines count now
  hold,    // the first part of a frame that is continued: keep the record until `accept` or `drop_held`
  fence,   // a new owner; anything held is to be dropped
  ignore   // a lower epoch after a fence, or an exact duplicate
};

// Where a reader stands; persisted with whatever it derives.
struct FramePosition {
  Epoch epoch{};   // highest seen in a fence
  OwnerId owner;   // of that epoch: the first fence of an epoch counts
  Offset to{};     // source position reached: inputs below it are folded
  FrameHash prev;  // of the last record that counted; zero before the first
  friend bool operator==(const FramePosition&, const FramePosition&) = default;
};

class FrameReader {
 public:
  explicit FrameReader(FramePosition start = {}) : position_(start), remembered_from_(start.to) {}

  // `value` is a whole record. Errors are fatal for the partition, with the codes "frame_gap" (a position or
  // a fence is missing), "frame_overlap", "frame_hash", "frame_malformed", and name both positions in the
  // message; the reader stays where it was. On accept of a continued frame's last part the held records count
  // too, in the order they came.
  //
  // An exact duplicate is known among the last kRecentMax records read here. A frame of this epoch that lies
  // wholly before them, or before `start`, cannot be compared any more and is dropped as a duplicate, too:
  // its inputs are covered by what counted, so it can neither add nor take anything; and who would go on from
  // it is stopped by the hash.
  Result<FrameVerdict> read(std::string_view value);

  // After the last accepted record. A held part does not move it.
  const FramePosition& position() const { return position_; }

  // More than a producer has in flight, so that what it sends again is recognised.
  static constexpr std::size_t kRecentMax = 16;

 private:
  Result<FrameVerdict> read_fence(const Fence& fence);
  Result<FrameVerdict> read_frame(const FrameHeader& header, std::string_view value,
                                  std::size_t header_bytes);
  bool is_recent(const FrameHash& hash) const;
  void remember(const FramePosition& after);

  struct Recent {
    FrameHash hash;  // zero where nothing was
    Offset to{};
  };
  FramePosition position_;
  std::array<Recent, kRecentMax> recent_{};  // a ring
  std::size_t recent_next_ = 0;
  Offset remembered_from_{};           // what ends here or before is not in the ring any more
  std::optional<FramePosition> held_;  // position after the held parts, if they come to count
};

}  // namespace paytick
