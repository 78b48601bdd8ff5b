#include "ingest/server/tls_session.h"

#include <utility>

#include "ingest/server/http_session.h"

namespace paytick::ingest::server {

TlsSession::TlsSession(Lane& lane, Link link, Address from, Visitors::Visit visit)
    : lane_(lane), link_(std::move(link)), from_(std::move(from)), visit_(std::move(visit)) {
  ++lane_.parts().connections;
}

TlsSession::~TlsSession() { --lane_.parts().connections; }

void TlsSession::run() {
  lane_.enter(this);
  lane_.greet(*this);
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.header_s;
  lane_.wheel().add(shared_from_this());
  link_.async_handshake(
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_handshake(error); });
}

void TlsSession::on_handshake(ErrorCode error) {
  if (ended_) return;
  if (error) return end();
  ended_ = true;
  lane_.greeted(*this);
  lane_.leave(this);
  if (lane_.draining()) return link_.close();
  const std::shared_ptr<HttpSession> session(
      new HttpSession(lane_, std::move(link_), from_, std::move(visit_)));
  session->run();
}

bool TlsSession::on_deadline() {
  end();
  return false;
}

void TlsSession::end() {
  if (ended_) return;
  ended_ = true;
  link_.close();
  lane_.greeted(*this);
  lane_.leave(this);
}

}  // namespace paytick::ingest::server
