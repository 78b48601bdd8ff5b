#include "ingest/auth/identity.h"

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

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
