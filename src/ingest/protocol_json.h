#pragma once
// Reads one small JSON object from outside, in situ: the scalars of its top level and of the objects directly
// in it are handed to a callback; arrays and anything deeper are skipped. No DOM, no allocation.
//
// Refused: anything but one object ("malformed_json"), invalid UTF-8 ("bad_utf8"), nesting beyond
// codec::kJsonDepthMax ("too_deep", before the stack can suffer), NaN, infinities, numbers that no double
// holds and escapes of half a surrogate pair ("malformed_json").

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "ingest/errors.h"
#include "model/codec.h"
#include "model/error.h"
#include "model/json.h"

namespace paytick::ingest {

struct JsonScalar {
  enum class Kind : std::uint8_t { null, boolean, integer, real, text };
  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t integer = 0;  // an integer beyond 63 bits is a `real`
  std::string_view text{};   // valid while the buffer is
};

namespace detail {

// RapidJSON's in-situ stream but for its vectorised way over blanks, which reads beyond the text.
class InsituStream : public rapidjson::InsituStringStream {
 public:
  using rapidjson::InsituStringStream::InsituStringStream;
};

// `Member` is called as member(parent, key, scalar): parent is empty at the top level, else the key of the
// object. One that has a container(key) is told of the top level's objects and arrays, too.
template <typename Member>
class ObjectHandler {
 public:
  ObjectHandler(Member& member, bool escapes) : member_(member), escapes_(escapes) {}

  bool too_deep() const { return too_deep_; }
  bool not_object() const { return not_object_; }
  bool half_pair() const { return half_pair_; }

  bool Null() { return value({}); }
  bool Bool(bool b) { return value({.kind = JsonScalar::Kind::boolean, .boolean = b}); }
  bool Int(int i) { return Int64(i); }
  bool Uint(unsigned i) { return Int64(i); }
  bool Int64(std::int64_t i) { return value({.kind = JsonScalar::Kind::integer, .integer = i}); }
  bool Uint64(std::uint64_t i) {
    if (i <= static_cast<std::uint64_t>(INT64_MAX)) return Int64(static_cast<std::int64_t>(i));
    return Double(0);
  }
  bool Double(double) { return value({.kind = JsonScalar::Kind::real}); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    return is_text({s, n}) && value({.kind = JsonScalar::Kind::text, .text = {s, n}});
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    if (arrays_ == 0 && depth_ <= 2) (depth_ == 1 ? outer_ : inner_) = {s, n};
    return true;
  }
  bool StartObject() {
    tell_container();
    return enter();
  }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool StartArray() {
    if (depth_ == 0) return !(not_object_ = true);
    tell_container();
    ++arrays_;
    return enter();
  }
  bool EndArray(rapidjson::SizeType) {
    --arrays_;
    return leave();
  }

 private:
  void tell_container() {
    if constexpr (requires { member_.container(std::string_view()); }) {
      if (depth_ == 1) member_.container(outer_);
    }
  }
  bool enter() {
    if (++depth_ > codec::kJsonDepthMax) return !(too_deep_ = true);
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }
  // The reader has validated the bytes, but takes an escaped low surrogate for a character.
  bool is_text(std::string_view text) {
    if (!escapes_ || json::is_utf8(text)) return true;
    return !(half_pair_ = true);
  }
  bool value(const JsonScalar& scalar) {
    if (depth_ == 0) return !(not_object_ = true);
    if (arrays_ != 0 || depth_ > 2) return true;
    if (depth_ == 1) {
      member_(std::string_view{}, outer_, scalar);
    } else if (!outer_.empty()) {  // an object without a name is no top level
      member_(outer_, inner_, scalar);
    }
    return true;
  }

  Member& member_;
  const bool escapes_;  // the text has some
  std::size_t depth_ = 0;
  std::size_t arrays_ = 0;
  std::string_view outer_, inner_;
  bool too_deep_ = false;
  bool not_object_ = false;
  bool half_pair_ = false;
};

}  // namespace detail

}  // namespace paytick::ingest

// As for the stream it derives from: parsing works on a copy of it.
template <>
struct rapidjson::StreamTraits<paytick::ingest::detail::InsituStream> {
  enum { copyOptimization = 1 };
};

namespace paytick::ingest {

// `line.data[line.size]` must be writable; it is set to zero.
template <typename Member>
Result<void> read_object(codec::MutableLine line, Member member) {
  line.data[line.size] = '\0';
  detail::InsituStream in(line.data);
  detail::ObjectHandler<Member> handler(member, std::memchr(line.data, '\\', line.size) != nullptr);
  // The reader keeps a small stack of its own even in situ; one a thread saves an allocation a line.
  thread_local rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(in, handler);
  if (parsed.IsError()) {
    if (handler.too_deep()) {
      return fail(code::kTooDeep, "Nested deeper than " + std::to_string(codec::kJsonDepthMax) + " levels.");
    }
    if (handler.not_object()) return fail(code::kMalformedJson, "A JSON object was expected.");
    if (handler.half_pair()) {
      return fail(code::kMalformedJson, "Not valid JSON: an escape of half a surrogate pair.");
    }
    if (parsed.Code() == rapidjson::kParseErrorStringInvalidEncoding) {
      return fail(code::kBadUtf8,
                  "Text must be valid UTF-8 (at byte " + std::to_string(parsed.Offset()) + ").");
    }
    return fail(code::kMalformedJson, std::string("Not valid JSON: ") +
                                          rapidjson::GetParseError_En(parsed.Code()) + " (at byte " +
                                          std::to_string(parsed.Offset()) + ")");
  }
  // The reader stops at a zero byte; anything after it was not looked at.
  if (in.Tell() != line.size) return fail(code::kMalformedJson, "Not valid JSON: a zero byte.");
  return {};
}

}  // namespace paytick::ingest
