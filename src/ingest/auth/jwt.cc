#include "ingest/auth/jwt.h"

#include <sodium.h>

#include <algorithm>

#include "ingest/auth/base64.h"
#include "model/json.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kKidBytesMax = 100;

std::optional<std::string> text_member(json::Value object, std::string_view name) {
  const auto member = object.member(name);
  if (!member || member.repeated) return std::nullopt;
  const auto text = member.value().string();
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

std::optional<Jwt> split_jwt(std::string_view token) {
  if (token.size() > kJwtBytesMax || std::ranges::count(token, '.') != 2) return std::nullopt;
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  auto header = from_base64url(token.substr(0, first), kJwtBytesMax);
  auto payload = from_base64url(token.substr(first + 1, second - first - 1), kJwtBytesMax);
  const auto signature = from_base64url(token.substr(second + 1), 64);
  if (!header || !payload || !signature || signature->size() != 64) return std::nullopt;
  json::Document document;
  const auto object = document.parse(header->data(), header->size());
  if (!object || !object->is_object()) return std::nullopt;
  if (object->member("crit") || object->member("b64") || text_member(*object, "alg") != "EdDSA")
    return std::nullopt;
  Jwt jwt;
  auto kid = text_member(*object, "kid");
  if (!kid || kid->empty() || kid->size() > kKidBytesMax) return std::nullopt;
  jwt.kid = std::move(*kid);
  if (object->member("typ")) {
    auto typ = text_member(*object, "typ");
    if (!typ) return std::nullopt;
    jwt.typ = std::move(*typ);
  }
  jwt.payload = std::move(*payload);
  jwt.signed_ = token.substr(0, second);
  std::ranges::copy(*signature, jwt.signature.begin());
  return jwt;
}

bool verify_jwt(const Jwt& jwt, const PublicKey& key) {
  return crypto_sign_verify_detached(jwt.signature.data(),
                                     reinterpret_cast<const unsigned char*>(jwt.signed_.data()),
                                     jwt.signed_.size(), key.bytes.data()) == 0;
}

JwtSigner::JwtSigner(const SecretBytes& seed) {
  crypto_sign_seed_keypair(public_.bytes.data(), secret_.data(), seed.data());
  const std::string canonical =
      R"({"crv":"Ed25519","kty":"OKP","x":")" + to_base64url(as_text(public_.bytes)) + R"("})";
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(canonical.data()), canonical.size());
  kid_ = to_base64url(as_text(hash));
}

std::string JwtSigner::sign(std::string_view typ, std::string_view payload) const {
  std::string header = R"({"alg":"EdDSA","typ":")";
  header.append(typ).append(R"(","kid":")").append(kid_).append(R"("})");
  std::string token = to_base64url(header) + "." + to_base64url(payload);
  std::array<std::uint8_t, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(token.data()),
                       token.size(), secret_.data());
  return token.append(".").append(to_base64url(as_text(signature)));
}

std::string JwtSigner::jwk() const {
  return R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":")" + kid_ + R"(","x":")" +
         to_base64url(as_text(public_.bytes)) + R"("})";
}

}  // namespace paytick::ingest
