#include "ingest/server/http_session.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "ingest/auth/socket_credential.h"
#include "ingest/errors.h"
#include "ingest/protocol_batch.h"
#include "ingest/protocol_content.h"
#include "ingest/server/ws_session.h"

namespace paytick::ingest::server {
namespace {

constexpr std::uint32_t kHeaderBytesMax = 8 * 1024;
constexpr std::size_t kBufferBytesMax = 64 * 1024;

constexpr std::string_view kBatchPath = "/v1/heartbeats";

std::string_view view(beast::string_view s) { return {s.data(), s.size()}; }

bool is_content_path(std::string_view path) {
  return path == "/api/content" || path == "/api/videos" || path.starts_with("/api/content/") ||
         path.starts_with("/api/videos/");
}

// To whom newer ones were preferred.
constexpr std::string_view kGiveWay =
    "HTTP/1.1 503 Service Unavailable\r\nServer: paytick\r\nContent-Type: application/json\r\n"
    "Retry-After: 1\r\nConnection: close\r\nContent-Length: 81\r\n\r\n"
    R"({"error":{"code":"try_again","message":"Too many connections wait for nothing."}})";

Result<void> may_send(const Identity& who) {
  const auto platform = require_platform(who, Scope::ingest);
  return platform ? Result<void>() : tl::unexpected(platform.error());
}

// A platform, or a creator for himself.
Result<void> may_create(const Identity& who) {
  if (who.role == Role::creator) return {};
  const auto platform = require_platform(who, Scope::catalogue);
  return platform ? Result<void>() : tl::unexpected(platform.error());
}

template <typename Fields>
bool is_forwarded(const Fields& fields) {
  for (const auto& field : fields) {
    const auto name = field.name_string();
    if (beast::iequals(name, "forwarded") || beast::iequals(name, "via") ||
        beast::iequals(name, "x-real-ip") ||
        (name.size() > 12 && beast::iequals(name.substr(0, 12), "x-forwarded-"))) {
      return true;
    }
  }
  return false;
}

}  // namespace

HttpSession::HttpSession(Lane& lane, Link link, Address from, Visitors::Visit visit)
    : lane_(lane),
      link_(std::move(link)),
      from_(std::move(from)),
      peer_(from_),
      visit_(std::move(visit)),
      buffer_(kBufferBytesMax) {
  ++lane_.parts().connections;
}

HttpSession::~HttpSession() {
  lane_.parts().visitors.release(reserved_);
  --lane_.parts().connections;
}

void HttpSession::run() {
  lane_.enter(this);
  lane_.greet(*this);
  if (ended_) return;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.header_s;
  lane_.wheel().add(shared_from_this());
  read_header();
}

bool HttpSession::on_deadline() {
  if (ended_ || moved_) return false;
  // A request that has begun: slow on purpose or by accident. Say so, once, then close.
  const bool begun = state_ == State::idle && (parser_->got_some() || buffer_.size() > 0);
  if ((state_ == State::reading && !close_after_) || begun) {
    link_.cancel();  // the read under way owns the buffer that linger() will read into
    state_ = State::reading;
    close_after_ = true;
    refuse({std::string(code::kTimeout), "The request did not arrive in time.", Next::retry});
    return true;
  }
  if (state_ == State::working) {  // the log, or a database, does not answer
    close_after_ = true;
    refuse({std::string(code::kTryAgain), "The answer takes too long; send the same again.", Next::retry});
    return true;
  }
  end();
  return false;
}

void HttpSession::read_header() {
  state_ = State::idle;
  lane_.parts().visitors.release(std::exchange(reserved_, 0));
  parser_.emplace();
  parser_->header_limit(kHeaderBytesMax);
  parser_->body_limit(kBatchBytesMax);
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.header_s;
  http::async_read_header(
      link_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_header(error); });
}

std::string HttpSession::header(http::field name) const { return std::string(view(parser_->get()[name])); }

