#include "ingest/server/ws_frames.h"

#include <cstring>

namespace paytick::ingest::server {
namespace {

constexpr unsigned char kFinal = 0x80, kText = 1, kClose = 8, kPing = 9, kPong = 10;
constexpr unsigned char kMasked = 0x80;
constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kShortMax = 125;  // in seven bits; 126 says that two bytes follow
constexpr unsigned char kTwoBytes = 126;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

// Gives the bits that any of the bytes has set, unmasked.
std::uint64_t unmask(char* data, std::size_t size, std::uint64_t mask) {
  std::uint64_t seen = 0, word = 0;
  std::size_t i = 0;
  for (; i + sizeof word <= size; i += sizeof word) {
    std::memcpy(&word, data + i, sizeof word);
    word ^= mask;
    seen |= word;
    std::memcpy(data + i, &word, sizeof word);
  }
  if (i == size) return seen;
  word = 0;
  std::memcpy(&word, data + i, size - i);
  word ^= mask;
  std::memcpy(data + i, &word, size - i);
  for (; i < size; ++i) seen |= byte(data[i]);
  return seen;
}

std::optional<WholeFrame::Kind> kind_of(unsigned char first) {
  switch (first) {
    case kFinal | kText:
      return WholeFrame::Kind::text;
    case kFinal | kPing:
      return WholeFrame::Kind::ping;
    case kFinal | kPong:
      return WholeFrame::Kind::pong;
    default:
      return std::nullopt;
  }
}

void append_header(unsigned char opcode, std::size_t size, std::string& out) {
  out += static_cast<char>(kFinal | opcode);
  if (size <= kShortMax) {
    out += static_cast<char>(size);
    return;
  }
  const bool two = size <= 0xffff;
  out += static_cast<char>(two ? kTwoBytes : kTwoBytes + 1);
  for (int shift = two ? 8 : 56; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xff);
}

}  // namespace

std::optional<WholeFrame> take_whole_frame(char* data, std::size_t size) {
  if (size < 2 + kMaskBytes) return std::nullopt;
  const auto kind = kind_of(byte(data[0]));
  if (!kind || (byte(data[1]) & kMasked) == 0) return std::nullopt;
  std::size_t header = 2, payload = byte(data[1]) & ~kMasked;
  if (payload == kTwoBytes && *kind == WholeFrame::Kind::text) {
    header = 4;
    payload = std::size_t{byte(data[2])} << 8 | byte(data[3]);
    if (payload <= kShortMax) return std::nullopt;
  } else if (payload > kShortMax) {
    return std::nullopt;
  }
  header += kMaskBytes;
  if (size < header + payload) return std::nullopt;
  std::uint32_t key = 0;
  std::memcpy(&key, data + header - kMaskBytes, kMaskBytes);
  const std::uint64_t mask = std::uint64_t{key} << 32 | key;
  const std::uint64_t seen = unmask(data + header, payload, mask);
  if (*kind == WholeFrame::Kind::text && (seen & kHighBits) != 0) {
    unmask(data + header, payload, mask);
    return std::nullopt;
  }
  return WholeFrame{*kind, data + header, payload, header + payload};
}

void append_text_frame(std::string_view text, std::string& out) {
  append_header(kText, text.size(), out);
  out += text;
}

void append_ping_frame(std::string& out) { append_header(kPing, 0, out); }

void append_close_frame(std::uint16_t code, std::string_view reason, std::string& out) {
  append_header(kClose, 2 + reason.size(), out);
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xff);
  out += reason;
}

void append_pong_frame(std::string_view payload, std::string& out) {
  append_header(kPong, payload.size(), out);
  out += payload;
}

}  // namespace paytick::ingest::server
