#pragma once
// XDR (RFC 4506) for the structures of the Stellar protocol that paytick meets.
//
// A structure lists its members once, in wire order, as `kXdr`; a union lists its arms as Case<number, Type>.
// Reading and writing both follow those tables, so they cannot disagree. Reading is for hostile bytes: it is
// bounded in depth and by the input's own length, refuses non-zero padding, unknown arms and bytes left over,
// and never throws (an allocation failure aside). This header is for chain/*.cc; others use xdr.h.

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "model/ids.h"

namespace paytick::chain {

// Nested structures. A value of the protocol's own depth limit (100) takes about three a level.
inline constexpr int kXdrDepthMax = 400;

using Hash = Bytes<32, struct HashTag>;

// A string or opaque of at most Max bytes (they look alike on the wire).
template <std::size_t Max>
struct XdrString {
  static constexpr std::size_t kMax = Max;
  std::string bytes;
  friend bool operator==(const XdrString&, const XdrString&) = default;
};

// An array of at most Max elements.
template <typename T, std::size_t Max>
struct XdrList : std::vector<T> {
  static constexpr std::size_t kMax = Max;
  using std::vector<T>::vector;
};

template <std::int32_t Number, typename T>
struct Case {};

// A discriminated union; the arms' types differ, void arms are empty structures.
template <typename... Cases>
struct Union;
template <std::int32_t... Numbers, typename... Types>
struct Union<Case<Numbers, Types>...> {
  static constexpr std::array<std::int32_t, sizeof...(Numbers)> kNumbers{Numbers...};
  std::variant<Types...> arm;

  template <typename T>
  const T* get() const {
    return std::get_if<T>(&arm);
  }
  template <typename T>
  T* get() {
    return std::get_if<T>(&arm);
  }
  std::int32_t number() const { return kNumbers[arm.index()]; }
  friend bool operator==(const Union&, const Union&) = default;
};

// `ext` members of which only version 0 exists.
struct NoExtension {
  friend bool operator==(const NoExtension&, const NoExtension&) = default;
};

class Writer {
 public:
  void u32(std::uint32_t v) { big_endian(v); }
  void u64(std::uint64_t v) { big_endian(v); }
  void raw(const void* data, std::size_t n) {
    out_.append(static_cast<const char*>(data), n);
    out_.append((4 - n % 4) % 4, '\0');
  }
  std::string take() { return std::move(out_); }

 private:
  template <typename U>
  void big_endian(U v) {
    for (int shift = static_cast<int>(sizeof(U)) * 8 - 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<char>((v >> shift) & 0xff));
  }
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  bool u32(std::uint32_t& v) { return big_endian(v); }
  bool u64(std::uint64_t& v) { return big_endian(v); }
  bool raw(void* out, std::size_t n) {
    const std::size_t padding = (4 - n % 4) % 4;
    if (remaining() < n || remaining() - n < padding) return false;
    if (n > 0) std::memcpy(out, in_.data() + at_, n);
    at_ += n;
    for (std::size_t i = 0; i < padding; ++i)
      if (in_[at_++] != '\0') return false;
    return true;
  }
  std::size_t remaining() const { return in_.size() - at_; }
  bool enter() { return ++depth_ <= kXdrDepthMax; }
  void leave() { --depth_; }

