#include "ingest/auth/key_routes.h"

#include <sodium.h>

#include <algorithm>

#include "ingest/auth/base64.h"
#include "ingest/errors.h"
#include "ingest/json_answer.h"
#include "ingest/json_body.h"

namespace paytick::ingest {
namespace {

tl::unexpected<Error> bad(const char* message) { return fail(code::kBadField, message); }

Result<PlatformId> platform_in(const std::string& text, Random& random) {
  if (text.empty()) return random.id<PlatformId>();
  const auto id = parse_id<PlatformId>(text);
  if (!id || id->is_zero()) return bad("The field platform is not the id of a platform.");
  return *id;
}

Result<Scopes> scopes_in(const std::vector<std::string>& words) {
  Scopes scopes;
  for (const std::string& word : words) {
    const auto scope = parse_scope(word);
    if (!scope) return bad("scopes are ingest, backfill, catalogue and read.");
    scopes = scopes.with(*scope);
  }
  if (scopes.bits == 0) return bad("A platform's key needs scopes: ingest, backfill, catalogue, read.");
  if (scopes.has(Scope::backfill) && !scopes.has(Scope::ingest))
    return bad("The scope backfill means nothing without ingest.");
  return scopes;
}

void show_common(JsonAnswer& json, std::string_view kind, const auto& key) {
  json.text("id", to_text(key.id)).text("kind", kind).text("label", key.label);
  if (!key.platform.is_zero()) json.text("platform", to_text(key.platform));
  json.integer("createdAt", key.created_at.ms);
  if (key.revoked_at.ms == 0) {
    json.null("revokedAt");
  } else {
    json.integer("revokedAt", key.revoked_at.ms);
  }
}

void show(JsonAnswer& json, const ApiKey& key) {
  show_common(json, key.platform.is_zero() ? "operator" : "platform", key);
  json.texts("scopes", words_of(scopes_of(key)));
}

void show(JsonAnswer& json, const TokenIssuer& issuer) {
  show_common(json, "viewerKey", issuer);
  json.text("publicKey", to_text(issuer.public_key));
}

}  // namespace

template <typename Key>
Result<void> KeyDesk::write(const Key& key) const {
  const log::NewRecord record = key_record(key, parts_.clock.now());
  const auto written = parts_.log.append({&record, 1});
  if (!written) return tl::unexpected(append_error(written.error()));
  parts_.keys.apply(key);
  return {};
}

HttpResponse KeyDesk::create(const HttpRequest& request) const {
  if (auto may = require_operator(request.who); !may) return error_response(may.error());
  if (parts_.keys.size() >= kKeysMax)
    return error_response({std::string(code::kCatalogFull), "There are as many keys as there can be."});
  const auto body = Body::parse(request.body);
  if (!body) return error_response(body.error());
  const auto label = body->required_text("label", kKeyLabelBytesMax);
  if (!label) return error_response(label.error());
  const auto platform_text = body->text("platform", kShortIdText);
  if (!platform_text) return error_response(platform_text.error());
  const auto viewer_key = body->text("viewerKey", kLongIdText);
  if (!viewer_key) return error_response(viewer_key.error());
  const auto for_operator = body->flag("operator");
  if (!for_operator) return error_response(for_operator.error());
  const auto words = body->texts("scopes");
  if (!words) return error_response(words.error());
  if (*viewer_key) return create_issuer(*label, platform_text->value_or(""), **viewer_key);

  NewApiKey made = make_api_key(parts_.random);
  made.key.label = *label;
  made.key.created_at = parts_.clock.now();
  if (for_operator->value_or(false)) {
    if (*platform_text || (*words && !(*words)->empty()))
      return error_response(
          {std::string(code::kBadField), "The operator's key has no platform and no scopes."});
  } else {
    const auto scopes = scopes_in(words->value_or(std::vector<std::string>{}));
    if (!scopes) return error_response(scopes.error());
    const auto platform = platform_in(platform_text->value_or(""), parts_.random);
    if (!platform) return error_response(platform.error());
    made.key.platform = *platform;
    made.key.ingest = scopes->has(Scope::ingest);
    made.key.backfill = scopes->has(Scope::backfill);
    made.key.catalogue = scopes->has(Scope::catalogue);
    made.key.read = scopes->has(Scope::read);
  }
  if (auto written = write(made.key); !written) return error_response(written.error());
  JsonAnswer json;
  show(json, made.key);
  return json.text("key", made.text).response(201);
}

HttpResponse KeyDesk::create_issuer(const std::string& label, const std::string& platform_text,
                                    const std::string& public_key) const {
  TokenIssuer issuer;
  const auto key = parse_id<PublicKey>(public_key);
  // A point that is none, or of a small group, would make signatures worthless.
  if (!key || crypto_core_ed25519_is_valid_point(key->bytes.data()) == 0)
    return error_response({std::string(code::kBadField), "viewerKey is no ed25519 public key (base64url)."});
  const auto platform = platform_in(platform_text, parts_.random);
  if (!platform) return error_response(platform.error());
  issuer.id = parts_.random.id<KeyId>();
  issuer.label = label;
  issuer.platform = *platform;
  issuer.public_key = *key;
  issuer.created_at = parts_.clock.now();
  if (auto written = write(issuer); !written) return error_response(written.error());
  JsonAnswer json;
  show(json, issuer);
  return json.response(201);
}

HttpResponse KeyDesk::list(const HttpRequest& request) const {
  if (auto may = require_operator(request.who); !may) return error_response(may.error());
  JsonAnswer json;
  json.begin_list("items");
  const auto show_all = [&json](const auto& keys) {
    for (const auto& key : keys) {
      json.begin_item();
      show(json, key);
      json.end_item();
    }
  };
  show_all(parts_.keys.api_keys());
  show_all(parts_.keys.issuers());
  return json.end_list().null("next").response();
}

HttpResponse KeyDesk::revoke(const HttpRequest& request) const {
  if (auto may = require_operator(request.who); !may) return error_response(may.error());
  const auto id = parse_id<KeyId>(request.params.at(0));
  auto key = id ? parts_.keys.api_key(*id) : std::nullopt;
  auto issuer = id ? parts_.keys.any_issuer(*id) : std::nullopt;
  const auto end = [this](auto& found) -> HttpResponse {
    if (found.revoked_at.ms == 0) {
      found.revoked_at = parts_.clock.now();
      if (auto written = write(found); !written) return error_response(written.error());
    }
    JsonAnswer json;
    show(json, found);
    return json.response();
  };
  if (key) return end(*key);
  if (issuer) return end(*issuer);
  return error_response({std::string(code::kNotFound), "There is no key with this id."});
}

void KeyDesk::add_routes(HttpRoutes& routes) const {
  const auto with = [this](HttpResponse (KeyDesk::*handler)(const HttpRequest&) const) {
    return [this, handler](const HttpRequest& request) { return (this->*handler)(request); };
  };
  routes.add("POST", "/v1/keys", RunOn::pool, with(&KeyDesk::create));
  routes.add("GET", "/v1/keys", RunOn::pool, with(&KeyDesk::list));
  routes.add("DELETE", "/v1/keys/:id", RunOn::pool, with(&KeyDesk::revoke));
}

}  // namespace paytick::ingest
