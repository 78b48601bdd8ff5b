#pragma once
// Signs webhooks as the Standard Webhooks specification says (standardwebhooks.com), so that receivers may
// verify them with the libraries that exist for it. Pure and thread-safe.
//
//   webhook-id          id of the notice: the same for every attempt and every restart
//   webhook-timestamp   seconds since the epoch, of the attempt; receivers refuse what is older than 5
//   minutes webhook-signature   "v1,<base64>" of HMAC-SHA256(secret, id.timestamp.body), one a secret, space
//   between

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace paytick::push {

// Raw bytes of a secret.
struct WebhookSecret {
  std::vector<std::uint8_t> bytes;
};

inline constexpr std::size_t kSecretBytesMin = 24;
inline constexpr std::size_t kSecretBytesMax = 64;
inline constexpr std::size_t kSecretsMax = 4;  // old and new while one is rotated; more is a mistake

// "whsec_<base64>", several with a space or a comma between them while one is rotated: all of them sign.
// Code "secret_bad".
Result<std::vector<WebhookSecret>> parse_webhook_secrets(std::string_view text);

// The value of webhook-signature.
std::string sign(std::span<const WebhookSecret> secrets, std::string_view id, std::int64_t timestamp_s,
                 std::string_view body);

}  // namespace paytick::push
