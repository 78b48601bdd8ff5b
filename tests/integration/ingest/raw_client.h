#pragma once
// A connection on which a test says byte for byte what it wants, or nothing; also the few frames of a
// WebSocket that a test of half-open ones needs.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace paytick::ingest::testing {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();

  void send(std::string_view bytes);  // what the other side does not take is nobody's concern
  void end_sending();
  // All that was received up to and with `mark`; the rest waits for the next call. A failure, and what there
  // is, after ten seconds or the end.
  std::string read_until(std::string_view mark);
  // All that is received until the server closes; a failure if it does not within ten seconds.
  std::string read_all();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The request that opens a WebSocket at /ws; without its last line, the handshake does not end.
std::string handshake(bool whole = true);
// Frames of a client: final, masked with zeroes.
enum class Opcode : std::uint8_t { text = 1, pong = 10 };
std::string client_frame(Opcode opcode, std::string_view payload);
// Frames of a server.
inline constexpr std::string_view kPingFrame{"\x89\x00", 2};
inline constexpr std::string_view kTimeoutFrame{"\x88\x09\x03\xe9timeout", 11};  // close, 1001

}  // namespace paytick::ingest::testing
