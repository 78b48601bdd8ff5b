#pragma once
// Reading JSON that may come from anybody, without a DOM: RapidJSON's SAX reader in situ, its events kept in
// a flat list. Events (codec.h) and requests of the gateway are read through this; there is no second reader.
//
// A Document is cheap to make (4 KiB on the stack, no allocation for objects of up to about 100 values) and
// serves one text. Values point into it and into the text. Not thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace paytick::json {

inline constexpr std::size_t kDepthMax = 8;
// Of what others send that nests deeper than anything of ours (a payment provider's events).
inline constexpr std::size_t kDepthMost = 24;

// Whether `text` is UTF-8 without surrogates and overlong forms.
bool is_utf8(std::string_view text);

class Value;

// One event of the reader. Containers are followed by what they hold: members as key, value, key, value.
struct Node {
  enum class Kind : std::uint8_t { null, boolean, integer, big_integer, real, string, object, array };
  Kind kind = Kind::null;
  std::uint32_t size = 0;  // bytes of a string; nodes inside a container
  union {
    std::int64_t integer = 0;
    std::uint64_t big_integer;  // above the largest int64
    const char* text;
  };
};

class Document {
 public:
  Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // `text` is modified and must outlive the values; nothing beyond its size is touched. Code
  // "malformed_json": not one JSON value, invalid UTF-8, nested deeper than depth_max (at most kDepthMost), a
  // number beyond a double, NaN.
  Result<Value> parse(char* text, std::size_t size, std::size_t depth_max = kDepthMax);

 private:
  friend class Value;
  std::array<std::byte, 4096> first_;  // uninitialised on purpose
  std::pmr::monotonic_buffer_resource memory_;
  std::pmr::vector<Node> nodes_;
};

class Value {
 public:
  explicit Value(const Node* node) : node_(node) {}

  bool is_null() const { return node_->kind == Node::Kind::null; }
  bool is_object() const { return node_->kind == Node::Kind::object; }
  bool is_array() const { return node_->kind == Node::Kind::array; }
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> unsigned_integer() const;
  std::optional<std::string_view> string() const;  // UTF-8 but for an escaped half of a pair; may hold NUL

  // A member of an object; `repeated` when its name is there more than once.
  struct Member {
    const Node* node = nullptr;
    bool repeated = false;
    explicit operator bool() const { return node != nullptr; }
    Value value() const { return Value(node); }
  };
  Member member(std::string_view name) const;  // of an object only

  // Calls f(Value) for each element of an array until it returns false; whether it never did.
  template <typename F>
  bool each(F&& f) const {
    for (const Node *at = node_ + 1, *end = at + node_->size; at < end; at = next(at)) {
      if (!f(Value(at))) return false;
    }
    return true;
  }

 private:
  static const Node* next(const Node* node) {
    const bool container = node->kind == Node::Kind::object || node->kind == Node::Kind::array;
    return node + 1 + (container ? node->size : 0);
  }
  const Node* node_;
};

}  // namespace paytick::json
