#include "ingest/resume_tokens.h"

#include <sodium.h>

#include <algorithm>

namespace paytick::ingest {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::size_t kTokenText = std::tuple_size_v<ResumeTokens::Token>;

}  // namespace

std::array<std::uint8_t, 16> ResumeTokens::mac(const SessionId& session) const {
  std::array<std::uint8_t, 16> out{};
  crypto_generichash(out.data(), out.size(), session.bytes.data(), session.bytes.size(), key_.data(),
                     key_.size());
  return out;
}

ResumeTokens::Token ResumeTokens::issue(const SessionId& session) const {
  std::array<std::uint8_t, kTokenBytes> raw{};
  std::ranges::copy(session.bytes, raw.begin());
  std::ranges::copy(mac(session), raw.begin() + SessionId::kSize);
  std::array<char, kTokenText + 1> text{};  // with the zero byte that sodium writes
  sodium_bin2base64(text.data(), text.size(), raw.data(), raw.size(), kVariant);
  Token token{};
  std::copy_n(text.begin(), token.size(), token.begin());
  return token;
}

std::optional<SessionId> ResumeTokens::verify(std::string_view token) const {
  if (token.size() != kTokenText) return std::nullopt;
  std::array<std::uint8_t, kTokenBytes> raw{};
  std::size_t size = 0;
  if (sodium_base642bin(raw.data(), raw.size(), token.data(), token.size(), nullptr, &size, nullptr,
                        kVariant) != 0 ||
      size != raw.size()) {
    return std::nullopt;
  }
  SessionId session;
  std::copy_n(raw.begin(), SessionId::kSize, session.bytes.begin());
  const auto expected = mac(session);
  if (sodium_memcmp(expected.data(), raw.data() + SessionId::kSize, expected.size()) != 0)
    return std::nullopt;
  return session;
}

}  // namespace paytick::ingest