 private:
  template <typename U>
  bool big_endian(U& v) {
    if (remaining() < sizeof(U)) return false;
    v = 0;
    for (std::size_t i = 0; i < sizeof(U); ++i)
      v = static_cast<U>((v << 8) | static_cast<std::uint8_t>(in_[at_ + i]));
    at_ += sizeof(U);
    return true;
  }
  std::string_view in_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

namespace xdr_detail {

template <typename T>
struct Shape {
  static constexpr bool is_bytes = false, is_string = false, is_optional = false, is_union = false,
                        is_list = false;
};
template <std::size_t N, typename Tag>
struct Shape<Bytes<N, Tag>> : Shape<void> {
  static constexpr bool is_bytes = true;
};
template <std::size_t Max>
struct Shape<XdrString<Max>> : Shape<void> {
  static constexpr bool is_string = true;
};
template <typename T>
struct Shape<std::optional<T>> : Shape<void> {
  static constexpr bool is_optional = true;
};
template <typename... Cases>
struct Shape<Union<Cases...>> : Shape<void> {
  static constexpr bool is_union = true;
};
template <typename T>
struct Shape<std::vector<T>> : Shape<void> {
  static constexpr bool is_list = true;
  static constexpr std::size_t max = 0xffffffff;
};
template <typename T, std::size_t Max>
struct Shape<XdrList<T, Max>> : Shape<void> {
  static constexpr bool is_list = true;
  static constexpr std::size_t max = Max;
};

template <typename T>
concept OwnCodec = requires(const T& t, T& m, Writer& w, Reader& r) {
  t.put(w);
  { m.get_from(r) } -> std::same_as<bool>;
};
template <typename T>
concept Struct = requires {
  T::kXdr;
};

}  // namespace xdr_detail

template <typename T>
void put(Writer& w, const T& v) {
  using S = xdr_detail::Shape<T>;
  if constexpr (xdr_detail::OwnCodec<T>) {
    v.put(w);
  } else if constexpr (std::is_same_v<T, NoExtension>) {
    w.u32(0);
  } else if constexpr (std::is_same_v<T, AccountId>) {
    w.u32(0);  // PUBLIC_KEY_TYPE_ED25519
    w.raw(v.bytes.data(), v.bytes.size());
  } else if constexpr (S::is_bytes) {
    w.raw(v.bytes.data(), v.bytes.size());
  } else if constexpr (std::is_same_v<T, bool>) {
    w.u32(v ? 1 : 0);
  } else if constexpr (std::is_enum_v<T>) {
    w.u32(static_cast<std::uint32_t>(v));
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) {
    w.u32(static_cast<std::uint32_t>(v));
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    w.u64(static_cast<std::uint64_t>(v));
  } else if constexpr (S::is_string) {
    w.u32(static_cast<std::uint32_t>(v.bytes.size()));
    w.raw(v.bytes.data(), v.bytes.size());
  } else if constexpr (S::is_optional) {
    w.u32(v ? 1 : 0);
    if (v) put(w, *v);
  } else if constexpr (S::is_list) {
    w.u32(static_cast<std::uint32_t>(v.size()));
    for (const auto& element : v) put(w, element);
  } else if constexpr (S::is_union) {
    w.u32(static_cast<std::uint32_t>(v.number()));
    std::visit([&](const auto& arm) { put(w, arm); }, v.arm);
  } else {
    static_assert(xdr_detail::Struct<T>, "no table for this type");
    std::apply([&](auto... member) { (put(w, v.*member), ...); }, T::kXdr);
  }
}

template <typename T>
bool get(Reader& r, T& v);

namespace xdr_detail {

template <typename U>
bool get_union(Reader& r, U& v) {
  std::uint32_t number = 0;
  if (!r.u32(number)) return false;
  bool known = false, good = false;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    static_cast<void>(((static_cast<std::uint32_t>(U::kNumbers[I]) == number
                            ? (known = true, good = get(r, v.arm.template emplace<I>()), true)
                            : false) ||
                       ...));
  }
  (std::make_index_sequence<U::kNumbers.size()>{});
  return known && good;
}

template <typename L>
bool get_list(Reader& r, L& v) {
  std::uint32_t n = 0;
  // Every element takes four bytes at least, so a huge count is refused before anything is allocated for it.
  if (!r.u32(n) || n > Shape<L>::max || n > r.remaining() / 4) return false;
  v.clear();
  for (std::uint32_t i = 0; i < n; ++i)
    if (!get(r, v.emplace_back())) return false;
  return true;
}

}  // namespace xdr_detail

template <typename T>
bool get(Reader& r, T& v) {
  using S = xdr_detail::Shape<T>;
  if constexpr (xdr_detail::OwnCodec<T>) {
    const bool good = r.enter() && v.get_from(r);
    r.leave();
    return good;
  } else if constexpr (std::is_same_v<T, NoExtension>) {
    std::uint32_t version = 0;
    return r.u32(version) && version == 0;
  } else if constexpr (std::is_same_v<T, AccountId>) {
    std::uint32_t type = 0;
    return r.u32(type) && type == 0 && r.raw(v.bytes.data(), v.bytes.size());
  } else if constexpr (S::is_bytes) {
    return r.raw(v.bytes.data(), v.bytes.size());
  } else if constexpr (std::is_same_v<T, bool>) {
    std::uint32_t word = 0;
    if (!r.u32(word) || word > 1) return false;
    v = word == 1;
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    std::uint32_t word = 0;
    if (!r.u32(word)) return false;
    v = static_cast<T>(static_cast<std::int32_t>(word));
    return is_known(v);  // found beside the enumeration
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) {
    std::uint32_t word = 0;
    if (!r.u32(word)) return false;
    v = static_cast<T>(word);
    return true;
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    std::uint64_t word = 0;
    if (!r.u64(word)) return false;
    v = static_cast<T>(word);
    return true;
  } else if constexpr (S::is_string) {
    std::uint32_t n = 0;
    if (!r.u32(n) || n > T::kMax || n > r.remaining()) return false;
    v.bytes.resize(n);
    return r.raw(v.bytes.data(), n);
  } else if constexpr (S::is_optional) {
    bool present = false;
    if (!get(r, present)) return false;
    v.reset();
    return !present || get(r, v.emplace());
  } else if constexpr (S::is_list) {
    return xdr_detail::get_list(r, v);
  } else if constexpr (S::is_union) {
    return xdr_detail::get_union(r, v);
  } else {
    static_assert(xdr_detail::Struct<T>, "no table for this type");
    const bool good =
        r.enter() && std::apply([&](auto... member) { return (get(r, v.*member) && ...); }, T::kXdr);
    r.leave();
    return good;
  }
}

}  // namespace paytick::chain
