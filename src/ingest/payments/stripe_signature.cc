#include "ingest/payments/stripe_signature.h"

#include <sodium.h>

#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace paytick::ingest::payments {
namespace {

using Mac = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Mac mac_of(std::string_view secret, std::string_view time, std::string_view body) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(time), time.size());
  crypto_auth_hmacsha256_update(&state, bytes_of("."), 1);
  crypto_auth_hmacsha256_update(&state, bytes_of(body), body.size());
  Mac mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

std::optional<Mac> from_hex(std::string_view text) {
  Mac mac{};
  std::size_t n = 0;
  if (text.size() != 2 * mac.size() ||
      sodium_hex2bin(mac.data(), mac.size(), text.data(), text.size(), nullptr, &n, nullptr) != 0 ||
      n != mac.size()) {
    return std::nullopt;
  }
  return mac;
}

struct Header {
  std::string_view time;  // as it was signed
  std::int64_t unix_s = 0;
  std::vector<Mac> macs;
};

std::optional<Header> read_header(std::string_view text) {
  if (text.size() > kSignatureHeaderBytesMax) return std::nullopt;
  Header header;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    std::string_view element = text.substr(0, comma);
    more = comma != text.npos;
    if (more) text.remove_prefix(comma + 1);
    while (element.starts_with(' ')) element.remove_prefix(1);
    const auto equals = element.find('=');
    if (equals == element.npos) return std::nullopt;
    const std::string_view name = element.substr(0, equals), value = element.substr(equals + 1);
    if (name == "t") {
      if (!header.time.empty()) return std::nullopt;
      header.time = value;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), header.unix_s);
      if (error != std::errc{} || end != value.data() + value.size() || header.unix_s < 0)
        return std::nullopt;
    } else if (name == "v1" && header.macs.size() < kSignaturesMax) {
      if (const auto mac = from_hex(value)) header.macs.push_back(*mac);
    }
  }
  if (header.time.empty() || header.macs.empty()) return std::nullopt;
  return header;
}

}  // namespace

Result<void> verify_stripe_signature(std::string_view header, std::string_view body,
                                     std::span<const std::string> secrets, TimeMs now,
                                     std::int64_t tolerance_s) {
  const auto read = read_header(header);
  if (!read) return fail("bad_signature", "The header Stripe-Signature is missing or of another form.");
  bool fits = false;
  for (const std::string& secret : secrets) {
    const Mac wanted = mac_of(secret, read->time, body);
    for (const Mac& mac : read->macs) {  // all of them: the time says nothing
      fits |= sodium_memcmp(wanted.data(), mac.data(), wanted.size()) == 0;
    }
  }
  if (!fits) return fail("bad_signature", "No signature of this message is by a secret that we know.");
  const std::int64_t now_s = now.ms / 1'000;
  if (read->unix_s < now_s - tolerance_s || read->unix_s > now_s + tolerance_s) {
    return fail("stale_signature", "The message was signed too long ago; check the clock.");
  }
  return {};
}

std::string make_stripe_signature(std::string_view body, std::string_view secret, std::int64_t unix_s) {
  const std::string time = std::to_string(unix_s);
  const Mac mac = mac_of(secret, time, body);
  std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  return "t=" + time + ",v1=" + hex.data();
}

}  // namespace paytick::ingest::payments
