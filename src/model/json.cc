#include "model/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <limits>
#include <string>

namespace paytick::json {
namespace {

// RapidJSON's in-situ stream wants a NUL behind the text and takes a NUL within it for its end. This one
// knows the size.
class BoundedStream {
 public:
  using Ch = char;
  BoundedStream(char* text, std::size_t size) : begin_(text), src_(text), dst_(text), end_(text + size) {}

  Ch Peek() const { return src_ < end_ ? *src_ : '\0'; }
  Ch Take() { return src_ < end_ ? *src_++ : '\0'; }
  std::size_t Tell() const { return static_cast<std::size_t>(src_ - begin_); }
  Ch* PutBegin() { return dst_ = src_; }
  void Put(Ch c) {
    if (dst_ < end_) *dst_++ = c;
  }
  std::size_t PutEnd(Ch* begin) { return static_cast<std::size_t>(dst_ - begin); }
  void Flush() {}

 private:
  char* begin_;
  char* src_;
  char* dst_;
  char* end_;
};

class Collector {
 public:
  Collector(std::pmr::vector<Node>& nodes, std::size_t depth_max)
      : nodes_(nodes), depth_max_(std::min(depth_max, kDepthMost)) {}

  bool too_deep() const { return too_deep_; }

  bool Null() { return add({}); }
  bool Bool(bool value) { return add(with_integer(Node::Kind::boolean, value ? 1 : 0)); }
  bool Int(int value) { return Int64(value); }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(std::int64_t value) { return add(with_integer(Node::Kind::integer, value)); }
  bool Uint64(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Int64(static_cast<std::int64_t>(value));
    }
    Node node;
    node.kind = Node::Kind::big_integer;
    node.big_integer = value;
    return add(node);
  }
  bool Double(double) { return add(with_integer(Node::Kind::real, 0)); }  // nothing here is a fraction
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    Node node;
    node.kind = Node::Kind::string;
    node.size = size;
    node.text = text;
    return add(node);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) { return String(text, size, copy); }
  bool StartObject() { return open(Node::Kind::object); }
  bool StartArray() { return open(Node::Kind::array); }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

 private:
  static Node with_integer(Node::Kind kind, std::int64_t value) {
    Node node;
    node.kind = kind;
    node.integer = value;
    return node;
  }
  bool add(const Node& node) {
    nodes_.push_back(node);
    return true;
  }
  bool open(Node::Kind kind) {
    if (depth_ == depth_max_) {
      too_deep_ = true;
      return false;
    }
    open_[depth_++] = nodes_.size();
    return add(with_integer(kind, 0));
  }
  bool close() {
    const std::size_t start = open_[--depth_];
    nodes_[start].size = static_cast<std::uint32_t>(nodes_.size() - start - 1);
    return true;
  }

  std::pmr::vector<Node>& nodes_;
  std::array<std::size_t, kDepthMost> open_{};
  const std::size_t depth_max_;
  std::size_t depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const std::uint8_t lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return false;
    // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
    const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (std::size_t j = 2; j < length; ++j) {
      if ((byte(i + j) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

Document::Document() : memory_(first_.data(), first_.size()), nodes_(&memory_) {}

Result<Value> Document::parse(char* text, std::size_t size, std::size_t depth_max) {
  nodes_.clear();
  nodes_.reserve(80);
  BoundedStream stream(text, size);
  Collector collector(nodes_, depth_max);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, collector);
  const auto malformed = [](std::string message) { return fail("malformed_json", std::move(message)); };
  if (collector.too_deep()) return malformed("nested deeper than " + std::to_string(depth_max) + " levels");
  if (result.IsError()) {
    return malformed(std::string(rapidjson::GetParseError_En(result.Code())) + " (at byte " +
                     std::to_string(result.Offset()) + ")");
  }
  if (stream.Tell() != size) return malformed("a NUL byte at " + std::to_string(stream.Tell()));
  return Value(nodes_.data());
}

std::optional<bool> Value::boolean() const {
  if (node_->kind != Node::Kind::boolean) return std::nullopt;
  return node_->integer != 0;
}

std::optional<std::int64_t> Value::integer() const {
  if (node_->kind != Node::Kind::integer) return std::nullopt;
  return node_->integer;
}

std::optional<std::uint64_t> Value::unsigned_integer() const {
  if (node_->kind == Node::Kind::big_integer) return node_->big_integer;
  if (node_->kind != Node::Kind::integer || node_->integer < 0) return std::nullopt;
  return static_cast<std::uint64_t>(node_->integer);
}

std::optional<std::string_view> Value::string() const {
  if (node_->kind != Node::Kind::string) return std::nullopt;
  return std::string_view(node_->text, node_->size);
}

Value::Member Value::member(std::string_view name) const {
  Member found;
  if (!is_object()) return found;
  for (const Node *key = node_ + 1, *end = key + node_->size; key < end; key = next(key + 1)) {
    if (key->size != name.size() || std::string_view(key->text, key->size) != name) continue;
    if (found.node != nullptr) {
      found.repeated = true;
      break;
    }
    found.node = key + 1;
  }
  return found;
}

}  // namespace paytick::json
