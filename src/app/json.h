#pragma once
// Small JSON objects for files and command output: what the program writes for people and scripts. Events
// have their own codec (model/codec.h).

#include <rapidjson/document.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace paytick::app {

// Members in the order they were added, indented by two.
class JsonObject {
 public:
  JsonObject() : writer_(buffer_) {
    writer_.SetIndent(' ', 2);
    writer_.StartObject();
  }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  void add(std::string_view name, std::string_view value) {
    key(name);
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  }
  void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
  void add(std::string_view name, std::int64_t value) { key(name), writer_.Int64(value); }
  void add(std::string_view name, bool value) { key(name), writer_.Bool(value); }
  void begin(std::string_view name) { key(name), writer_.StartObject(); }
  void end() { writer_.EndObject(); }

  // Closes the object; call it once, last.
  std::string text() {
    writer_.EndObject();
    return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n";
  }

 private:
  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }

  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer_;
};

// The string members of an object; those of inner objects under "outer.inner". Nothing when it is no JSON
// object.
std::optional<std::map<std::string, std::string>> read_string_members(const std::string& text);

}  // namespace paytick::app
