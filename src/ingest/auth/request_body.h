#pragma once
// The JSON object in the body of a small request.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/json.h"

namespace paytick::ingest {

class RequestBody {
 public:
  // Takes a copy of the body; an empty one is an empty object. Code "malformed_json".
  static Result<std::unique_ptr<RequestBody>> read(std::string body);

  // Codes "missing_field", "bad_field", naming it.
  Result<std::string> text(std::string_view name, std::size_t bytes_max) const;
  Result<std::optional<std::string>> optional_text(std::string_view name, std::size_t bytes_max) const;
  Result<bool> flag(std::string_view name) const;                                // absent: false
  Result<std::vector<std::string>> optional_texts(std::string_view name) const;  // absent: none

 private:
  RequestBody() = default;
  json::Value::Member member(std::string_view name) const;

  std::string text_;
  json::Document document_;
  std::optional<json::Value> object_;
};

}  // namespace paytick::ingest
