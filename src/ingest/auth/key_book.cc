#include "ingest/auth/key_book.h"

#include <sodium.h>

#include <algorithm>
#include <mutex>

#include "ingest/catalog.h"
#include "model/codec.h"

namespace paytick::ingest {
namespace {

constexpr std::string_view kPrefix = "ptk_";
constexpr std::size_t kKeyBytesMax = 256;

bool equal(const KeyHash& a, const KeyHash& b) {
  return sodium_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

Identity identity_of(const ApiKey& key) {
  Identity who;
  who.role = key.platform.is_zero() ? Role::operator_ : Role::platform;
  who.platform = key.platform;
  who.scopes = scopes_of(key);
  who.key_id = to_text(key.id);
  return who;
}

template <typename Key>
std::vector<Key> by_age(const std::unordered_map<KeyId, Key>& keys) {
  std::vector<Key> out;
  out.reserve(keys.size());
  for (const auto& [id, key] : keys) out.push_back(key);
  std::ranges::sort(out, [](const Key& a, const Key& b) {
    return std::pair(a.created_at.ms, a.id) < std::pair(b.created_at.ms, b.id);
  });
  return out;
}

template <typename Key>
log::NewRecord record_of(const Key& key, TimeMs append_time) {
  log::NewRecord record{kCatalogTopic, append_time, "key:" + to_text(key.id), {}};
  codec::write(codec::CatalogLine(key), record.value);
  return record;
}

}  // namespace

KeyHash hash_api_key(std::string_view text) {
  KeyHash hash;
  crypto_generichash(hash.bytes.data(), hash.bytes.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return hash;
}

void KeyBook::apply(const ApiKey& key) {
  const std::unique_lock lock(mutex_);
  if (keys_.size() < kKeysMax || keys_.contains(key.id)) keys_[key.id] = key;
}

void KeyBook::apply(const TokenIssuer& issuer) {
  const std::unique_lock lock(mutex_);
  if (issuers_.size() < kKeysMax || issuers_.contains(issuer.id)) issuers_[issuer.id] = issuer;
}

std::optional<Identity> KeyBook::find(std::string_view text) const {
  if (text.empty() || text.size() > kKeyBytesMax) return std::nullopt;
  const KeyHash hash = hash_api_key(text);
  std::optional<Identity> found;
  for (const ConfiguredKey& key : configured_) {  // all of them: the time says nothing
    if (!equal(hash, key.hash)) continue;
    found.emplace();
    found->role = key.platform.is_zero() ? Role::operator_ : Role::platform;
    found->platform = key.platform;
    found->scopes = key.platform.is_zero() ? Scopes::all() : key.scopes;
    found->key_id = "configured";
  }
  if (found || text.size() != kApiKeyText || !text.starts_with(kPrefix)) return found;
  const auto id = parse_id<KeyId>(text.substr(kPrefix.size(), kShortIdText));
  if (!id) return std::nullopt;
  const std::shared_lock lock(mutex_);
  const auto it = keys_.find(*id);
  if (it == keys_.end() || !equal(hash, it->second.hash) || it->second.revoked_at.ms != 0)
    return std::nullopt;
  return identity_of(it->second);
}

std::optional<TokenIssuer> KeyBook::issuer(const KeyId& id) const {
  const std::shared_lock lock(mutex_);
  const auto it = issuers_.find(id);
  if (it == issuers_.end() || it->second.revoked_at.ms != 0) return std::nullopt;
  return it->second;
}

std::optional<TokenIssuer> KeyBook::any_issuer(const KeyId& id) const {
  const std::shared_lock lock(mutex_);
  const auto it = issuers_.find(id);
  return it == issuers_.end() ? std::nullopt : std::optional(it->second);
}

std::optional<ApiKey> KeyBook::api_key(const KeyId& id) const {
  const std::shared_lock lock(mutex_);
  const auto it = keys_.find(id);
  return it == keys_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<ApiKey> KeyBook::api_keys() const {
  const std::shared_lock lock(mutex_);
  return by_age(keys_);
}

std::vector<TokenIssuer> KeyBook::issuers() const {
  const std::shared_lock lock(mutex_);
  return by_age(issuers_);
}

std::size_t KeyBook::size() const {
  const std::shared_lock lock(mutex_);
  return keys_.size() + issuers_.size();
}

Scopes scopes_of(const ApiKey& key) {
  if (key.platform.is_zero()) return Scopes::all();
  return Scopes{}
      .with(Scope::ingest, key.ingest)
      .with(Scope::backfill, key.backfill)
      .with(Scope::catalogue, key.catalogue)
      .with(Scope::read, key.read);
}

NewApiKey make_api_key(Random& random) {
  NewApiKey made;
  made.key.id = random.id<KeyId>();
  made.text = std::string(kPrefix) + to_text(made.key.id) + "_" + to_text(random.id<KeyHash>());
  made.key.hash = hash_api_key(made.text);
  return made;
}

log::NewRecord key_record(const ApiKey& key, TimeMs append_time) { return record_of(key, append_time); }
log::NewRecord key_record(const TokenIssuer& issuer, TimeMs append_time) {
  return record_of(issuer, append_time);
}

}  // namespace paytick::ingest
