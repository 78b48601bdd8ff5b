#pragma once
// Private to the codec: writes the members that a Shape lists.

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/digits.h"
#include "model/shape.h"

namespace paytick::codec {

class MemberWriter {
 public:
  explicit MemberWriter(std::string& out) : out_(out) {}

  // {"v":1,"type":"…",members}\n
  template <typename E>
  void line(const E& event) {
    put(decltype(Shape<E>::kType)::kHead);
    Shape<E>::members(*this, event);
    *at_++ = '}';
    *at_++ = '\n';
    flush();
  }

  template <Literal kText, typename T, typename Rule = ByType>
  void operator()(Name<kText>, const T& value, Rule = {}) {
    make_room();
    if (std::exchange(first_, false)) {
      put(Name<kText>::kFirst);
    } else {
      put(Name<kText>::kMember);
    }
    write(value);
  }

  template <Literal kText, typename T, typename Rule = ByType>
  void optional(Name<kText> name, const T& value, Rule rule = {}, const T& fallback = {}) {
    if (!(value == fallback)) (*this)(name, value, rule);
  }

 private:
  // Enough for a name, a value of fixed size and what closes a line.
  static constexpr std::size_t kMemberBytesMax = 128;

  void make_room() {
    if (static_cast<std::size_t>(buffer_ + sizeof buffer_ - at_) < kMemberBytesMax) flush();
  }
  void flush() {
    out_.append(buffer_, static_cast<std::size_t>(at_ - buffer_));
    at_ = buffer_;
  }

  template <std::size_t N>
  void put(const std::array<char, N>& bytes) {
    static_assert(N <= kMemberBytesMax - (kTxHashText + 2) - 2);  // a quoted hash and a line's end
    std::memcpy(at_, bytes.data(), N);
    at_ += N;
  }

  void write(bool value) {
    if (value) {
      put(joined("true"));
    } else {
      put(joined("false"));
    }
  }
  template <Numeric T>
  void write(T value) {
    at_ = write_digits(at_, raw_of(value));
  }
  template <std::size_t N, typename Tag>
  void write(const Bytes<N, Tag>& id) {
    *at_++ = '"';
    at_ = write_id(at_, id);
    *at_++ = '"';
  }
  template <Worded T>
  void write(T value) {
    const std::string_view word = word_of(value);
    *at_++ = '"';
    std::memcpy(at_, word.data(), word.size());
    at_ += word.size();
    *at_++ = '"';
  }
  template <typename T>
  void write(const std::optional<T>& value) {
    write(*value);
  }
  template <Shaped T>
  void write(const T& value) {
    first_ = true;
    Shape<T>::members(*this, value);
    make_room();
    *at_++ = '}';
  }
  template <Shaped T>
  void write(const std::vector<T>& values) {
    char separator = '[';
    for (const T& value : values) {
      make_room();
      *at_++ = std::exchange(separator, ',');
      write(value);
    }
    close_array(values.empty());
  }
  template <Numeric A, Numeric B>
  void write(const std::vector<std::pair<A, B>>& pairs) {
    char separator = '[';
    for (const auto& [a, b] : pairs) {
      make_room();
      *at_++ = std::exchange(separator, ',');
      *at_++ = '[';
      write(a);
      *at_++ = ',';
      write(b);
      *at_++ = ']';
    }
    close_array(pairs.empty());
  }
  void close_array(bool empty) {
    make_room();
    if (empty) *at_++ = '[';
    *at_++ = ']';
  }
  void write(const std::string& text);

  std::string& out_;
  bool first_ = false;  // whether the next member opens an object
  char buffer_[1024];
  char* at_ = buffer_;
};

}  // namespace paytick::codec
