// Tokens that platforms give their viewers, and play tokens: what is taken, and what an attacker may try.

#include <gtest/gtest.h>

#include "auth_fixture.h"
#include "ingest/auth/authenticator.h"
#include "ingest/auth/play_tokens.h"

namespace paytick::ingest::testing {
namespace {

class ViewerTokenTest : public ::testing::Test {
 protected:
  ViewerTokenTest() {
    issuer_.id.bytes.fill(3);
    issuer_.label = "backend";
    issuer_.platform.bytes.fill(4);
    issuer_.public_key.bytes = platform_.account.bytes;
    issuer_.created_at = {1};
    keys_.apply(issuer_);
  }

  std::string header() const {
    return R"({"alg":"EdDSA","typ":"JWT","kid":")" + to_text(issuer_.id) + R"("})";
  }
  std::string claims(const std::string& more = {}) const {
    return R"({"iss":")" + to_text(issuer_.platform) + R"(","sub":")" + to_text(viewer_) +
           R"(","aud":"paytick","exp":)" + std::to_string(now_.ms / 1'000 + 600) + more + "}";
  }
  std::string token(const std::string& header, const std::string& claims) const {
    const std::string text = to_base64url(header) + "." + to_base64url(claims);
    return text + "." + to_base64url(platform_.sign_raw(text));
  }
  bool takes(const std::string& token) const { return tokens_.verify(token, now_).has_value(); }
  bool takes_claims(const std::string& claims) const { return takes(token(header(), claims)); }
  std::string with(std::string claims, const std::string& old, const std::string& now) const {
    return claims.replace(claims.find(old), old.size(), now);
  }

  const Wallet platform_{secret(5)};
  const AccountId viewer_ = Wallet(secret(6)).account;
  const TimeMs now_{1'790'000'000'000};
  TokenIssuer issuer_;
  KeyBook keys_;
  const ViewerTokens tokens_{keys_, "paytick"};
};

TEST_F(ViewerTokenTest, SaysWhoTheViewerIs) {
  const auto who = tokens_.verify(token(header(), claims()), now_);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->role, Role::viewer);
  EXPECT_EQ(who->account, viewer_);
  EXPECT_EQ(who->platform, issuer_.platform);
  EXPECT_TRUE(takes_claims(with(claims(), R"("aud":"paytick")", R"("aud":["x","paytick"])")));
  EXPECT_TRUE(takes_claims(claims(R"(,"nbf":1790000000,"iat":1790000000,"name":"Ada","x":{"y":[1]})")));
}

TEST_F(ViewerTokenTest, HoldsForItsTimeAlone) {
  const auto at = [this](const std::string& exp, const std::string& more = {}) {
    return takes_claims(with(claims(more), "1790000600", exp));
  };
  EXPECT_TRUE(at("1790000001"));
  EXPECT_TRUE(at("1789999971")) << "clocks differ";
  EXPECT_FALSE(at("1789999970"));
  EXPECT_TRUE(at("1790086400"));
  EXPECT_FALSE(at("1790086401")) << "a token that holds for long cannot be taken back";
  for (const char* bad :
       {"-1", "1.79e9", "1790000001.5", "\"1790000600\"", "null", "99999999999999999999", "[]"}) {
    EXPECT_FALSE(at(bad)) << bad;
  }
  EXPECT_FALSE(takes_claims(with(claims(), R"("exp")", R"("expires")")));
  EXPECT_TRUE(takes_claims(claims(R"(,"nbf":1790000030)")));
  EXPECT_FALSE(takes_claims(claims(R"(,"nbf":1790000031)")));
  EXPECT_FALSE(takes_claims(claims(R"(,"nbf":"soon")")));
  EXPECT_FALSE(takes_claims(claims(R"(,"iat":1790000031)")));
}

TEST_F(ViewerTokenTest, NoOtherAlgorithmIsEverAskedFor) {
  const std::string kid = R"(,"kid":")" + to_text(issuer_.id) + R"("})";
  for (const char* alg :
       {"none", "None", "", "HS256", "HS512", "RS256", "ES256", "eddsa", "EDDSA", "Ed25519"}) {
    EXPECT_FALSE(takes(token(R"({"alg":")" + std::string(alg) + "\"" + kid, claims()))) << alg;
  }
  EXPECT_FALSE(takes(token("{" + kid.substr(1), claims())));
  EXPECT_FALSE(takes(token(R"({"alg":["EdDSA"])" + kid, claims())));
  EXPECT_FALSE(takes(token(R"({"alg":"EdDSA","alg":"EdDSA")" + kid, claims())));
  EXPECT_FALSE(takes(token(R"({"alg":"EdDSA","alg":"none")" + kid, claims())));
  EXPECT_FALSE(takes(token(R"({"alg":"EdDSA","crit":["b64"],"b64":false)" + kid, claims())));
  EXPECT_FALSE(takes(token(R"({"alg":"EdDSA","b64":false)" + kid, claims())));
  EXPECT_FALSE(takes(token(R"({"alg":"EdDSA","typ":"play+jwt")" + kid, claims())));
  EXPECT_TRUE(takes(token(R"({"alg":"EdDSA")" + kid, claims())));

  // The public key as a MAC's key: the classical confusion.
  const std::string hs = to_base64url(R"({"alg":"HS256","typ":"JWT")" + kid) + "." + to_base64url(claims());
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(mac.data()),
                         reinterpret_cast<const unsigned char*>(hs.data()), hs.size(),
                         issuer_.public_key.bytes.data());
  EXPECT_FALSE(takes(hs + "." + to_base64url(mac)));
  EXPECT_FALSE(takes(hs + "."));
}

