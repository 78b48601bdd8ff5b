#pragma once
// dev.json as other commands read it.

#include <filesystem>
#include <string>

#include "model/error.h"
#include "model/ids.h"

namespace paytick::app::dev {

struct DevFile {
  std::string listen, rpc_url, friendbot_url, network_passphrase, platform_api_key, database_url;
  ContractId router;
  MeterId viewer_meter;
  std::string viewer, creator;  // accounts, G…
  std::string operator_secret, viewer_secret;
};

// Code "not_running": there is no dev.json, so `paytick up --dev` is not ready on this folder.
Result<DevFile> read_dev_file(const std::filesystem::path& data);
// The same, with a gateway's URL in it.
Result<DevFile> read_dev_file_with_gateway(const std::filesystem::path& data);

// Writes the URL of a gateway beside `paytick dev` into dev.json; of several the latest stands there. Codes
// "not_running", "file_write".
Result<void> announce_gateway(const std::filesystem::path& data, const std::string& url);

}  // namespace paytick::app::dev
