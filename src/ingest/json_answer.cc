#include "ingest/json_answer.h"

#include "ingest/errors.h"

namespace paytick::ingest {

void JsonAnswer::key(std::string_view name) {
  json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

JsonAnswer& JsonAnswer::text(std::string_view name, std::string_view value) {
  key(name);
  json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  return *this;
}

JsonAnswer& JsonAnswer::boolean(std::string_view name, bool value) {
  key(name);
  json_.Bool(value);
  return *this;
}

JsonAnswer& JsonAnswer::integer(std::string_view name, std::int64_t value) {
  key(name);
  json_.Int64(value);
  return *this;
}

JsonAnswer& JsonAnswer::number(std::string_view name, Amount value) {
  key(name);
  const std::string digits = to_decimal(value);
  json_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
  return *this;
}

JsonAnswer& JsonAnswer::decimal(std::string_view name, Amount value) { return text(name, to_decimal(value)); }

JsonAnswer& JsonAnswer::null(std::string_view name) {
  key(name);
  json_.Null();
  return *this;
}

JsonAnswer& JsonAnswer::integers(std::string_view name, std::span<const std::int64_t> values) {
  key(name);
  json_.StartArray();
  for (const std::int64_t value : values) json_.Int64(value);
  json_.EndArray();
  return *this;
}

JsonAnswer& JsonAnswer::texts(std::string_view name, std::span<const std::string> values) {
  key(name);
  json_.StartArray();
  for (const std::string& value : values)
    json_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  json_.EndArray();
  return *this;
}

JsonAnswer& JsonAnswer::begin(std::string_view name) {
  key(name);
  json_.StartObject();
  return *this;
}

JsonAnswer& JsonAnswer::end() {
  json_.EndObject();
  return *this;
}

JsonAnswer& JsonAnswer::begin_list(std::string_view name) {
  key(name);
  json_.StartArray();
  return *this;
}

JsonAnswer& JsonAnswer::begin_item() {
  json_.StartObject();
  return *this;
}

JsonAnswer& JsonAnswer::end_list() {
  json_.EndArray();
  return *this;
}

std::string JsonAnswer::take() {
  json_.EndObject();
  return {out_.GetString(), out_.GetSize()};
}

HttpResponse JsonAnswer::response(unsigned status) {
  HttpResponse response;
  response.status = status;
  response.body = take();
  return response;
}

HttpResponse error_response(const Error& error) {
  HttpResponse response;
  response.status = http_status(error.code);
  response.body = render_http_error(error);
  if (response.status == 503 || response.status == 507 || response.status == 429) response.retry_after_s = 1;
  return response;
}

}  // namespace paytick::ingest
