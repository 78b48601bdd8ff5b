#include "ingest/http_routes.h"

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

void HttpRoutes::add(std::string method, std::string_view pattern, RunOn where, HttpHandler handler) {
  routes_.push_back({std::move(method), split(pattern), where, std::move(handler)});
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
    result.handler = &route.handler;
    result.where = route.where;
    result.params = std::move(*params);
    return result;
  }
  return result;
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
