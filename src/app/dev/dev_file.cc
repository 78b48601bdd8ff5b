#include "app/dev/dev_file.h"

#include <fstream>
#include <sstream>

#include "app/data_folder.h"
#include "app/dev/environment.h"
#include "app/json.h"

namespace paytick::app::dev {

Result<DevFile> read_dev_file(const std::filesystem::path& data) {
  const auto path = dev_json(data);
  std::ifstream in(path);
  if (!in)
    return fail("not_running", "there is no " + path.string() +
                                   ": start `paytick up --dev` on this folder and wait until it is ready");
  if (!DataFolder::in_use(data))
    return fail("not_running",
                path.string() +
                    " is of a paytick that was killed: start `paytick up --dev` on this folder "
                    "and wait until it is ready");
  std::stringstream content;
  content << in.rdbuf();
  const auto members = read_string_members(content.str());
  const auto member = [&](const char* name) {
    const auto found = members ? members->find(name) : std::map<std::string, std::string>::const_iterator{};
    return members && found != members->end() ? found->second : std::string();
  };
  const auto router = parse_id<ContractId>(member("router"));
  const auto meter = parse_id<MeterId>(member("viewer.meter"));
  if (!router || !meter) return fail("not_running", path.string() + " is incomplete");
  return DevFile{.listen = member("listen"),
                 .rpc_url = member("rpcUrl"),
                 .friendbot_url = member("friendbotUrl"),
                 .network_passphrase = member("networkPassphrase"),
                 .platform_api_key = member("platformApiKey"),
                 .database_url = member("databaseUrl"),
                 .router = *router,
                 .viewer_meter = *meter,
                 .viewer = member("viewer.publicKey"),
                 .creator = member("creator.publicKey"),
                 .operator_secret = member("operator.secret")};
}

}  // namespace paytick::app::dev
