#pragma once
// A WebSocket: reads messages into the core, writes answers in order, asks whoever is silent with a ping, and
// closes on whoever does not answer that. Ends exactly once; the core writes the stop when closing begins.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "ingest/server/lane.h"
#include "ingest/server/net.h"
#include "ingest/server/timer_wheel.h"

namespace paytick::ingest::server {

class WsSession : public Timed, public std::enable_shared_from_this<WsSession> {
 public:
  WsSession(Lane& lane, Socket socket);
  ~WsSession() override;

  void run(const http::request<http::string_body>& upgrade);
  void send(std::string text);
  void drain();

 private:
  bool on_deadline() override;
  void read();
  void on_read(ErrorCode error);
  void write();
  void alive();
  void close(const char* reason);
  void end();

  Lane& lane_;
  WebSocket ws_;
  beast::flat_buffer buffer_;
  std::deque<std::string> out_;
  std::size_t out_bytes_ = 0;
  ConnId conn_{};
  bool joined_ = false, ended_ = false, pinged_ = false, closing_ = false;
};

}  // namespace paytick::ingest::server
