#pragma once
// The keys that development mode makes up at its first start and keeps in the data folder (`secrets.json`,
// mode 0600). Play money only: they are for networks that anyone may print money on.

#include <filesystem>
#include <string>

#include "chain/keys.h"
#include "ingest/resume_tokens.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/ports.h"

namespace paytick::app::dev {

struct Secrets {
  chain::SecretKey operator_key;  // admin of the router, and its fee account
  chain::SecretKey settler;
  chain::SecretKey viewer;
  chain::SecretKey creator;
  std::string platform_api_key;

  // Pays credits; follows from the settler's, so that folders of before have one, too.
  chain::SecretKey treasury() const;
};

// Reads them, or makes them. Codes "secrets_corrupt", "file_write".
Result<Secrets> load_or_make_secrets(const std::filesystem::path& file, Random& random);

}  // namespace paytick::app::dev
