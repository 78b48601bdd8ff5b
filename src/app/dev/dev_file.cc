#include "app/dev/dev_file.h"

#include <fstream>
#include <sstream>

#include "app/atomic_file.h"
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
  std::stringstream content;
  content << in.rdbuf();
  const auto members = read_string_members(content.str());
  const auto member = [&](const char* name) {
    const auto found = members ? members->find(name) : std::map<std::string, std::string>::const_iterator{};
    return members && found != members->end() ? found->second : std::string();
  };
  if (member("services") != kServicesElsewhere && !DataFolder::in_use(data))
    return fail("not_running",
                path.string() +
                    " is of a paytick that was killed: start `paytick up --dev` on this folder "
                    "and wait until it is ready");
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
                 .operator_secret = member("operator.secret"),
                 .viewer_secret = member("viewer.secret")};
}

Result<DevFile> read_dev_file_with_gateway(const std::filesystem::path& data) {
  auto file = read_dev_file(data);
  if (file && file->listen.empty())
    return fail("not_running",
                "no gateway has come up yet: start `paytick ingest --dev` on this folder and "
                "wait until it is ready");
  return file;
}

Result<void> announce_gateway(const std::filesystem::path& data, const std::string& url) {
  if (auto file = read_dev_file(data); !file) return tl::unexpected(file.error());
  std::stringstream content;
  content << std::ifstream(dev_json(data)).rdbuf();
  std::string text = content.str();
  constexpr std::string_view kMember = "\"listen\": \"";
  const auto begin = text.find(kMember);
  const auto end = begin == std::string::npos ? begin : text.find('"', begin + kMember.size());
  if (end == std::string::npos) return fail("not_running", dev_json(data).string() + " is incomplete");
  text.replace(begin + kMember.size(), end - begin - kMember.size(), url);
  return write_private_file(dev_json(data), text);
}

}  // namespace paytick::app::dev
