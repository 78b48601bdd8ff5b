#include "ingest/auth/wallet_challenge.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "ingest/auth/base64.h"
#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

constexpr std::string_view kSignedPrefix = "Stellar Signed Message:\n";
constexpr std::string_view kNonceLine = "\nNonce: ", kUntilLine = "\nGood until: ", kCodeLine = "\nCode: ";

// An origin is a scheme, a host and perhaps a port: no spaces, and nothing that could feign another line.
bool is_origin(std::string_view origin) {
  return origin.size() <= kOriginBytesMax &&
         std::ranges::all_of(origin, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What stands on the line that begins so.
std::optional<std::string_view> line_after(std::string_view message, std::string_view begin) {
  const auto at = message.find(begin);
  if (at == message.npos) return std::nullopt;
  const std::string_view rest = message.substr(at + begin.size());
  return rest.substr(0, rest.find('\n'));
}

tl::unexpected<Error> refused() {
  return fail(code::kUnauthorized,
              "This is no answer to a challenge of ours; ask for a new one and sign it.");
}

}  // namespace

bool verify_signed_message(const AccountId& account, std::string_view message, std::string_view signature) {
  const auto raw = from_base64(trimmed(signature), crypto_sign_BYTES);
  if (!raw || raw->size() != crypto_sign_BYTES) return false;
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const std::string_view part : {kSignedPrefix, message}) {
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  crypto_hash_sha256_final(&state, hash.data());
  return crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(raw->data()), hash.data(),
                                     hash.size(), account.bytes.data()) == 0;
}

WalletChallenges::WalletChallenges(const SecretBytes& installation)
    : key_(derive_secret(installation, "paytick wallet challenge 1")) {}

std::string WalletChallenges::text(const AccountId& account, std::string_view origin, const LoginNonce& nonce,
                                   TimeMs expires) const {
  std::string out = origin.empty() ? "A program" : std::string(origin);
  out += " asks you to log in to paytick with your wallet.\n\nThis moves no money and costs nothing.\n";
  out.append("\nAccount: ").append(to_text(account));
  out.append(kNonceLine).append(to_base64url(as_text(nonce.bytes)));
  out.append(kUntilLine).append(std::to_string(expires.ms / 1'000)).append(" seconds since 1970");
  const SecretBytes mac = keyed_mac(key_, out);
  out.append(kCodeLine).append(to_base64url(as_text(mac)));
  return out;
}

Result<WalletChallenges::Challenge> WalletChallenges::make(const AccountId& account, std::string_view origin,
                                                           Random& random, TimeMs now) const {
  if (!is_origin(origin)) return fail(code::kBadField, "The header Origin is not an origin.");
  const TimeMs expires{(now.ms + kChallengeMs) / 1'000 * 1'000};
  return Challenge{text(account, origin, random.id<LoginNonce>(), expires), expires};
}

Result<WalletChallenges::Answer> WalletChallenges::check(const AccountId& account, std::string_view origin,
                                                         std::string_view message, std::string_view signature,
                                                         TimeMs now) const {
  if (message.size() > kChallengeBytesMax || !is_origin(origin)) return refused();
  const auto nonce_text = line_after(message, kNonceLine);
  const auto until_text = line_after(message, kUntilLine);
  const auto nonce = nonce_text ? from_base64url(*nonce_text, LoginNonce::kSize) : std::nullopt;
  std::int64_t seconds = 0;
  if (!nonce || nonce->size() != LoginNonce::kSize || !until_text ||
      std::from_chars(until_text->data(), until_text->data() + until_text->size(), seconds).ec !=
          std::errc{} ||
      seconds < 0 || seconds > kTimeMax.ms / 1'000) {
    return refused();
  }
  Answer answer;
  std::ranges::copy(*nonce, answer.nonce.bytes.begin());
  answer.expires = TimeMs{seconds * 1'000};
  // The whole text is made again, so that not a letter of it can be another; hashed, so that comparing tells
  // nothing.
  const SecretBytes expected = keyed_mac(key_, text(account, origin, answer.nonce, answer.expires));
  if (!equal_secrets(expected, keyed_mac(key_, message))) return refused();
  if (now >= answer.expires) return fail(code::kUnauthorized, "The challenge is too old; ask for a new one.");
  if (!verify_signed_message(account, message, signature)) {
    return fail(code::kUnauthorized, "The signature is not this account's over the challenge.");
  }
  return answer;
}

}  // namespace paytick::ingest
