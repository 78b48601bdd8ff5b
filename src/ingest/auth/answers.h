#pragma once
// Answers of the endpoints about access.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/errors.h"
#include "ingest/http_routes.h"

namespace paytick::ingest {

inline HttpResponse refuse_with(const Error& error) {
  HttpResponse response;
  response.status = http_status(error.code);
  response.body = render_http_error(error);
  if (response.status == 503 || response.status == 507) response.retry_after_s = 1;
  return response;
}

// One JSON object, written in order; objects and arrays may be opened within.
class JsonAnswer {
 public:
  JsonAnswer() { writer_.StartObject(); }
  void add(std::string_view name, std::string_view text) { key(name), put(text); }
  void add(std::string_view name, const char* text) { add(name, std::string_view(text)); }
  void add(std::string_view name, std::int64_t number) { key(name), writer_.Int64(number); }
  void add(std::string_view name, bool value) { key(name), writer_.Bool(value); }
  void add_null(std::string_view name) { key(name), writer_.Null(); }
  void begin_list(std::string_view name) { key(name), writer_.StartArray(); }
  void add_item(std::string_view text) { put(text); }
  void end_list() { writer_.EndArray(); }
  void begin() { writer_.StartObject(); }
  void end() { writer_.EndObject(); }

  HttpResponse respond(unsigned status = 200) {
    writer_.EndObject();
    HttpResponse response;
    response.status = status;
    response.body.assign(buffer_.GetString(), buffer_.GetSize());
    return response;
  }

 private:
  void put(std::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

// The words of scopes, in the order of their numbers.
inline void add_scopes(JsonAnswer& json, const Scopes& scopes) {
  json.begin_list("scopes");
  if (scopes.has(Scope::ingest)) json.add_item("ingest");
  if (scopes.has(Scope::backfill)) json.add_item("backfill");
  if (scopes.has(Scope::catalogue)) json.add_item("catalogue");
  if (scopes.has(Scope::read)) json.add_item("read");
  json.end_list();
}

}  // namespace paytick::ingest
