#pragma once
// A WebSocket: reads messages into the core, writes answers in order, asks whoever is silent with a ping, and
// closes on whoever does not answer that. Ends exactly once; the core writes the stop when closing begins.
//
// Beast speaks the handshakes and reads whatever is out of the ordinary. An ordinary frame (ws_frames.h) is
// taken out of the lane's buffer at once: until a connection sends another kind it holds no buffer and no
// operation of Beast's, only a wait for the socket to be readable.

#include <cstdint>
#include <memory>
#include <string_view>

#include "ingest/server/lane.h"
#include "ingest/server/net.h"
#include "ingest/server/timer_wheel.h"
#include "ingest/server/visitors.h"
#include "ingest/server/wire.h"

namespace paytick::ingest::server {

class WsSession : public Timed, public std::enable_shared_from_this<WsSession> {
 public:
  WsSession(Lane& lane, Link link, Visitors::Visit visit, Visitor visitor);
  ~WsSession() override;

  // The upgrade request need not outlive the call.
  void run(const http::request<http::string_body>& upgrade);
  void send(std::string_view text);
  void drain();

 private:
  bool on_deadline() override;
  void wait();
  void on_readable(ErrorCode error);
  bool take(char* data, std::size_t size);
  void message(char* text, std::size_t size);
  void read();
  void on_read(ErrorCode error);
  void alive();
  bool spend(std::size_t bytes);
  void close(const char* reason);
  void cut_off(const char* reason);
  void leave();
  void end();

  Lane& lane_;
  websocket::stream<Wire, false> ws_;
  std::unique_ptr<beast::flat_buffer> buffer_;  // once Beast reads the messages
  const Visitors::Visit visit_;
  ConnId conn_{};
  std::unique_ptr<Visitor> visitor_;                  // until the core knows
  std::uint32_t frames_milli_ = 0, refilled_ms_ = 0;  // of what it may send, in thousandths of a frame
  std::int32_t spoke_s_ = 0;                          // the last message, either way
  bool joined_ = false, ended_ = false, pinged_ = false, closing_ = false;
};

}  // namespace paytick::ingest::server
