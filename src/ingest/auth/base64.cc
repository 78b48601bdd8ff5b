#include "ingest/auth/base64.h"

#include <sodium.h>

namespace paytick::ingest {
namespace {

constexpr int kUrl = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr int kOrdinary = sodium_base64_VARIANT_ORIGINAL;

std::optional<std::string> decode(std::string_view text, std::size_t bytes_max, int variant) {
  if (text.size() > (bytes_max + 2) / 3 * 4) return std::nullopt;
  std::string out(bytes_max, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(),
                        nullptr, &size, &end, variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string to_base64url(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), kUrl), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kUrl);
  out.pop_back();  // the zero byte that sodium writes
  return out;
}

std::optional<std::string> from_base64url(std::string_view text, std::size_t bytes_max) {
  return decode(text, bytes_max, kUrl);
}

std::optional<std::string> from_base64(std::string_view text, std::size_t bytes_max) {
  return decode(text, bytes_max, kOrdinary);
}

}  // namespace paytick::ingest
