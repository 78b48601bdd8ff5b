#pragma once
// Who this installation's gateway is: an id for good, a boot number that grows with every start, and the key
// of the resume tokens. Kept in the data folder, mode 0600.

#include <cstdint>
#include <filesystem>

#include "ingest/resume_tokens.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/ports.h"

namespace paytick::app {

struct Identity {
  GatewayId gateway;
  std::uint64_t boot = 0;
  ingest::ResumeTokens::Key resume_key{};
};

// Reads it (or makes it), takes the next boot number, and writes that before it returns. Codes
// "identity_corrupt", "file_write".
Result<Identity> next_identity(const std::filesystem::path& file, Random& random, TimeMs now);

}  // namespace paytick::app
