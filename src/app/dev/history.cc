#include "app/dev/history.h"

#include <rapidjson/document.h>

#include <thread>

#include "chain/http_client.h"

namespace paytick::app::dev {
namespace {

std::string text_of(const rapidjson::Value& item, const char* name) {
  return item.HasMember(name) && item[name].IsString() ? item[name].GetString() : "";
}

HistoryItem item_of(const rapidjson::Value& item) {
  HistoryItem out;
  out.kind = text_of(item, "kind");
  out.session = text_of(item, "session");
  out.amount = text_of(item, "amount");
  out.transaction = text_of(item, "transaction");
  if (item.HasMember("ticks") && item["ticks"].IsInt64()) out.ticks = item["ticks"].GetInt64();
  out.settled = item.HasMember("settled") && item["settled"].IsTrue();
  return out;
}

}  // namespace

std::optional<HistoryItem> find_in_history(const DevFile& system, const Wanted& wanted) {
  auto client = chain::HttpClient::create(system.listen);
  if (!client) return std::nullopt;
  const auto answer = client->get("/api/account/history?meter=" + to_text(system.viewer_meter));
  if (!answer || answer->status != 200) return std::nullopt;
  rapidjson::Document page;
  page.Parse(answer->body.c_str());
  if (page.HasParseError() || !page.IsObject() || !page.HasMember("items")) return std::nullopt;
  for (const auto& value : page["items"].GetArray())
    if (HistoryItem item = item_of(value); wanted(item)) return item;
  return std::nullopt;
}

std::optional<HistoryItem> wait_for_history(const DevFile& system, const Wanted& wanted,
                                            std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto found = find_in_history(system, wanted)) return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return std::nullopt;
}

}  // namespace paytick::app::dev
