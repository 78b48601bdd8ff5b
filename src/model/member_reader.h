#pragma once
// Private to the codec: the two ways to read the members that a Shape lists.
//
// CanonicalReader takes only what MemberWriter would have written, byte for byte in its layout, and no
// escapes; that is nearly every line, and costs a tenth. What it does not take it leaves untouched for
// MemberReader, which reads any JSON and says what is wrong. What both take, both read alike.

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/digits.h"
#include "model/error.h"
#include "model/json.h"
#include "model/plan.h"
#include "model/shape.h"

namespace paytick::codec {

// What holds between the members of one object.
template <typename T>
bool is_consistent(const T&) {
  return true;
}
inline bool is_consistent(const Plan& plan) { return validate(plan).has_value(); }

class CanonicalReader {
 public:
  CanonicalReader(const char* text, std::size_t size) : at_(text), end_(text + size) {}

  template <typename E>
  bool head() {
    return skip(decltype(Shape<E>::kType)::kHead);
  }
  template <typename E>
  bool members(E& event) {
    Shape<E>::members(*this, event);
    return good_ && take('}') && at_ == end_;
  }

  template <Literal kText, typename T, typename Rule = ByType>
  void operator()(Name<kText>, T& out, Rule rule = {}) {
    good_ = good_ &&
            (std::exchange(first_, false) ? skip(Name<kText>::kFirst) : skip(Name<kText>::kMember)) &&
            read(out, rule);
  }
  template <Literal kText, typename T, typename Rule = ByType>
  void optional(Name<kText>, T& out, Rule rule = {}, const T& = {}) {
    if (good_ && skip(Name<kText>::kMember)) good_ = read(out, rule);
  }

 private:
  template <std::size_t N>
  bool skip(const std::array<char, N>& bytes) {
    if (static_cast<std::size_t>(end_ - at_) < N || std::memcmp(at_, bytes.data(), N) != 0) return false;
    at_ += N;
    return true;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  // A quoted string of printable ASCII without escapes.
  std::optional<std::string_view> quoted() {
    if (!take('"')) return std::nullopt;
    const char* const start = at_;
    for (; at_ < end_ && *at_ != '"'; ++at_) {
      if (*at_ < 0x20 || *at_ == '\\') return std::nullopt;  // bytes above ASCII are negative
    }
    const std::string_view text(start, static_cast<std::size_t>(at_ - start));
    if (!take('"')) return std::nullopt;
    return text;
  }

  bool read(bool& out, ByType) {
    const bool value = at_ < end_ && *at_ == 't';
    out = value;
    return value ? skip(joined("true")) : skip(joined("false"));
  }
  template <Numeric T, typename Rule>
  bool read(T& out, Rule rule) {
    const char* const start = at_;
    const auto [number, stop] = read_digits(at_, end_);
    at_ = stop;
    // A character that continues the number is not the one that must follow it, and is refused there.
    if (at_ == start || (*start == '0' && at_ - start > 1)) return false;
    return assign(out, number, rule);
  }
  template <std::size_t N, typename Tag>
  bool read(Bytes<N, Tag>& out, ByType) {
    constexpr std::size_t kLength = text_length<Bytes<N, Tag>>();
    if (static_cast<std::size_t>(end_ - at_) < kLength + 2 || *at_ != '"' || at_[kLength + 1] != '"')
      return false;
    const auto id = parse_id<Bytes<N, Tag>>({at_ + 1, kLength});
    if (!id) return false;
    out = *id;
    at_ += kLength + 2;
    return true;
  }
  template <Worded T>
  bool read(T& out, ByType) {
    const auto text = quoted();
    return text && assign_word(out, *text);
  }
  bool read(std::string& out, Text rule) {
    const auto text = quoted();
    if (!text || text->size() < rule.min || text->size() > rule.max) return false;
    out.assign(*text);
    return true;
  }
  template <typename T>
  bool read(std::optional<T>& out, ByType rule) {
    return read(out.emplace(), rule);
  }
  template <Shaped T>
  bool read(T& out, ByType) {
    first_ = true;
    Shape<T>::members(*this, out);
    return good_ && take('}') && is_consistent(out);
  }
  template <Shaped T>
  bool read(std::vector<T>& out, ByType rule) {
    return list([&] { return read(out.emplace_back(), rule); });
  }
  template <Numeric A, Numeric B>
  bool read(std::vector<std::pair<A, B>>& out, ByType rule) {
    return list([&] {
      auto& [a, b] = out.emplace_back();
      return take('[') && read(a, rule) && take(',') && read(b, rule) && take(']');
    });
  }
  template <typename F>
  bool list(F&& element) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      if (!element()) return false;
    } while (take(','));
    return take(']');
  }

