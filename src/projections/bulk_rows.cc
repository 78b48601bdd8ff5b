#include "projections/bulk_rows.h"

namespace paytick::projections::bulk {
namespace {

void append_number(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

void Column::put_number(std::uint64_t value, std::size_t bytes) {
  append_number(elements_, bytes, 4);
  append_number(elements_, value, bytes);
  ++count_;
}

void Column::put_bytes(const std::uint8_t* data, std::size_t bytes) {
  append_number(elements_, bytes, 4);
  elements_.append(reinterpret_cast<const char*>(data), bytes);
  ++count_;
}

void Column::put(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    if (c == '\0')
      shown += "\xEF\xBF\xBD";
    else
      shown += c;
  }
  put_bytes(reinterpret_cast<const std::uint8_t*>(shown.data()), shown.size());
}

void Column::put_null() {
  append_number(elements_, 0xFFFFFFFF, 4);
  ++count_;
  has_null_ = true;
}

std::string Column::finish(std::uint32_t element_oid) const {
  std::string out;
  out.reserve(20 + elements_.size());
  append_number(out, 1, 4);  // dimensions
  append_number(out, has_null_ ? 1 : 0, 4);
  append_number(out, element_oid, 4);
  append_number(out, count_, 4);
  append_number(out, 1, 4);  // index of the first
  return out + elements_;
}

}  // namespace paytick::projections::bulk
