#include "ingest/auth/identity.h"

#include <algorithm>
#include <utility>

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

constexpr std::pair<Scope, std::string_view> kScopes[] = {{Scope::ingest, "ingest"},
                                                          {Scope::backfill, "backfill"},
                                                          {Scope::catalogue, "catalogue"},
                                                          {Scope::read, "read"}};

tl::unexpected<Error> refused(const Identity& who, std::string message) {
  if (who.role == Role::nobody) {
    return fail(code::kUnauthorized, "Send Authorization: Bearer with a good key or token.");
  }
  return fail(code::kForbidden, std::move(message));
}

}  // namespace

std::string_view to_text(Role role) {
  switch (role) {
    case Role::nobody:
      return "nobody";
    case Role::viewer:
      return "viewer";
    case Role::creator:
      return "creator";
    case Role::platform:
      return "platform";
    case Role::operator_:
      return "operator";
  }
  return "";
}

std::optional<Scope> parse_scope(std::string_view word) {
  const auto* const found = std::ranges::find(kScopes, word, [](const auto& scope) { return scope.second; });
  return found == std::end(kScopes) ? std::nullopt : std::optional(found->first);
}

std::vector<std::string> words_of(const Scopes& scopes) {
  std::vector<std::string> words;
  for (const auto& [scope, word] : kScopes)
    if (scopes.has(scope)) words.emplace_back(word);
  return words;
}

Result<ViewerId> require_viewer(const Identity& who) {
  if (who.is_viewer()) return who.account;
  return refused(who, "Only a viewer may do this; log in.");
}

Result<void> require_viewer(const Identity& who, const ViewerId& viewer) {
  if (who.is_viewer(viewer)) return {};
  return refused(who, "This belongs to another viewer.");
}

Result<CreatorId> require_creator(const Identity& who) {
  if (who.role == Role::creator) return who.account;
  return refused(who, "Only a creator may do this; log in with the wallet.");
}

Result<void> require_creator(const Identity& who, const CreatorId& creator) {
  if (who.is_creator(creator)) return {};
  return refused(who, "This belongs to another creator.");
}

Result<PlatformId> require_platform(const Identity& who, Scope scope) {
  if (who.role != Role::platform) return refused(who, "Only a platform may do this.");
  if (who.scopes.has(scope)) return who.platform;
  return fail(code::kForbidden, "This API key lacks the scope for it.");
}

Result<void> require_operator(const Identity& who) {
  if (who.is_operator()) return {};
  return refused(who, "Only the operator may do this.");
}

}  // namespace paytick::ingest
