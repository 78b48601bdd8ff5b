#include "app/dev/local_network.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/json.h"
#include "chain/http_client.h"

namespace paytick::app::dev {

namespace fs = std::filesystem;

// On a network of its own a validator would not take processors from billing either.
constexpr int kNice = 10;

Result<fs::path> find_localnet() {
  if (const char* path =
          std::getenv("PAYTICK_LOCALNET"))  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return fs::path(path);
  std::error_code ignored;
  const fs::path beside = fs::read_symlink("/proc/self/exe", ignored).parent_path() / "paytick-localnet";
  if (fs::exists(beside)) return beside;
  return fail("localnet_missing", "the local network " + beside.string() + " is not built: run scripts/build",
              Next::fatal);
}

Result<LocalNetwork> LocalNetwork::start(const Options& options) {
  fs::create_directories(options.folder);
  const fs::path ready_file = options.folder / "ready.json";
  fs::remove(ready_file);
  std::vector<std::string> command = {options.program.string(),
                                      "--data",
                                      (options.folder / "ledger").string(),
                                      "--listen",
                                      "127.0.0.1:0",
                                      "--ledger-ms",
                                      std::to_string(options.ledger_ms),
                                      "--ready-file",
                                      ready_file.string()};
  if (!options.ledger_limits) command.emplace_back("--no-ledger-limits");
  auto server = ChildProcess::start(
      {.command = std::move(command), .log = options.folder / "localnet.log", .nice = kNice});
  if (!server) return tl::unexpected(server.error());
  LocalNetwork network(std::move(*server));
  if (auto ready =
          wait_until_ready(network.server_, std::chrono::seconds(60), [&] { return fs::exists(ready_file); });
      !ready)
    return fail("localnet_start", "the local network did not start: " + ready.error().message, Next::fatal);

  std::stringstream content;
  content << std::ifstream(ready_file).rdbuf();
  if (const auto members = read_string_members(content.str())) {
    const auto member = [&](const char* name) {
      const auto found = members->find(name);
      return found == members->end() ? std::string() : found->second;
    };
    network.rpc_url_ = member("rpcUrl");
    network.friendbot_url_ = member("friendbotUrl");
    network.passphrase_ = member("networkPassphrase");
  }
  if (network.rpc_url_.empty() || network.passphrase_.empty())
    return fail("localnet_start", ready_file.string() + " does not say where the local network listens",
                Next::fatal);
  return network;
}

Result<void> LocalNetwork::close_on_demand(bool on) {
  auto http = chain::HttpClient::create(rpc_url_ + "/pace");
  if (!http) return tl::unexpected(http.error());
  auto answer = http->post(on ? R"({"onDemand":true})" : R"({"onDemand":false})");
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status != 200)
    return fail("localnet_pace",
                "the local network does not change its pace (" + answer->body.substr(0, 300) +
                    "); its program may be older than this one: run scripts/build",
                Next::fatal);
  return {};
}

}  // namespace paytick::app::dev
