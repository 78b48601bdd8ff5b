#include "ingest/auth/session_tokens.h"

#include <cstring>

#include "ingest/auth/base64.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kBodyBytes = 32 + 16 + 8 + 8;
constexpr std::size_t kTokenBytes = kBodyBytes + 32;

void put_number(std::string& out, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

std::uint64_t number_at(const std::string& in, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    number |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(in[at + i])) << (8 * i);
  }
  return number;
}

SecretBytes mac_of(const SecretBytes& key, std::string_view prefix, std::string_view body) {
  return keyed_mac(key, std::string(prefix).append(body));
}

}  // namespace

SessionTokens::SessionTokens(const SecretBytes& installation)
    : key_(derive_secret(installation, "paytick login tokens 1")) {}

std::string SessionTokens::issue(std::string_view prefix, const LoginToken& token) const {
  std::string body;
  body.reserve(kTokenBytes);
  body.append(as_text(token.account.bytes)).append(as_text(token.login.bytes));
  put_number(body, token.number);
  put_number(body, static_cast<std::uint64_t>(token.expires.ms));
  const SecretBytes mac = mac_of(key_, prefix, body);
  body.append(as_text(mac));
  return std::string(prefix) + to_base64url(body);
}

std::optional<LoginToken> SessionTokens::verify(std::string_view prefix, std::string_view text,
                                                TimeMs now) const {
  if (!text.starts_with(prefix)) return std::nullopt;
  const auto raw = from_base64url(text.substr(prefix.size()), kTokenBytes);
  if (!raw || raw->size() != kTokenBytes) return std::nullopt;
  SecretBytes given{};
  std::memcpy(given.data(), raw->data() + kBodyBytes, given.size());
  if (!equal_secrets(given, mac_of(key_, prefix, std::string_view(*raw).substr(0, kBodyBytes))))
    return std::nullopt;
  LoginToken token;
  std::memcpy(token.account.bytes.data(), raw->data(), 32);
  std::memcpy(token.login.bytes.data(), raw->data() + 32, 16);
  token.number = number_at(*raw, 48);
  token.expires = TimeMs{static_cast<std::int64_t>(number_at(*raw, 56))};
  if (now >= token.expires) return std::nullopt;
  return token;
}

}  // namespace paytick::ingest
