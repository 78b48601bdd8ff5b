#include "ingest/auth/key_routes.h"

#include <sodium.h>

#include <algorithm>

#include "ingest/auth/answers.h"
#include "ingest/auth/base64.h"
#include "ingest/auth/request_body.h"

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
    if (word == "ingest") {
      scopes = scopes.with(Scope::ingest);
    } else if (word == "backfill") {
      scopes = scopes.with(Scope::backfill);
    } else if (word == "catalogue") {
      scopes = scopes.with(Scope::catalogue);
    } else if (word == "read") {
      scopes = scopes.with(Scope::read);
    } else {
      return bad("scopes are ingest, backfill, catalogue and read.");
    }
  }
  if (scopes.bits == 0) return bad("A platform's key needs scopes: ingest, backfill, catalogue, read.");
  if (scopes.has(Scope::backfill) && !scopes.has(Scope::ingest))
    return bad("The scope backfill means nothing without ingest.");
  return scopes;
}

void show_common(JsonAnswer& json, std::string_view kind, const auto& key) {
  json.add("id", to_text(key.id));
  json.add("kind", kind);
  json.add("label", key.label);
  if (!key.platform.is_zero()) json.add("platform", to_text(key.platform));
  json.add("createdAt", key.created_at.ms);
  if (key.revoked_at.ms == 0) {
    json.add_null("revokedAt");
  } else {
    json.add("revokedAt", key.revoked_at.ms);
  }
}

void show(JsonAnswer& json, const ApiKey& key) {
  show_common(json, key.platform.is_zero() ? "operator" : "platform", key);
  add_scopes(json, key.platform.is_zero() ? Scopes::all()
                                          : Scopes{}
                                                .with(Scope::ingest, key.ingest)
                                                .with(Scope::backfill, key.backfill)
                                                .with(Scope::catalogue, key.catalogue)
                                                .with(Scope::read, key.read));
}

void show(JsonAnswer& json, const TokenIssuer& issuer) {
  show_common(json, "viewerKey", issuer);
  json.add("publicKey", to_text(issuer.public_key));
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
  if (auto may = require_operator(request.who); !may) return refuse_with(may.error());
  if (parts_.keys.size() >= kKeysMax)
    return refuse_with({std::string(code::kCatalogFull), "There are as many keys as there can be."});
  const auto body = RequestBody::read(request.body);
  if (!body) return refuse_with(body.error());
  const auto label = (*body)->text("label", kKeyLabelBytesMax);
  if (!label) return refuse_with(label.error());
  const auto platform_text = (*body)->optional_text("platform", kShortIdText);
  if (!platform_text) return refuse_with(platform_text.error());
  const auto viewer_key = (*body)->optional_text("viewerKey", kLongIdText);
  if (!viewer_key) return refuse_with(viewer_key.error());
  const auto for_operator = (*body)->flag("operator");
  if (!for_operator) return refuse_with(for_operator.error());
  const auto words = (*body)->optional_texts("scopes");
  if (!words) return refuse_with(words.error());
  if (*viewer_key) return create_issuer(*label, platform_text->value_or(""), **viewer_key);

  NewApiKey made = make_api_key(parts_.random);
  made.key.label = *label;
  made.key.created_at = parts_.clock.now();
  if (*for_operator) {
    if (*platform_text || !words->empty())
      return refuse_with({std::string(code::kBadField), "The operator's key has no platform and no scopes."});
  } else {
    const auto scopes = scopes_in(*words);
    if (!scopes) return refuse_with(scopes.error());
    const auto platform = platform_in(platform_text->value_or(""), parts_.random);
    if (!platform) return refuse_with(platform.error());
    made.key.platform = *platform;
    made.key.ingest = scopes->has(Scope::ingest);
    made.key.backfill = scopes->has(Scope::backfill);
    made.key.catalogue = scopes->has(Scope::catalogue);
    made.key.read = scopes->has(Scope::read);
  }
  if (auto written = write(made.key); !written) return refuse_with(written.error());
  JsonAnswer json;
  show(json, made.key);
  json.add("key", made.text);
  return json.respond(201);
}

HttpResponse KeyDesk::create_issuer(const std::string& label, const std::string& platform_text,
                                    const std::string& public_key) const {
  TokenIssuer issuer;
  const auto key = parse_id<PublicKey>(public_key);
  // A point that is none, or of a small group, would make signatures worthless.
  if (!key || crypto_core_ed25519_is_valid_point(key->bytes.data()) == 0)
    return refuse_with({std::string(code::kBadField), "viewerKey is no ed25519 public key (base64url)."});
  const auto platform = platform_in(platform_text, parts_.random);
  if (!platform) return refuse_with(platform.error());
  issuer.id = parts_.random.id<KeyId>();
  issuer.label = label;
  issuer.platform = *platform;
  issuer.public_key = *key;
  issuer.created_at = parts_.clock.now();
  if (auto written = write(issuer); !written) return refuse_with(written.error());
  JsonAnswer json;
  show(json, issuer);
  return json.respond(201);
}

HttpResponse KeyDesk::list(const HttpRequest& request) const {
  if (auto may = require_operator(request.who); !may) return refuse_with(may.error());
  JsonAnswer json;
  json.begin_list("items");
  const auto show_all = [&json](const auto& keys) {
    for (const auto& key : keys) {
      json.begin();
      show(json, key);
      json.end();
    }
  };
  show_all(parts_.keys.api_keys());
  show_all(parts_.keys.issuers());
  json.end_list();
  json.add_null("next");
  return json.respond();
}

HttpResponse KeyDesk::revoke(const HttpRequest& request) const {
  if (auto may = require_operator(request.who); !may) return refuse_with(may.error());
  const auto id = parse_id<KeyId>(request.params.at(0));
  auto key = id ? parts_.keys.api_key(*id) : std::nullopt;
  auto issuer = id ? parts_.keys.any_issuer(*id) : std::nullopt;
  const auto end = [this](auto& found) -> HttpResponse {
    if (found.revoked_at.ms == 0) {
      found.revoked_at = parts_.clock.now();
      if (auto written = write(found); !written) return refuse_with(written.error());
    }
    JsonAnswer json;
    show(json, found);
    return json.respond();
  };
  if (key) return end(*key);
  if (issuer) return end(*issuer);
  return refuse_with({std::string(code::kNotFound), "There is no key with this id."});
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
