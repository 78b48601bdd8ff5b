#include "push/signature.h"

#include <sodium.h>

#include <array>

namespace paytick::push {
namespace {

constexpr std::string_view kPrefix = "whsec_";

auto bad_secret(const std::string& why) {
  return fail("secret_bad", "a webhook's secret " + why +
                                ": whsec_ and the base64 of 24 to 64 random bytes (" +
                                "echo whsec_$(openssl rand -base64 32))");
}

Result<WebhookSecret> parse_one(std::string_view text) {
  if (!text.starts_with(kPrefix)) return bad_secret("does not begin with whsec_");
  text.remove_prefix(kPrefix.size());
  WebhookSecret secret;
  secret.bytes.resize(kSecretBytesMax);
  std::size_t n = 0;
  const char* end = nullptr;
  if (sodium_base642bin(secret.bytes.data(), secret.bytes.size(), text.data(), text.size(), nullptr, &n, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size())
    return bad_secret("is no base64, or too long");
  if (n < kSecretBytesMin) return bad_secret("is too short");
  secret.bytes.resize(n);
  return secret;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

}  // namespace

Result<std::vector<WebhookSecret>> parse_webhook_secrets(std::string_view text) {
  std::vector<WebhookSecret> secrets;
  constexpr std::string_view kBetween = " ,\t\r\n";
  for (std::size_t at = text.find_first_not_of(kBetween); at != text.npos;) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    auto secret = parse_one(text.substr(at, end - at));
    if (!secret) return tl::unexpected(secret.error());
    secrets.push_back(std::move(*secret));
    at = text.find_first_not_of(kBetween, end);
  }
  if (secrets.empty()) return bad_secret("is missing");
  if (secrets.size() > kSecretsMax) return bad_secret("comes in more than 4 versions");
  return secrets;
}

std::string sign(std::span<const WebhookSecret> secrets, std::string_view id, std::int64_t timestamp_s,
                 std::string_view body) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  const std::string head = std::string(id) + "." + std::to_string(timestamp_s) + ".";
  std::string header;
  for (const WebhookSecret& secret : secrets) {
    crypto_auth_hmacsha256_state state;
    std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_init(&state, secret.bytes.data(), secret.bytes.size());
    crypto_auth_hmacsha256_update(&state, bytes(head), head.size());
    crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
    crypto_auth_hmacsha256_final(&state, mac.data());
    if (!header.empty()) header += ' ';
    header += "v1," + base64(mac);
  }
  return header;
}

}  // namespace paytick::push
