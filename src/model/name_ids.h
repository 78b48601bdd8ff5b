#pragma once
// Ids derived from names that somebody else chose. A platform names its sessions and attachments as it likes;
// prefixing the hash with the platform keeps one platform's names apart from another's and makes a foreign
// session impossible to hit.

#include <string_view>

#include "model/ids.h"

namespace paytick {

// First 16 bytes of BLAKE2b-256("paytick:" kind ":" platform bytes || name).
SessionId derive_session_id(const PlatformId& platform, std::string_view name);
// The viewer is part of it: an attachment is resolved by (viewer, attachment) (DESIGN.md §3).
AttachmentId derive_attachment_id(const PlatformId& platform, const ViewerId& viewer, std::string_view name);

}  // namespace paytick