void HttpSession::on_header(ErrorCode error) {
  if (ended_ || state_ != State::idle) return;
  if (error == http::error::end_of_stream || error == asio::error::operation_aborted) return end();
  if (error && error.category() != http::make_error_code(http::error::end_of_stream).category()) return end();
  state_ = State::reading;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.body_s;
  if (error) {
    close_after_ = true;
    if (error == http::error::header_limit) {
      return refuse({std::string(code::kTooLarge), "The request's header is too large."});
    }
    if (error == http::error::body_limit)
      return refuse({std::string(code::kTooLarge), "The body is too large."});
    return refuse({std::string(code::kBadRequest), "This is not an HTTP/1.1 request."});
  }
  if (auto allowed = check_header(); !allowed) {
    close_after_ = true;  // the body has not been read
    return refuse(allowed.error());
  }
  if (websocket::is_upgrade(parser_->get()) && (path_ == "/" || path_ == "/ws")) return upgrade();
  parser_->body_limit(body_limit());
  if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(link_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = shared_from_this()](ErrorCode failed, std::size_t) {
                        if (failed) return self->end();
                        self->read_body();
                      });
    return;
  }
  read_body();
}

// What can be refused before the body is there.
Result<void> HttpSession::check_header() {
  const auto& request = parser_->get();
  const std::string_view target = view(request.target());
  const auto mark = target.find('?');
  path_ = target.substr(0, mark);
  query_ = mark == target.npos ? std::string_view{} : target.substr(mark + 1);
  origin_.clear();
  const AccessPolicy& policy = lane_.parts().policy;
  const std::string_view origin = view(request[http::field::origin]);
  auto allowed = check_request(policy, {view(request[http::field::host]), origin, is_forwarded(request)});
  if (!allowed) return allowed;
  if (!origin.empty()) origin_ = origin;
  if (allowed = check_rates(); !allowed) return allowed;
  if (path_ == kBatchPath || (is_content_path(path_) && request.method() == http::verb::post)) {
    if (request.method() == http::verb::options) return {};
    auto may = path_ == kBatchPath ? may_send(who_) : may_create(who_);
    if (!may) return may;
  }
  return check_length();
}

// Whose request it is, and whether they ask too often. A signature is not looked at for those who do.
Result<void> HttpSession::check_rates() {
  const auto& request = parser_->get();
  Visitors& visitors = lane_.parts().visitors;
  std::string forwarded_for;
  const auto [first, end] = request.equal_range("X-Forwarded-For");
  for (auto it = first; it != end; ++it) forwarded_for.append(",").append(view(it->value()));
  peer_ = visitors.client_of(from_, forwarded_for);
  const TimeMs now = lane_.now();
  const std::string_view authorization = view(request[http::field::authorization]);
  const auto token = websocket::is_upgrade(request)
                         ? socket_credential(query_, view(request[http::field::sec_websocket_protocol]))
                         : std::nullopt;
  const bool costly = token || authorization.find('.') != authorization.npos;
  if (costly)
    if (auto may = visitors.ask(peer_, now); !may) return may;
  const Authenticator& authenticator = lane_.parts().auth.authenticator;
  who_ = token ? authenticator.identify_token(*token) : authenticator.identify(authorization, query_);
  if (token && !who_.is_viewer()) return fail(code::kUnauthorized, "This token is no viewer's, or too old.");
  if (!costly && who_.role != Role::platform && who_.role != Role::operator_)
    if (auto may = visitors.ask(peer_, now); !may) return may;
  if (auto may = visitors.ask(who_, now); !may) return may;
  if (request.method() != http::verb::options && lane_.parts().routes.rationed(path_))
    return visitors.log_in(peer_, now);
  return {};
}

std::uint64_t HttpSession::body_limit() const {
  if (path_ == kBatchPath) return kBatchBytesMax;
  if (is_content_path(path_)) return kContentBytesMax;
  return static_cast<std::uint64_t>(lane_.parts().visitors.limits().body_bytes);
}