  const char* at_;
  const char* end_;
  bool good_ = true;
  bool first_ = false;  // whether the next member opens an object
};

class MemberReader {
 public:
  explicit MemberReader(json::Value object) : object_(object) {}

  // Empty while all is well.
  const Error& error() const { return error_; }

  template <Literal kText, typename T, typename Rule = ByType>
  void operator()(Name<kText>, T& out, Rule rule = {}) {
    if (!find(kText.view())) return refuse("missing_field", kText.view());
    take(kText.view(), out, rule);
  }
  template <Literal kText, typename T, typename Rule = ByType>
  void optional(Name<kText>, T& out, Rule rule = {}, const T& = {}) {
    if (find(kText.view())) take(kText.view(), out, rule);
  }

 private:
  bool find(std::string_view name) {
    found_ = object_.member(name);
    return static_cast<bool>(found_);
  }
  template <typename T, typename Rule>
  void take(std::string_view name, T& out, Rule rule) {
    if (found_.repeated || !read(found_.value(), out, rule)) refuse("bad_field", name);
  }
  // The first thing that is wrong is the one that is told.
  void refuse(std::string_view code, std::string_view name);

  bool read(json::Value in, bool& out, ByType) {
    const auto value = in.boolean();
    out = value.value_or(false);
    return value.has_value();
  }
  template <Numeric T, typename Rule>
  bool read(json::Value in, T& out, Rule rule) {
    if (const auto number = in.integer()) return assign(out, *number, rule);
    const auto big = in.unsigned_integer();
    return big && assign_big(out, *big, rule);
  }
  template <std::size_t N, typename Tag>
  bool read(json::Value in, Bytes<N, Tag>& out, ByType) {
    const auto text = in.string();
    const auto id = text ? parse_id<Bytes<N, Tag>>(*text) : std::nullopt;
    if (id) out = *id;
    return id.has_value();
  }
  template <Worded T>
  bool read(json::Value in, T& out, ByType) {
    const auto text = in.string();
    return text && assign_word(out, *text);
  }
  bool read(json::Value in, std::string& out, Text rule);
  template <typename T>
  bool read(json::Value in, std::optional<T>& out, ByType rule) {
    return read(in, out.emplace(), rule);
  }
  template <Shaped T>
  bool read(json::Value in, T& out, ByType) {
    if (!in.is_object()) return false;
    MemberReader inner(in);
    Shape<T>::members(inner, out);
    return inner.error_.code.empty() && is_consistent(out);
  }
  template <Shaped T>
  bool read(json::Value in, std::vector<T>& out, ByType rule) {
    return in.is_array() && in.each([&](json::Value value) { return read(value, out.emplace_back(), rule); });
  }
  template <Numeric A, Numeric B>
  bool read(json::Value in, std::vector<std::pair<A, B>>& out, ByType rule) {
    return in.is_array() && in.each([&](json::Value pair) {
      auto& both = out.emplace_back();
      int i = 0;
      return pair.is_array() && pair.each([&](json::Value value) {
        return ++i == 1 ? read(value, both.first, rule) : i == 2 && read(value, both.second, rule);
      }) && i == 2;
    });
  }

  json::Value object_;
  json::Value::Member found_;
  Error error_;
};

}  // namespace paytick::codec
