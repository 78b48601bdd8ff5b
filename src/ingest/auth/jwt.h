#pragma once
// JSON Web Tokens as paytick takes and gives them (RFC 7515, 7519, 8037): compact, EdDSA with ed25519 and
// nothing else. Which algorithm a token asks for decides nothing: another one than EdDSA is refused before
// its signature is looked at, and keys are of one kind.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/auth/secrets.h"
#include "model/access.h"

namespace paytick::ingest {

inline constexpr std::size_t kJwtBytesMax = 4'096;

// A token taken apart; what it says is not believed yet.
struct Jwt {
  std::string kid;
  std::string typ;           // empty when there is none
  std::string payload;       // JSON
  std::string_view signed_;  // into the token's text
  std::array<std::uint8_t, 64> signature{};
};

// Nothing for what is not three parts of canonical base64url, or whose header is not an object with alg EdDSA
// and a kid, or asks for what we do not do (`crit`, `b64`), or names a member twice.
std::optional<Jwt> split_jwt(std::string_view token);
bool verify_jwt(const Jwt& jwt, const PublicKey& key);

// A key that signs, from 32 random bytes. Its kid is the thumbprint of its public key (RFC 7638).
class JwtSigner {
 public:
  explicit JwtSigner(const SecretBytes& seed);
  // `typ` and `payload` are our own: plain words, and JSON.
  std::string sign(std::string_view typ, std::string_view payload) const;
  const std::string& kid() const { return kid_; }
  const PublicKey& public_key() const { return public_; }
  // {"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"…","x":"…"}
  std::string jwk() const;

 private:
  std::array<std::uint8_t, 64> secret_{};
  PublicKey public_;
  std::string kid_;
};

}  // namespace paytick::ingest
