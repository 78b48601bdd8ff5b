#pragma once
// Routes that other parts add to the gateway's HTTP server: health, metrics, history, earnings, payments,
// streams of events. The server knows paths, the handlers know answers; none of Beast shows here.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/auth/identity.h"

namespace paytick::ingest {

// The headers that a handler can ask for, beside Authorization; no others are kept. Lower case.
inline constexpr std::array<std::string_view, 8> kKeptHeaders{
    "idempotency-key",  "origin",       "host",   "last-event-id",
    "x-billing-secret", "content-type", "accept", "stripe-signature"};

struct HttpRequest {
  std::string method;         // "GET"
  std::string path;           // without the query
  std::string query;          // after the '?', still encoded
  std::string authorization;  // the header, or empty
  std::string body;
  std::vector<std::string> params = {};  // what the pattern's :names matched, decoded, in order
  Identity who = {};                     // by its credential; nobody when there is none, or no good one
  std::vector<std::pair<std::string_view, std::string>> headers = {};  // names of kKeptHeaders
  std::string peer = {};  // the client's address, "192.0.2.1" or "2001:db8::1"

  // Of one of kKeptHeaders, the first if it was sent twice; empty if it was not sent.
  std::string header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  unsigned retry_after_s = 0;                                     // 0: no Retry-After
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

// Must not throw. Where it runs, the route says.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

enum class RunOn : unsigned char {
  loop,  // on the event loop: must answer from memory, at once
  pool   // on a worker: may ask a database
};

// The way back for an answer that is made later. Copies are the same way: the first answer counts, any
// thread may give it, and it may come when the connection or the gateway is gone. When the last copy goes
// without having answered, the client is told "internal".
class Respond {
 public:
  explicit Respond(std::function<void(HttpResponse)> deliver);
  void operator()(HttpResponse response) const;

 private:
  struct Once;
  std::shared_ptr<Once> once_;
};

// Runs on the event loop; must return at once and not throw. What has not been answered in 15 seconds is
// answered 503 "try_again".
using AsyncHandler = std::function<void(const HttpRequest&, Respond)>;

// Server-Sent Events to one client. Any thread. The client is closed, with an event "close" that says why,
// when it does not read what it is sent ("slow"), and when the gateway stops ("draining").
class EventStream {
 public:
  // Of events that wait for one client to read them.
  static constexpr std::size_t kUnsentBytesMax = 64 * 1024;

  virtual ~EventStream() = default;
  // Whole events, as render_event() writes them. False: closed, and nothing will be sent any more.
  virtual bool send(std::string_view events) = 0;
  virtual bool closed() const = 0;
  virtual void close(std::string_view reason) = 0;
  // Called once, on whichever thread finds out that the stream is closed, or at once if it is.
  virtual void on_close(std::function<void()> told) = 0;
  // Answers like any other request instead. Before the handler returns, and before anything is sent.
  virtual void refuse(HttpResponse response) = 0;
};

// Runs on the event loop; must return at once and not throw. Whoever keeps the stream sends to it.
using StreamHandler = std::function<void(const HttpRequest&, std::shared_ptr<EventStream>)>;

// "event: <name>", "id: <id>" if there is one, "data: <line>" for each line of `data`, and an empty line.
// `name` and `id` have no line breaks.
std::string render_event(std::string_view name, std::string_view data, std::string_view id = {});

class HttpRoutes {
 public:
  // `pattern` is a path whose segments are fixed or ":name": "/api/creators/:wallet/earnings".
  void add(std::string method, std::string_view pattern, RunOn where, HttpHandler handler);
  void add_async(std::string method, std::string_view pattern, AsyncHandler handler);
  void add_stream(std::string method, std::string_view pattern, StreamHandler handler);

  // Requests to this very path are logins, and counted as such (Limits::logins_per_address).
  void ration(std::string path) { rationed_.push_back(std::move(path)); }
  bool rationed(std::string_view path) const;

  struct Match {
    // At most one of them; none: no such path, or not with this method.
    const HttpHandler* handler = nullptr;
    const AsyncHandler* async = nullptr;
    const StreamHandler* stream = nullptr;
    RunOn where = RunOn::loop;
    bool path_known = false;
    std::vector<std::string> params;
  };
  Match find(std::string_view method, std::string_view path) const;
  // "GET /api/creators/:wallet/earnings", in the order in which they were added.
  std::vector<std::string> list() const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    RunOn where = RunOn::loop;
    HttpHandler handler = nullptr;  // one of the three
    AsyncHandler async = nullptr;
    StreamHandler stream = nullptr;
  };
  void add(std::string_view pattern, Route route);
  std::vector<Route> routes_;
  std::vector<std::string> rationed_;
};

// The decoded value of a query's parameter; nothing when it is absent or wrongly encoded.
std::optional<std::string> query_param(std::string_view query, std::string_view name);
// %41 → A; '+' stays. Nothing when it is wrongly encoded or holds a zero byte.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace paytick::ingest