Result<void> HttpSession::check_length() {
  const auto length = parser_->content_length();
  if (length && *length > body_limit())
    return fail(code::kTooLarge, "The body may have " + std::to_string(body_limit()) + " bytes at most.");
  const auto most = static_cast<std::int64_t>(length ? *length : parser_->chunked() ? body_limit() : 0);
  if (!lane_.parts().visitors.reserve(most))
    return fail(code::kTryAgain, "Too many bodies are on their way; send the same again.", Next::retry);
  reserved_ = most;
  return {};
}

// A connection that stays, of somebody behind a proxy, counts as theirs.
Result<void> HttpSession::settle_in() {
  if (!lane_.parts().visitors.is_proxy(from_)) return {};
  auto visit = lane_.parts().visitors.arrive_forwarded(peer_);
  if (!visit) return tl::unexpected(std::move(visit.error()));
  visit_ = std::move(*visit);
  return {};
}

void HttpSession::read_body() {
  http::async_read(link_, buffer_, *parser_,
                   [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_body(error); });
}

void HttpSession::on_body(ErrorCode error) {
  if (ended_ || state_ != State::reading) return;
  if (error == http::error::body_limit) {
    close_after_ = true;
    return refuse({std::string(code::kTooLarge), "The body is too large."});
  }
  if (error && error.category() == http::make_error_code(http::error::end_of_stream).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    close_after_ = true;
    return refuse({std::string(code::kBadRequest), "The request's body is not what its header says."});
  }
  if (error) return end();
  greeted();
  state_ = State::working;
  deadline_s = lane_.wheel().now_s() + lane_.parts().timeouts.work_s;
  dispatch();
}

void HttpSession::dispatch() {
  Request& request = parser_->get();
  if (request.method() == http::verb::options) return respond({204, {}, {}, 0});
  if (path_ == kBatchPath) {
    if (request.method() != http::verb::post) {
      return refuse({std::string(code::kMethodNotAllowed), "Heartbeats are sent with POST."});
    }
    const Platform platform{who_.platform, who_.scopes.has(Scope::backfill)};
    return lane_.begin_batch(shared_from_this(), platform, std::move(request.body()));
  }
  HttpRequest plain;
  plain.method = view(request.method_string());
  plain.path = path_;
  plain.query = query_;
  plain.authorization = header(http::field::authorization);
  plain.body = std::move(request.body());
  for (const std::string_view name : kKeptHeaders) {
    const auto found = request.find(name);
    if (found != request.end()) plain.headers.emplace_back(name, view(found->value()));
  }
  plain.peer = peer_.to_string();
  plain.who = who_;
  if (is_content_path(path_)) return dispatch_content(plain);
  dispatch_route(std::move(plain));
}

void HttpSession::greeted() {
  lane_.greeted(*this);
  visit_.greeted();
}

void HttpSession::give_way() {
  if (state_ == State::idle || state_ == State::reading) link_.write(kGiveWay);
  end();
}

void HttpSession::upgrade() {
  if (auto settled = settle_in(); !settled) return refuse(settled.error());
  greeted();
  moved_ = true;
  Visitor visitor{who_, peer_.to_string()};
  const std::shared_ptr<WsSession> socket(
      new WsSession(lane_, std::move(link_), std::move(visit_), std::move(visitor)));
  const auto request = parser_->release();
  lane_.leave(this);
  socket->run(request);
}

void HttpSession::drain() {
  if (state_ == State::idle) {
    end();
  } else {
    close_after_ = true;
  }
}

void HttpSession::end() {
  if (ended_ || moved_) return;
  ended_ = true;
  link_.close();
  lane_.greeted(*this);
  lane_.leave(this);
  lane_.let_go(shared_from_this());
}

}  // namespace paytick::ingest::server
