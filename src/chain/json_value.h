#pragma once
// Reading JSON-RPC answers: a small, safe view over RapidJSON's document. Private to chain/*.cc; events of
// the log go through model/codec.h. A missing or ill-typed member reads as absent.

#include <rapidjson/document.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paytick::chain::json {

using Value = rapidjson::Value;

inline const Value* member(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto it = object.FindMember(name);
  return it == object.MemberEnd() || it->value.IsNull() ? nullptr : &it->value;
}

inline std::optional<std::string_view> text(const Value& object, const char* name) {
  const Value* v = member(object, name);
  if (v == nullptr || !v->IsString()) return std::nullopt;
  return std::string_view(v->GetString(), v->GetStringLength());
}

// RPC writes 64-bit numbers as strings and smaller ones as numbers; both are taken.
inline std::optional<std::int64_t> number(const Value& object, const char* name) {
  const Value* v = member(object, name);
  if (v == nullptr) return std::nullopt;
  if (v->IsInt64()) return v->GetInt64();
  if (!v->IsString()) return std::nullopt;
  std::int64_t out = 0;
  const char* const end = v->GetString() + v->GetStringLength();
  const auto [stop, error] = std::from_chars(v->GetString(), end, out);
  if (error != std::errc() || stop != end) return std::nullopt;
  return out;
}

inline std::uint32_t ledger(const Value& object, const char* name) {
  const auto v = number(object, name);
  return v && *v >= 0 && *v <= 0xffffffffLL ? static_cast<std::uint32_t>(*v) : 0;
}

template <typename F>
void each(const Value& object, const char* name, F&& f) {
  const Value* v = member(object, name);
  if (v == nullptr || !v->IsArray()) return;
  for (const Value& item : v->GetArray()) f(item);
}

}  // namespace paytick::chain::json
