#pragma once
// Reads and writes images: plain records one after another, as they lie in memory. For snapshots, which are
// caches with a version and a checksum: what outlives a version is JSON or packed by little_endian.h.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace paytick {

static_assert(std::endian::native == std::endian::little, "an image holds little-endian records");

class ImageWriter {
 public:
  template <typename T>
  void value(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  template <typename T>
  void list(const std::vector<T>& items) {
    value<std::uint64_t>(items.size());
    for (const T& item : items) value(item);
  }
  void text(std::string_view v) {
    value<std::uint64_t>(v.size());
    out_ += v;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// What is missing or impossible leaves good() false and the values as they were; the caller looks once, at
// the end.
class ImageReader {
 public:
  explicit ImageReader(std::string_view image) : left_(image) {}

  template <typename T>
  void value(T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (left_.size() < sizeof v) {
      good_ = false;
      return;
    }
    std::memcpy(static_cast<void*>(&v), left_.data(), sizeof v);
    left_.remove_prefix(sizeof v);
  }
  // Of items of at least a byte each: more than is left cannot be.
  std::uint64_t count() {
    std::uint64_t n = 0;
    value(n);
    good_ = good_ && n <= left_.size();
    return good_ ? n : 0;
  }
  template <typename T>
  void list(std::vector<T>& items) {
    items.resize(count());
    for (T& item : items) value(item);
  }
  std::string_view text() {
    const std::uint64_t n = count();
    const std::string_view v = left_.substr(0, n);
    left_.remove_prefix(v.size());
    return v;
  }
  void refuse() { good_ = false; }
  bool good() const { return good_; }
  bool done() const { return good_ && left_.empty(); }
  std::size_t left() const { return left_.size(); }

 private:
  std::string_view left_;
  bool good_ = true;
};

}  // namespace paytick
