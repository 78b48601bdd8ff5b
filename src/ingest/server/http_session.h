#pragma once
// An HTTP connection: one request after the other, checked before its body is read; becomes a WsSession on an
// upgrade.

#include <memory>
#include <optional>
#include <string>

#include "ingest/http_routes.h"
#include "ingest/server/lane.h"
#include "ingest/server/link.h"
#include "ingest/server/net.h"
#include "ingest/server/timer_wheel.h"
#include "ingest/server/visitors.h"

namespace paytick::ingest::server {

class HttpSession : public Timed, public Greeter, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Lane& lane, Link link, Address from, Visitors::Visit visit);
  ~HttpSession() override;

  void run();
  void give_way() override;
  void drain();  // ends now if it is idle, else after the answer

  // Exactly one of them for each request, on the lane's thread.
  void respond(HttpResponse response);
  void refuse(const Error& error);

 private:
  using Request = http::request<http::string_body>;

  bool on_deadline() override;
  void read_header();
  void on_header(ErrorCode error);
  Result<void> check_header();
  Result<void> check_rates();
  Result<void> check_length();
  Result<void> settle_in();
  std::uint64_t body_limit() const;
  void read_body();
  void on_body(ErrorCode error);
  void dispatch();
  void dispatch_content(HttpRequest& request);
  void dispatch_route(HttpRequest request);
  void ask(const AsyncHandler& handler, const HttpRequest& request);
  void stream(const StreamHandler& handler, const HttpRequest& request);
  void create_content(HttpRequest& request);
  void close_content(const std::string& id);
  void write(HttpResponse response, bool close);
  void upgrade();
  void linger();
  void greeted();
  void end();
  std::string header(http::field name) const;
  void set_fields(http::fields& fields, const HttpResponse& answer) const;

  enum class State : unsigned char { idle, reading, working, writing, lingering };

  Lane& lane_;
  Link link_;
  const Address from_;  // who is connected
  Address peer_;        // whose request it is
  Visitors::Visit visit_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  Identity who_;
  std::string origin_;  // of the request, if its pages may read the answer
  std::string path_, query_;
  std::size_t lingered_ = 0;
  std::int64_t reserved_ = 0;  // of Limits::bodies_bytes
  State state_ = State::idle;
  bool close_after_ = false, ended_ = false, moved_ = false;
};

}  // namespace paytick::ingest::server
