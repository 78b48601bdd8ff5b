#pragma once
// A TLS handshake: what a connection is before it is an HttpSession.

#include <memory>

#include "ingest/server/lane.h"
#include "ingest/server/link.h"
#include "ingest/server/timer_wheel.h"
#include "ingest/server/visitors.h"

namespace paytick::ingest::server {

class TlsSession : public Timed, public Greeter, public std::enable_shared_from_this<TlsSession> {
 public:
  TlsSession(Lane& lane, Link link, Address from, Visitors::Visit visit);
  ~TlsSession() override;

  void run();
  void give_way() override { end(); }

 private:
  bool on_deadline() override;
  void on_handshake(ErrorCode error);
  void end();

  Lane& lane_;
  Link link_;
  const Address from_;
  Visitors::Visit visit_;
  bool ended_ = false;
};

}  // namespace paytick::ingest::server
