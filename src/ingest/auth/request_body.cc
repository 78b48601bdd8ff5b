#include "ingest/auth/request_body.h"

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kTextsMax = 64;

tl::unexpected<Error> bad(std::string_view name) {
  return fail(code::kBadField, "The field " + std::string(name) + " is not what it should be.");
}

}  // namespace

Result<std::unique_ptr<RequestBody>> RequestBody::read(std::string body) {
  std::unique_ptr<RequestBody> read(new RequestBody());
  read->text_ = std::move(body);
  if (read->text_.empty()) return read;
  auto object = read->document_.parse(read->text_.data(), read->text_.size());
  if (!object || !object->is_object()) return fail(code::kMalformedJson, "The body is not one JSON object.");
  read->object_ = *object;
  return read;
}

json::Value::Member RequestBody::member(std::string_view name) const {
  return object_ ? object_->member(name) : json::Value::Member{};
}

Result<std::optional<std::string>> RequestBody::optional_text(std::string_view name,
                                                              std::size_t bytes_max) const {
  const auto found = member(name);
  if (!found) return std::nullopt;
  const auto text = found.value().string();
  if (found.repeated || !text || text->size() > bytes_max || text->find('\0') != text->npos ||
      !json::is_utf8(*text)) {
    return bad(name);
  }
  return std::string(*text);
}

Result<std::string> RequestBody::text(std::string_view name, std::size_t bytes_max) const {
  auto text = optional_text(name, bytes_max);
  if (!text) return tl::unexpected(text.error());
  if (!*text || (*text)->empty())
    return fail(code::kMissingField, "The field " + std::string(name) + " is missing.");
  return std::move(**text);
}

Result<bool> RequestBody::flag(std::string_view name) const {
  const auto found = member(name);
  if (!found) return false;
  const auto value = found.value().boolean();
  if (found.repeated || !value) return bad(name);
  return *value;
}

Result<std::vector<std::string>> RequestBody::optional_texts(std::string_view name) const {
  std::vector<std::string> out;
  const auto found = member(name);
  if (!found) return out;
  if (found.repeated || !found.value().is_array()) return bad(name);
  const bool good = found.value().each([&](json::Value one) {
    const auto text = one.string();
    if (text) out.emplace_back(*text);
    return text && out.size() <= kTextsMax;
  });
  if (!good) return bad(name);
  return out;
}

}  // namespace paytick::ingest
