#include "ingest/api_keys.h"

#include <sodium.h>

namespace paytick::ingest {
namespace {

constexpr std::size_t kKeyBytesMax = 256;
constexpr std::string_view kScheme = "bearer ";

bool has_scheme(std::string_view header) {
  if (header.size() <= kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = header[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != kScheme[i]) return false;
  }
  return true;
}

}  // namespace

ApiKeyHash hash_api_key(std::string_view key) {
  ApiKeyHash hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                     nullptr, 0);
  return hash;
}

std::optional<Platform> ApiKeys::authenticate(std::string_view authorization) const {
  if (!has_scheme(authorization)) return std::nullopt;
  const std::string_view key = authorization.substr(kScheme.size());
  if (key.size() > kKeyBytesMax) return std::nullopt;
  const ApiKeyHash hash = hash_api_key(key);
  std::optional<Platform> found;
  for (const Platform& platform : platforms_) {  // all of them: the time says nothing
    if (sodium_memcmp(hash.data(), platform.key.data(), hash.size()) == 0) found = platform;
  }
  return found;
}

}  // namespace paytick::ingest
