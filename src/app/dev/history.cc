#include "app/dev/history.h"

#include <thread>

#include "chain/http_client.h"

namespace paytick::app::dev {

std::optional<rapidjson::Document> find_in_history(const DevFile& system, const Wanted& wanted) {
  auto client = chain::HttpClient::create(system.listen);
  if (!client) return std::nullopt;
  const auto answer = client->get("/api/account/history?meter=" + to_text(system.viewer_meter));
  if (!answer || answer->status != 200) return std::nullopt;
  rapidjson::Document page;
  page.Parse(answer->body.c_str());
  if (page.HasParseError() || !page.IsObject() || !page.HasMember("items")) return std::nullopt;
  for (const auto& item : page["items"].GetArray()) {
    if (!wanted(item)) continue;
    rapidjson::Document found;
    found.CopyFrom(item, found.GetAllocator());
    return found;
  }
  return std::nullopt;
}

std::optional<rapidjson::Document> wait_for_history(const DevFile& system, const Wanted& wanted,
                                                    std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto found = find_in_history(system, wanted)) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return std::nullopt;
}

}  // namespace paytick::app::dev
