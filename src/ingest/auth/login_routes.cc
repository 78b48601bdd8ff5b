#include "ingest/auth/login_routes.h"

#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kTokenBytesMax = 512;
constexpr std::size_t kSignatureBytesMax = 128;

Result<AccountId> account_in(const Body& body) {
  const auto text = body.required_text("account", kStrkeyText);
  if (!text) return tl::unexpected(text.error());
  const auto account = parse_id<AccountId>(*text);
  if (!account) return fail(code::kBadField, "The field account is not a Stellar account (G…).");
  return *account;
}

HttpResponse tokens_answer(const Result<LoginDesk::Tokens>& tokens) {
  if (!tokens) return error_response(tokens.error());
  JsonAnswer json;
  json.text("token", tokens->session).text("refreshToken", tokens->refresh);
  json.text("account", to_text(tokens->account)).integer("expiresAt", tokens->session_expires.ms);
  return json.integer("refreshExpiresAt", tokens->refresh_expires.ms).response();
}

HttpResponse challenge(const LoginDesk& desk, const HttpRequest& request) {
  const auto body = Body::parse(request.body);
  if (!body) return error_response(body.error());
  const auto account = account_in(*body);
  if (!account) return error_response(account.error());
  const auto made = desk.challenge(*account, request.header("origin"));
  if (!made) return error_response(made.error());
  return JsonAnswer().text("message", made->message).integer("expiresAt", made->expires.ms).response();
}

HttpResponse login(const LoginDesk& desk, const HttpRequest& request) {
  const auto body = Body::parse(request.body);
  if (!body) return error_response(body.error());
  const auto account = account_in(*body);
  if (!account) return error_response(account.error());
  const auto message = body->required_text("message", kChallengeBytesMax);
  if (!message) return error_response(message.error());
  const auto signature = body->required_text("signature", kSignatureBytesMax);
  if (!signature) return error_response(signature.error());
  return tokens_answer(desk.login(*account, request.header("origin"), *message, *signature));
}

HttpResponse refresh(const LoginDesk& desk, const HttpRequest& request) {
  const auto body = Body::parse(request.body);
  if (!body) return error_response(body.error());
  const auto token = body->required_text("refreshToken", kTokenBytesMax);
  if (!token) return error_response(token.error());
  return tokens_answer(desk.refresh(*token));
}

HttpResponse logout(const LoginDesk& desk, const HttpRequest& request) {
  if (request.who.role != Role::creator)
    return error_response({std::string(code::kUnauthorized), "There is no login with this token."});
  const std::string& header = request.authorization;
  const auto done = desk.logout(header.substr(header.find(' ') + 1));
  if (!done) return error_response(done.error());
  HttpResponse response;
  response.status = 204;
  return response;
}

HttpResponse me(const HttpRequest& request) {
  const Identity& who = request.who;
  if (who.role == Role::nobody)
    return error_response({std::string(code::kUnauthorized), "Nobody is logged in with this request."});
  JsonAnswer json;
  json.text("role", to_text(who.role));
  if (who.is_viewer()) json.text("account", to_text(who.account));
  if (!who.platform.is_zero()) json.text("platform", to_text(who.platform));
  if (!who.is_viewer()) json.texts("scopes", words_of(who.scopes));
  return json.text("key", who.key_id).response();
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
