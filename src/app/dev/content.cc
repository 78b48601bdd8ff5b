#include "app/dev/content.h"

#include "app/json.h"
#include "chain/http_client.h"

namespace paytick::app::dev {

Result<std::string> create_content(const ContentOrder& order) {
  JsonObject json;
  json.add("title", order.title);
  json.add("creator", "Demo creator");
  json.add("description", "Made by paytick");
  json.add("thumbnailUrl", "");
  json.add("duration", std::int64_t{3'600});
  json.add("creatorWallet", order.creator);
  json.begin("plan");
  json.add("tickMs", order.tick_ms);
  json.add("pricePerTick", order.price.units());
  json.add("heartbeatMs", order.tick_ms * order.ticks_per_heartbeat);
  json.add("minimumTicks", std::int64_t{order.minimum_ticks});
  json.add("platformBps", std::int64_t{order.platform_bps});
  json.add("refundUnused", true);
  json.end();
  auto client = chain::HttpClient::create(order.listen + "/api/content", {.bearer = order.platform_api_key});
  if (!client) return tl::unexpected(client.error());
  const auto answer = client->post(json.text());
  if (!answer) return tl::unexpected(answer.error());
  const auto members = read_string_members(answer->body);
  if (answer->status != 201 || !members || !members->contains("id"))
    return fail("content", "creating content failed: " + answer->body);
  return members->at("id");
}

}  // namespace paytick::app::dev
