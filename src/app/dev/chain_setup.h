#pragma once
// A development chain made ready for paytick, wherever it runs: accounts, contracts, and a viewer whose meter
// holds 5 XLM; and dev.json, which says where everything is.

#include <filesystem>
#include <string>
#include <string_view>

#include "app/dev/secrets.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick::app::dev {

inline constexpr Amount kViewerTopUp{50'000'000};  // 5 XLM

struct DevServices {
  std::string rpc_url, friendbot_url, network_passphrase, database_url;
  bool elsewhere = false;  // they do not end with the process that writes dev.json
};
struct DevContracts {
  ContractId router;
  MeterId viewer_meter;
};

// May be repeated: what is there is left alone, and the viewer is topped up once (`data` remembers it, so
// that what was watched stays paid after a restart). Blocks for some ledgers. Codes: settler/dev_chain.h.
Result<DevContracts> set_up_chain(const DevServices& services, const Secrets& secrets,
                                  const std::filesystem::path& data);

// dev.json's member "services" then; otherwise they are a running process's, and end with it.
inline constexpr std::string_view kServicesElsewhere = "elsewhere";
std::filesystem::path dev_json(const std::filesystem::path& data);
// dev.json, whole or not at all, mode 0600; `listen` is the gateway's URL, if there is one yet.
Result<void> announce(const std::filesystem::path& data, const DevServices& services, const Secrets& secrets,
                      const DevContracts& contracts, const std::string& listen);

}  // namespace paytick::app::dev
