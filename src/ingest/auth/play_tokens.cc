#include "ingest/auth/play_tokens.h"

namespace paytick::ingest {

PlayTokens::PlayTokens(const SecretBytes& installation, std::span<const SecretBytes> seeds,
                       std::int64_t grace_ms)
    : grace_ms_(grace_ms), jwks_(R"({"keys":[)") {
  for (const SecretBytes& seed : seeds) signers_.emplace_back(seed);
  if (signers_.empty()) signers_.emplace_back(derive_secret(installation, "paytick play tokens 1"));
  for (const JwtSigner& signer : signers_) {
    if (&signer != &signers_.front()) jwks_ += ',';
    jwks_ += signer.jwk();
  }
  jwks_ += "]}";
}

TimeMs PlayTokens::expires(TimeMs paid_until) const {
  return TimeMs{(paid_until.ms + grace_ms_ + 999) / 1'000 * 1'000};
}

std::string PlayTokens::issue(const Order& order, TimeMs now) const {
  std::string payload = R"({"aud":"play","session":")" + to_text(order.session);
  payload.append(R"(","content":")").append(to_text(order.content));
  payload.append(R"(","attachment":")").append(to_text(order.attachment));
  payload.append(R"(","iat":)").append(std::to_string(now.ms / 1'000));
  payload.append(R"(,"exp":)").append(std::to_string(expires(order.paid_until).ms / 1'000)).append("}");
  return signers_.front().sign(kPlayTokenType, payload);
}

}  // namespace paytick::ingest