TEST_F(ViewerTokenTest, TheIssuerSpeaksForItsPlatformAlone) {
  PlatformId other;
  other.bytes.fill(9);
  EXPECT_FALSE(takes_claims(with(claims(), to_text(issuer_.platform), to_text(other))));
  EXPECT_FALSE(takes_claims(with(claims(), R"("aud":"paytick")", R"("aud":"another")")));
  EXPECT_FALSE(takes_claims(with(claims(), R"("aud":"paytick")", R"("aud":[])")));
  EXPECT_FALSE(takes_claims(with(claims(), R"("aud":"paytick")", R"("aud":{"paytick":1})")));
  EXPECT_FALSE(takes_claims(with(claims(), R"("aud":"paytick",)", "")));
  EXPECT_FALSE(takes_claims(with(claims(), to_text(viewer_), "alice")));
  EXPECT_FALSE(takes_claims(with(claims(), R"("sub")", R"("sub":"x","sub")")));
  EXPECT_FALSE(takes_claims("[]"));
  EXPECT_FALSE(takes_claims("nonsense"));
  KeyId unknown;
  EXPECT_FALSE(takes(token(with(header(), to_text(issuer_.id), to_text(unknown)), claims())));
  EXPECT_FALSE(takes(token(with(header(), to_text(issuer_.id), "../../etc/passwd"), claims())));
  TokenIssuer revoked = issuer_;
  revoked.revoked_at = {2};
  keys_.apply(revoked);
  EXPECT_FALSE(takes_claims(claims()));
}

TEST_F(ViewerTokenTest, NotALetterMayChange) {
  const std::string good = token(header(), claims());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string forged = good;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(takes(forged)) << i;
  }
  for (const std::string& bad :
       {std::string(), std::string(".."), std::string("..."), good + ".", good + "=", "." + good,
        good.substr(0, good.rfind('.') + 1), std::string(1'000'000, 'A'), std::string(100'000, '.')}) {
    EXPECT_FALSE(takes(bad));
  }
}

TEST(PlayTokens, AreSignedByTheFirstKeyAndSayUntilWhen) {
  const std::array<SecretBytes, 2> seeds{secret(1), secret(2)};
  const PlayTokens tokens({}, seeds, 5'000);
  SessionId session;
  session.bytes.fill(1);
  const std::string token =
      tokens.issue({session, {}, {}, TimeMs{1'790'000'010'001}}, TimeMs{1'790'000'000'000});
  const auto jwt = split_jwt(token);
  ASSERT_TRUE(jwt);
  const JwtSigner first(secret(1)), second(secret(2));
  EXPECT_EQ(jwt->kid, first.kid());
  EXPECT_EQ(jwt->typ, "play+jwt");
  EXPECT_TRUE(verify_jwt(*jwt, first.public_key()));
  EXPECT_FALSE(verify_jwt(*jwt, second.public_key()));
  EXPECT_EQ(jwt->payload,
            R"({"aud":"play","session":"AQEBAQEBAQEBAQEBAQEBAQ","content":"AAAAAAAAAAAAAAAAAAAAAA",)"
            R"("attachment":"AAAAAAAAAAAAAAAAAAAAAA","iat":1790000000,"exp":1790000016})");
  EXPECT_NE(tokens.jwks().find(first.kid()), std::string::npos);
  EXPECT_NE(tokens.jwks().find(second.kid()), std::string::npos)
      << "tokens of the older key are checked with it";
  // A play token is nobody's login.
  const KeyBook keys;
  EXPECT_FALSE(ViewerTokens(keys, "play").verify(token, TimeMs{1'790'000'000'000}));
}

// RFC 8037, appendix A.3: the thumbprint of its key.
TEST(PlayTokens, AKeyIsNamedByItsThumbprint) {
  const auto seed = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", 32);
  SecretBytes bytes{};
  std::ranges::copy(*seed, bytes.begin());
  EXPECT_EQ(JwtSigner(bytes).kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

}  // namespace
}  // namespace paytick::ingest::testing
