#pragma once
// The frames that nearly every message on a socket is (RFC 6455 §5): whole, masked, not fragmented, plain
// ASCII, of less than 64 KiB, in the shortest form of its length; and pings and pongs. They are taken and
// written here without a stream's state; all others, and whatever is wrong, are left to Beast. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paytick::ingest::server {

struct WholeFrame {
  enum class Kind : std::uint8_t { text, ping, pong };
  Kind kind = Kind::text;
  char* payload = nullptr;  // unmasked, where it lay
  std::size_t size = 0;
  std::size_t frame_size = 0;  // with its header
};

// The frame that `data` begins with. Nothing, and the bytes as they were, when it is not one of those above.
std::optional<WholeFrame> take_whole_frame(char* data, std::size_t size);

// Appends a server's frame: not masked. A pong's payload has at most 125 bytes.
void append_text_frame(std::string_view text, std::string& out);
void append_ping_frame(std::string& out);
// `reason` has at most 123 bytes.
void append_close_frame(std::uint16_t code, std::string_view reason, std::string& out);
void append_pong_frame(std::string_view payload, std::string& out);

}  // namespace paytick::ingest::server
