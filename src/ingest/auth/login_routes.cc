#include "ingest/auth/login_routes.h"

#include "ingest/auth/answers.h"
#include "ingest/auth/request_body.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kTokenBytesMax = 512;
constexpr std::size_t kSignatureBytesMax = 128;

Result<AccountId> account_in(const RequestBody& body) {
  const auto text = body.text("account", kStrkeyText);
  if (!text) return tl::unexpected(text.error());
  const auto account = parse_id<AccountId>(*text);
  if (!account) return fail(code::kBadField, "The field account is not a Stellar account (G…).");
  return *account;
}

HttpResponse tokens_answer(const Result<LoginDesk::Tokens>& tokens) {
  if (!tokens) return refuse_with(tokens.error());
  JsonAnswer json;
  json.add("token", tokens->session);
  json.add("refreshToken", tokens->refresh);
  json.add("account", to_text(tokens->account));
  json.add("expiresAt", tokens->session_expires.ms);
  json.add("refreshExpiresAt", tokens->refresh_expires.ms);
  return json.respond();
}

HttpResponse challenge(const LoginDesk& desk, const HttpRequest& request) {
  const auto body = RequestBody::read(request.body);
  if (!body) return refuse_with(body.error());
  const auto account = account_in(**body);
  if (!account) return refuse_with(account.error());
  const auto made = desk.challenge(*account, request.header("origin"));
  if (!made) return refuse_with(made.error());
  JsonAnswer json;
  json.add("message", made->message);
  json.add("expiresAt", made->expires.ms);
  return json.respond();
}

HttpResponse login(const LoginDesk& desk, const HttpRequest& request) {
  const auto body = RequestBody::read(request.body);
  if (!body) return refuse_with(body.error());
  const auto account = account_in(**body);
  if (!account) return refuse_with(account.error());
  const auto message = (*body)->text("message", kChallengeBytesMax);
  if (!message) return refuse_with(message.error());
  const auto signature = (*body)->text("signature", kSignatureBytesMax);
  if (!signature) return refuse_with(signature.error());
  return tokens_answer(desk.login(*account, request.header("origin"), *message, *signature));
}

HttpResponse refresh(const LoginDesk& desk, const HttpRequest& request) {
  const auto body = RequestBody::read(request.body);
  if (!body) return refuse_with(body.error());
  const auto token = (*body)->text("refreshToken", kTokenBytesMax);
  if (!token) return refuse_with(token.error());
  return tokens_answer(desk.refresh(*token));
}

HttpResponse logout(const LoginDesk& desk, const HttpRequest& request) {
  if (request.who.role != Role::creator)
    return refuse_with({std::string(code::kUnauthorized), "There is no login with this token."});
  const std::string& header = request.authorization;
  const auto done = desk.logout(header.substr(header.find(' ') + 1));
  if (!done) return refuse_with(done.error());
  HttpResponse response;
  response.status = 204;
  return response;
}

HttpResponse me(const HttpRequest& request) {
  const Identity& who = request.who;
  if (who.role == Role::nobody)
    return refuse_with({std::string(code::kUnauthorized), "Nobody is logged in with this request."});
  JsonAnswer json;
  json.add("role", to_text(who.role));
  if (who.is_viewer()) json.add("account", to_text(who.account));
  if (!who.platform.is_zero()) json.add("platform", to_text(who.platform));
  if (!who.is_viewer()) add_scopes(json, who.scopes);
  json.add("key", who.key_id);
  return json.respond();
}

}  // namespace

void add_login_routes(HttpRoutes& routes, const LoginDesk& desk, const PlayTokens& play) {
  const auto with_desk = [&desk](HttpResponse (*handler)(const LoginDesk&, const HttpRequest&)) {
    return [&desk, handler](const HttpRequest& request) { return handler(desk, request); };
  };
  routes.add("POST", "/v1/login/challenge", RunOn::loop, with_desk(challenge));
  routes.add("POST", "/v1/login", RunOn::pool, with_desk(login));
  routes.add("POST", "/v1/login/refresh", RunOn::pool, with_desk(refresh));
  routes.add("POST", "/v1/logout", RunOn::pool, with_desk(logout));
  routes.add("GET", "/v1/me", RunOn::loop, me);
  routes.add("GET", "/.well-known/jwks.json", RunOn::loop, [&play](const HttpRequest&) {
    HttpResponse response;
    response.body = play.jwks();
    return response;
  });
}

}  // namespace paytick::ingest
