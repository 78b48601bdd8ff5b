#include "model/frame.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "model/hash.h"

namespace paytick {
namespace {

using codec::MutableLine;

auto number(auto id) { return static_cast<std::underlying_type_t<decltype(id)>>(id); }

std::string span_text(const FrameHeader& header) {
  return "[" + std::to_string(number(header.from)) + ", " + std::to_string(number(header.to)) + ")";
}

std::string place(const FrameHeader& header, const FramePosition& position) {
  return "frame " + span_text(header) + " of epoch " + std::to_string(number(header.epoch)) +
         " read at position " + std::to_string(number(position.to)) + " of epoch " +
         std::to_string(number(position.epoch));
}

tl::unexpected<Error> fatal(std::string_view code, std::string message) {
  return fail(code, std::move(message), Next::fatal);
}

// The longest run of whole lines from the start of `lines` that fits one record.
std::string_view first_part(std::string_view lines) {
  if (lines.size() <= kFrameLineBytesMax) return lines;
  const std::size_t end = lines.rfind('\n', kFrameLineBytesMax - 1);
  assert(end != lines.npos && "a line above kFrameLineBytesMax");
  return lines.substr(0, end + 1);
}

std::uint32_t count_lines(std::string_view lines) {
  std::uint32_t n = 0;
  for (std::size_t end = 0; (end = lines.find('\n', end)) != lines.npos; ++end) ++n;
  return n;
}

// With `more`, the first part of a frame that is continued: it covers no position.
std::string build_record(const FrameSpan& span, std::string_view lines, bool more, FrameHash& prev) {
  FrameHeader header;
  header.partition = span.partition;
  header.epoch = span.epoch;
  header.from = span.from;
  header.more = more;
  header.to = more ? span.from : span.to;
  header.prev = prev;
  header.fold = span.fold;
  header.n = count_lines(lines);
  std::string record;
  record.reserve(kFrameHeaderBytesMax + lines.size());
  codec::write(header, record);
  record += lines;
  prev = hash_record(record);
  return record;
}

}  // namespace

FrameHash hash_record(std::string_view record_value) {
  FrameHash hash;
  blake2b_pieces(record_value, hash.bytes);
  return hash;
}

std::vector<std::string> build_frame(const FrameSpan& span, std::string_view lines, FrameHash& prev) {
  assert(lines.empty() || lines.back() == '\n');
  std::vector<std::string> records;
  do {
    const std::string_view part = first_part(lines);
    lines.remove_prefix(part.size());
    records.push_back(build_record(span, part, !lines.empty(), prev));
  } while (!lines.empty());
  return records;
}

std::optional<std::string> cut_frame(const FrameSpan& span, std::string& lines, FrameHash& prev) {
  const std::string_view part = first_part(lines);
  if (part.size() == lines.size()) return std::nullopt;
  std::string record = build_record(span, part, true, prev);
  lines.erase(0, part.size());
  return record;
}

std::string build_fence(const Fence& fence) {
  std::string record;
  codec::write(fence, record);
  return record;
}

Result<FrameVerdict> FrameReader::read(std::string_view value) {
  const std::size_t end = std::min(value.find('\n'), value.size());
  const std::size_t header_bytes = std::min(end + 1, value.size());
  if (end <= kFrameHeaderBytesMax) {
    std::string line(value.substr(0, end));
    if (const auto header = codec::parse_frame_header(MutableLine{line.data(), line.size()})) {
      return read_frame(*header, value, header_bytes);
    }
    line = value.substr(0, end);  // parsing has changed it
    if (const auto fence = codec::parse_fence(MutableLine{line.data(), line.size()})) {
      if (header_bytes == value.size()) return read_fence(*fence);
    }
  }
  return fatal("frame_malformed", "the record after position " + std::to_string(number(position_.to)) +
                                      " of epoch " + std::to_string(number(position_.epoch)) +
                                      " starts with neither a frame nor a fence");
}

Result<FrameVerdict> FrameReader::read_fence(const Fence& fence) {
  // The first fence of an epoch counts; who lost it takes the next.
  if (fence.epoch <= position_.epoch) return FrameVerdict::ignore;
  position_.epoch = fence.epoch;
  position_.owner = fence.owner;
  held_.reset();
  return FrameVerdict::fence;
}

Result<FrameVerdict> FrameReader::read_frame(const FrameHeader& header, std::string_view value,
                                             std::size_t header_bytes) {
  if (header.epoch < position_.epoch) return FrameVerdict::ignore;
  const FramePosition& at = held_ ? *held_ : position_;
  if (header.epoch > at.epoch) {
    return fatal("frame_gap", place(header, at) + ": the fence of its epoch is missing");
  }
  const FrameHash hash = hash_record(value);
  if (is_recent(hash)) return FrameVerdict::ignore;

  const std::string_view lines = value.substr(header_bytes);
  const std::uint32_t n = count_lines(lines);
  if (header.to < header.from || (header.more && header.to != header.from) || n != header.n ||
      value.back() != '\n') {
    return fatal("frame_malformed",
                 place(header, at) + ": its header does not fit its " + std::to_string(n) + " lines");
  }
  if (header.from > at.to) return fatal("frame_gap", place(header, at) + ": the inputs between are missing");
  if (header.from < remembered_from_ && header.to <= remembered_from_) return FrameVerdict::ignore;
  if (header.from < at.to)
    return fatal("frame_overlap", place(header, at) + ": it covers inputs already covered");
  if (header.prev != at.prev) {
    return fatal("frame_hash", place(header, at) + ": it follows record " + to_text(header.prev) + ", not " +
                                   to_text(at.prev));
  }

  FramePosition next = at;
  next.to = header.to;
  next.prev = hash;
  remember(next);
  if (header.more) {
    held_ = next;
    return FrameVerdict::hold;
  }
  position_ = next;
  held_.reset();
  return FrameVerdict::accept;
}

bool FrameReader::is_recent(const FrameHash& hash) const {
  // After a restart the position knows the last one.
  return hash == position_.prev ||
         std::any_of(recent_.begin(), recent_.end(), [&](const Recent& r) { return r.hash == hash; });
}

void FrameReader::remember(const FramePosition& after) {
  Recent& oldest = recent_[recent_next_++ % kRecentMax];
  remembered_from_ = std::max(remembered_from_, oldest.to);
  oldest = {after.prev, after.to};
}

}  // namespace paytick
