#include "ingest/api/idempotency.h"

#include <algorithm>

#include "ingest/errors.h"

namespace paytick::ingest {

Result<std::string> idempotency_key(std::string_view header) {
  if (header.empty()) {
    return fail(code::kMissingField,
                "Send the header Idempotency-Key: a random text of your own for this payment, the same one "
                "whenever you repeat it.");
  }
  const bool printable = std::ranges::all_of(header, [](char c) { return c > ' ' && c <= '~'; });
  if (header.size() > kIdempotencyKeyBytesMax || !printable) {
    return fail(code::kBadField, "Idempotency-Key has 1 to " + std::to_string(kIdempotencyKeyBytesMax) +
                                     " printable ASCII characters without spaces.");
  }
  return "http:" + std::string(header);
}

Result<std::string> idempotency_key(const HttpRequest& request) {
  return idempotency_key(request.header("idempotency-key"));
}

Result<std::string> optional_idempotency_key(const HttpRequest& request) {
  const std::string header(request.header("idempotency-key"));
  return header.empty() ? std::string() : idempotency_key(header);
}

}  // namespace paytick::ingest
