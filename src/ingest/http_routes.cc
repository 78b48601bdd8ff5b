#include "ingest/http_routes.h"

#include <algorithm>
#include <atomic>
#include <charconv>

namespace paytick::ingest {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == path.npos) break;
    path.remove_prefix(slash);
  }
  return segments;
}

std::optional<std::vector<std::string>> match(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> params;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].starts_with(':')) {
      auto value = percent_decode(segments[i]);
      if (!value || value->empty()) return std::nullopt;
      params.push_back(std::move(*value));
    } else if (pattern[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return params;
}

}  // namespace

std::string HttpRequest::header(std::string_view name) const {
  const auto it = std::ranges::find(headers, name, &std::pair<std::string_view, std::string>::first);
  return it == headers.end() ? std::string() : it->second;
}

struct Respond::Once {
  explicit Once(std::function<void(HttpResponse)> way) : deliver(std::move(way)) {}
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;
  ~Once() {
    if (!answered) {
      deliver({500, R"({"error":{"code":"internal","message":"The request was not answered."}})",
               "application/json", 0});
    }
  }

  std::function<void(HttpResponse)> deliver;
  std::atomic<bool> answered{false};
};

Respond::Respond(std::function<void(HttpResponse)> deliver)
    : once_(std::make_shared<Once>(std::move(deliver))) {}

void Respond::operator()(HttpResponse response) const {
  if (!once_->answered.exchange(true)) once_->deliver(std::move(response));
}

std::string render_event(std::string_view name, std::string_view data, std::string_view id) {
  std::string out;
  out.reserve(name.size() + data.size() + id.size() + 32);
  out.append("event: ").append(name).append("\n");
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  for (;;) {
    const auto end = data.find('\n');
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.npos) break;
    data.remove_prefix(end + 1);
  }
  return out += '\n';
}

void HttpRoutes::add(std::string_view pattern, Route route) {
  route.segments = split(pattern);
  routes_.push_back(std::move(route));
}

void HttpRoutes::add(std::string method, std::string_view pattern, RunOn where, HttpHandler handler) {
  add(pattern, Route{std::move(method), {}, where, std::move(handler)});
}

void HttpRoutes::add_async(std::string method, std::string_view pattern, AsyncHandler handler) {
  add(pattern, Route{.method = std::move(method), .segments = {}, .async = std::move(handler)});
}

void HttpRoutes::add_stream(std::string method, std::string_view pattern, StreamHandler handler) {
  add(pattern, Route{.method = std::move(method), .segments = {}, .stream = std::move(handler)});
}

bool HttpRoutes::rationed(std::string_view path) const {
  return std::ranges::find(rationed_, path) != rationed_.end();
}

HttpRoutes::Match HttpRoutes::find(std::string_view method, std::string_view path) const {
  Match result;
  if (!path.starts_with('/')) return result;
  const auto segments = split(path);
  for (const Route& route : routes_) {
    auto params = match(route.segments, segments);
    if (!params) continue;
    result.path_known = true;
    if (route.method != method) continue;
    if (route.handler) result.handler = &route.handler;
    if (route.async) result.async = &route.async;
    if (route.stream) result.stream = &route.stream;
    result.where = route.where;
    result.params = std::move(*params);
    return result;
  }
  return result;
}

std::vector<std::string> HttpRoutes::list() const {
  std::vector<std::string> out;
  for (const Route& route : routes_) {
    std::string& line = out.emplace_back(route.method + " ");
    for (const std::string& segment : route.segments) line.append("/").append(segment);
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const digits = text.data() + i + 1;
    const auto parsed = std::from_chars(digits, digits + 2, value, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != digits + 2 || value == 0) return std::nullopt;
    out.push_back(static_cast<char>(value));
    i += 2;
  }
  return out;
}

std::optional<std::string> query_param(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return percent_decode(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1));
    }
    if (end == query.npos) break;
    query.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace paytick::ingest
