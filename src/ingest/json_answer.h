#pragma once
// The JSON object of an answer, written with exact numbers.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ingest/http_routes.h"
#include "model/error.h"
#include "model/money.h"

namespace paytick::ingest {

// An answer's object. Members in the order they are added.
class JsonAnswer {
 public:
  JsonAnswer() { json_.StartObject(); }
  JsonAnswer& text(std::string_view key, std::string_view value);
  JsonAnswer& boolean(std::string_view key, bool value);
  JsonAnswer& integer(std::string_view key, std::int64_t value);
  // A JSON number of whole units: 4.9900000. Clients call toFixed on it.
  JsonAnswer& number(std::string_view key, Amount value);
  // A text: "4.9900000".
  JsonAnswer& decimal(std::string_view key, Amount value);
  JsonAnswer& null(std::string_view key);
  JsonAnswer& integers(std::string_view key, std::span<const std::int64_t> values);
  JsonAnswer& texts(std::string_view key, std::span<const std::string> values);
  JsonAnswer& begin(std::string_view key);  // an object within
  JsonAnswer& end();
  JsonAnswer& begin_list(std::string_view key);  // of objects
  JsonAnswer& begin_item();
  JsonAnswer& end_item() { return end(); }
  JsonAnswer& end_list();
  // Closes it; once, last.
  HttpResponse response(unsigned status = 200);
  std::string take();

 private:
  void key(std::string_view name);
  rapidjson::StringBuffer out_;
  rapidjson::Writer<rapidjson::StringBuffer> json_{out_};
};

// {"error":{…}} with the status of the code, and Retry-After where a retry may help.
HttpResponse error_response(const Error& error);

}  // namespace paytick::ingest
