#pragma once
// Routes that other parts add to the gateway's HTTP server: health, metrics, history, earnings. The server
// knows paths, the handlers know answers; none of Beast shows here.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/auth/identity.h"

namespace paytick::ingest {

struct HttpRequest {
  std::string method;         // "GET"
  std::string path;           // without the query
  std::string query;          // after the '?', still encoded
  std::string authorization;  // the header, or empty
  std::string body;
  std::vector<std::string> params;  // what the pattern's :names matched, decoded, in order
  Identity who;                     // by its credential; nobody when there is none, or no good one
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  unsigned retry_after_s = 0;  // 0: no Retry-After
};

// Must not throw. Where it runs, the route says.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

enum class RunOn : unsigned char {
  loop,  // on the event loop: must answer from memory, at once
  pool   // on a worker: may ask a database
};

class HttpRoutes {
 public:
  // `pattern` is a path whose segments are fixed or ":name": "/api/creators/:wallet/earnings".
  void add(std::string method, std::string_view pattern, RunOn where, HttpHandler handler);

  struct Match {
    const HttpHandler* handler = nullptr;  // null: no such path, or not with this method
    RunOn where = RunOn::loop;
    bool path_known = false;
    std::vector<std::string> params;
  };
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    RunOn where;
    HttpHandler handler;
  };
  std::vector<Route> routes_;
};

// The decoded value of a query's parameter; nothing when it is absent or wrongly encoded.
std::optional<std::string> query_param(std::string_view query, std::string_view name);
// %41 → A; '+' stays. Nothing when it is wrongly encoded or holds a zero byte.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace paytick::ingest
