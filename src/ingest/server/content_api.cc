// The catalogue's endpoints: /api/content and, under the name of the first draft, /api/videos.

#include <charconv>
#include <utility>

#include "ingest/errors.h"
#include "ingest/protocol_content.h"
#include "ingest/server/http_session.h"

namespace paytick::ingest::server {
namespace {

Result<std::size_t> page_limit(std::string_view query) {
  const auto text = query_param(query, "limit");
  if (!text) return kPageItemsDefault;
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (parsed.ec != std::errc{} || parsed.ptr != text->data() + text->size() || limit == 0 ||
      limit > kPageItemsMax) {
    return fail(code::kBadField, "limit is a number from 1 to " + std::to_string(kPageItemsMax) + ".");
  }
  return limit;
}

}  // namespace

void HttpSession::dispatch_content(HttpRequest& request) {
  // "/api/content", "/api/content/<id>" or "/api/content/<id>/close"
  const std::size_t root = std::string_view("/api/content").size() - (request.path[5] == 'v' ? 1 : 0);
  const std::string_view rest = std::string_view(request.path).substr(root);
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  if (rest.empty()) {
    if (post) return create_content(request);
    if (!get) return refuse({std::string(code::kMethodNotAllowed), "Use GET or POST."});
    const auto limit = page_limit(request.query);
    if (!limit) return refuse(limit.error());
    const Catalog& catalog = lane_.parts().catalog;
    const auto page = catalog.page(query_param(request.query, "cursor").value_or(""), *limit);
    if (!page) return refuse(page.error());
    return respond(
        {200, render_content_list(page->items, page->next, *catalog.views()), "application/json", 0});
  }
  const std::string_view tail = rest.substr(1);
  if (tail.ends_with("/close")) {
    if (!post) return refuse({std::string(code::kMethodNotAllowed), "Use POST."});
    return close_content(std::string(tail.substr(0, tail.size() - 6)));
  }
  if (!get) return refuse({std::string(code::kMethodNotAllowed), "Use GET."});
  const auto id = parse_id<ContentId>(tail);
  const auto content = id ? lane_.parts().catalog.find(*id) : nullptr;
  if (!content) return refuse({std::string(code::kUnknownContent), "There is no content with this id."});
  respond({200, render_content(*content, lane_.parts().catalog.views()->of(*id)), "application/json", 0});
}

void HttpSession::create_content(HttpRequest& request) {
  if (lane_.parts().catalog.size() >= kCatalogItemsMax) {
    return refuse({std::string(code::kCatalogFull), "The catalogue holds as much as it can."});
  }
  const bool creator = who_.role == Role::creator;
  const std::uint16_t share = lane_.parts().creators_bps;
  auto content =
      parse_content_request({request.body.data(), request.body.size()}, creator ? share : std::uint16_t{0});
  if (!content) return refuse(content.error());
  if (creator) {
    if (auto own = require_creator(who_, content->creator_wallet); !own) return refuse(own.error());
    if (auto fine = check_creators_share(content->plan, share); !fine) return refuse(fine.error());
  }
  content->id = lane_.parts().shared.random.id<ContentId>();
  content->platform = who_.platform;
  content->created_at = lane_.now();
  lane_.core().add_record(catalog_record(*content, lane_.now()));
  lane_.core().when_written(
      [self = shared_from_this(), content = std::move(*content)](const AppendResult& result) {
        if (!result) return self->refuse(append_error(result.error()));
        std::string view = render_content(content);
        self->lane_.parts().catalog.apply(content);
        self->respond({201, std::move(view), "application/json", 0});
      });
  lane_.kick();
}

// Closes a content: nothing new is opened, and the sessions of every partition halt.
void HttpSession::close_content(const std::string& id_text) {
  const auto id = parse_id<ContentId>(id_text);
  const auto known = id ? lane_.parts().catalog.find(*id) : nullptr;
  if (!known) return refuse({std::string(code::kUnknownContent), "There is no content with this id."});
  // Its platform closes it, or the creator who created it himself.
  const bool own = who_.role == Role::creator
                       ? known->platform.is_zero() && who_.is_creator(known->creator_wallet)
                       : known->platform == who_.platform;
  if (!own) return refuse({std::string(code::kForbidden), "This content belongs to somebody else."});
  Content content = *known;
  content.closed = true;
  lane_.core().add_record(catalog_record(content, lane_.now()));
  for (std::uint32_t p = 0; p < lane_.core().partitions(); ++p) {
    lane_.core().add_line(PartitionId{p}, ContentClosed{content.id});
  }
  lane_.core().when_written(
      [self = shared_from_this(), content = std::move(content)](const AppendResult& result) {
        if (!result) return self->refuse(append_error(result.error()));
        std::string view = render_content(content);
        self->lane_.parts().catalog.apply(content);
        self->respond({200, std::move(view), "application/json", 0});
      });
  lane_.kick();
}

}  // namespace paytick::ingest::server
