#include "ingest/auth/login_desk.h"

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

tl::unexpected<Error> ended() {
  return fail(code::kUnauthorized, "This login has ended; log in with the wallet again.");
}

}  // namespace

LoginDesk::Tokens LoginDesk::issue(LoginToken token, TimeMs now) const {
  Tokens out;
  out.account = token.account;
  out.refresh_expires = token.expires;
  out.refresh = parts_.tokens.issue_refresh(token);
  token.expires = now + kSessionTokenMs;
  out.session_expires = token.expires;
  out.session = parts_.tokens.issue_session(token);
  return out;
}

Result<WalletChallenges::Challenge> LoginDesk::challenge(const AccountId& account,
                                                         std::string_view origin) const {
  return parts_.challenges.make(account, origin, parts_.random, parts_.clock.now());
}

Result<LoginDesk::Tokens> LoginDesk::login(const AccountId& account, std::string_view origin,
                                           std::string_view message, std::string_view signature) const {
  const TimeMs now = parts_.clock.now();
  const auto answer = parts_.challenges.check(account, origin, message, signature, now);
  if (!answer) return tl::unexpected(answer.error());
  const LoginToken token{account, parts_.random.id<LoginId>(), 0, now + kRefreshTokenMs};
  const auto begun = parts_.store.begin(answer->nonce, answer->expires, token, now);
  if (!begun) return tl::unexpected(begun.error());
  if (!*begun)
    return fail(code::kUnauthorized, "This challenge was answered before; ask for a new one and sign it.");
  return issue(token, now);
}

Result<LoginDesk::Tokens> LoginDesk::refresh(std::string_view refresh_token) const {
  const TimeMs now = parts_.clock.now();
  auto token = parts_.tokens.verify_refresh(refresh_token, now);
  if (!token) return ended();
  const auto advanced = parts_.store.advance(token->login, token->number, now + kRefreshTokenMs, now);
  if (!advanced) return tl::unexpected(advanced.error());
  if (*advanced != LoginStore::Advance::done) {
    parts_.ended.add(token->login, now + kSessionTokenMs, now);
    return ended();
  }
  ++token->number;
  token->expires = now + kRefreshTokenMs;
  return issue(*token, now);
}

Result<void> LoginDesk::logout(std::string_view text) const {
  const TimeMs now = parts_.clock.now();
  auto token = parts_.tokens.verify_session(text, now);
  if (!token) token = parts_.tokens.verify_refresh(text, now);
  if (!token) return ended();
  parts_.ended.add(token->login, now + kSessionTokenMs, now);
  return parts_.store.end(token->login);
}

}  // namespace paytick::ingest
