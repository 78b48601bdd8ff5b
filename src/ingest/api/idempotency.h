#pragma once
// The header Idempotency-Key. The key becomes the charge's or credit's own, so that key and charge stand or
// fall together in the fold (DESIGN.md §3): the same key and payload give the same answer, another payload is
// "key_conflict" (409).

#include <string>
#include <string_view>

#include "ingest/http_routes.h"
#include "model/error.h"

namespace paytick::ingest {

inline constexpr std::size_t kIdempotencyKeyBytesMax = 120;  // with its prefix below kReferenceBytesMax

// The charge's key: "http:" and the header's text. Codes: "missing_field" when there is none,
// "bad_field" when it is too long or not printable ASCII.
Result<std::string> idempotency_key(const HttpRequest& request);

// Empty where there is none: for what has a key of its own, and needs the header only to be told apart.
Result<std::string> optional_idempotency_key(const HttpRequest& request);

// The same of the header's text itself.
Result<std::string> idempotency_key(std::string_view header);

}  // namespace paytick::ingest
