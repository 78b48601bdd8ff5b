#include "app/json.h"

namespace paytick::app {
namespace {

void collect(const rapidjson::Value& object, const std::string& prefix,
             std::map<std::string, std::string>& out) {
  for (const auto& member : object.GetObject()) {
    const std::string name = prefix + member.name.GetString();
    if (member.value.IsString()) out[name] = member.value.GetString();
    if (member.value.IsObject()) collect(member.value, name + ".", out);
  }
}

}  // namespace

std::optional<std::map<std::string, std::string>> read_string_members(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  std::map<std::string, std::string> members;
  collect(document, "", members);
  return members;
}

}  // namespace paytick::app
