#pragma once
// The configuration as roles need it: read, checked, and with its secrets.

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "chain/keys.h"
#include "ingest/auth/secrets.h"
#include "ingest/resume_tokens.h"
#include "model/error.h"
#include "model/ids.h"

namespace paytick::app {

struct RoleSettings {
  Config config;
  bool development = false;
  ContractId router;
  std::optional<chain::SecretKey> settler;   // signs settlements
  std::optional<chain::SecretKey> admin;     // registers creators
  std::optional<chain::SecretKey> treasury;  // pays credits; nothing: they wait
  // Of this settler among several: pays settlements, and numbers them. Nothing: the settler's own account.
  std::optional<chain::SecretKey> channel;
  std::string platform_api_key;  // of the first platform; empty: keys are in the catalogue alone
  // Of all gateways together; nothing: each keeps its own in its data folder.
  std::optional<ingest::ResumeTokens::Key> resume_key;
  std::vector<ingest::SecretBytes> play_keys;  // seeds of the keys of play tokens, the one that signs first
};

// What must be configured.
struct RoleNeeds {
  bool chain = false;  // and the keys that sign there
  bool database = false;
  bool platform = false;
};

// As an operator runs it: chain and database from the configuration, keys from the environment. Codes
// "config_missing", "config_bad_value", "secret_…", naming the key.
Result<RoleSettings> production_settings(const Config& config, const RoleNeeds& needs);

}  // namespace paytick::app
