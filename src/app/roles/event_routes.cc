#include "app/roles/event_routes.h"

#include <charconv>

#include "app/json.h"
#include "projections/notices.h"

namespace paytick::app {
namespace {

ingest::HttpResponse refusal(unsigned status, std::string_view code, std::string_view message) {
  JsonObject json;
  json.begin("error");
  json.add("code", code);
  json.add("message", message);
  json.end();
  ingest::HttpResponse response;
  response.status = status;
  response.body = json.text();
  return response;
}

ingest::HttpResponse refusal(const Error& error) {
  return refusal(error.code == "unauthorized" ? 401 : 403, error.code, error.message);
}

Result<push::NoticeFilter> own(const ingest::Identity& who) {
  push::NoticeFilter filter;
  if (who.is_operator()) return filter;
  if (who.is_viewer()) {
    filter.account = who.account;
    return filter;
  }
  const auto platform = ingest::require_platform(who, ingest::Scope::read);
  if (!platform) return tl::unexpected(platform.error());
  filter.platform = *platform;
  return filter;
}

// ?types=halt,closed; nothing: one of them is no type.
std::optional<projections::NoticeTypes> types_of(const ingest::HttpRequest& request) {
  const auto text = ingest::query_param(request.query, "types");
  if (!text || text->empty()) return projections::kAllNoticeTypes;
  projections::NoticeTypes types = 0;
  for (std::size_t at = 0; at <= text->size();) {
    const std::size_t end = std::min(text->find(',', at), text->size());
    const auto type = projections::parse_notice_type(std::string_view(*text).substr(at, end - at));
    if (!type) return std::nullopt;
    types |= projections::bit_of(*type);
    at = end + 1;
  }
  return types;
}

// Browsers send Last-Event-ID when they come back; `?after=` is for the first time.
std::optional<std::string> place_of(const ingest::HttpRequest& request) {
  if (auto header = request.header("last-event-id"); !header.empty()) return header;
  return ingest::query_param(request.query, "after");
}

}  // namespace

EventRoutes::EventRoutes(const Config& config)
    : kept_(config.push.keep_minutes > 0),
      streams_(config.database.url, static_cast<std::size_t>(config.push.streams_max)) {}

void EventRoutes::add(ingest::HttpRoutes& routes) {
  routes.add_stream("GET", "/v1/events",
                    [this](const ingest::HttpRequest& request,
                           const std::shared_ptr<ingest::EventStream>& stream) { open(request, stream); });
}

void EventRoutes::open(const ingest::HttpRequest& request,
                       const std::shared_ptr<ingest::EventStream>& stream) {
  auto filter = own(request.who);
  if (!filter) return stream->refuse(refusal(filter.error()));
  if (!kept_)
    return stream->refuse(
        refusal(404, "not_found", "event streams are switched off here (push.keep_minutes); use webhooks"));
  const auto types = types_of(request);
  if (!types)
    return stream->refuse(refusal(400, "bad_field", "types is a list of notices: types=halt,closed"));
  filter->types = *types;
  std::optional<std::int64_t> after;
  if (const auto place = place_of(request)) {
    const char* const end = place->data() + place->size();
    const auto [stopped, error] = std::from_chars(place->data(), end, after.emplace());
    if (error != std::errc{} || stopped != end || *after < 0)
      return stream->refuse(
          refusal(400, "bad_field", "Last-Event-ID is the id of an event, as it was given"));
  }
  if (streams_.add(stream, *filter, after)) return;
  auto full = refusal(503, "try_again", "there are too many event streams; come back in a while");
  full.retry_after_s = 5;
  stream->refuse(std::move(full));
}

void EventRoutes::add_metrics(metrics::Registry& metrics) {
  metrics.add([this](metrics::Page& page) {
    const auto status = streams_.status();
    page.set("paytick_event_streams", status.streams);
    page.set("paytick_event_stream_events_total", status.sent);
  });
}

}  // namespace paytick::app
