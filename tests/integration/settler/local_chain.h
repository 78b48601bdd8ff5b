#pragma once
// A private local network with the router deployed, for one test program. Ledgers close fast by themselves;
// faults are ordered over HTTP. Skips (as a failure to build would be noticed elsewhere) never: a missing
// network is an error.

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "app/child_process.h"
#include "chain/http_client.h"
#include "settler/dev_chain.h"
#include "settler/soroban_chain.h"

namespace paytick::settler::testing {

namespace fs = std::filesystem;

inline std::string file_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline chain::SecretKey key_of(std::string_view name) {
  return chain::SecretKey::from_seed(chain::sha256(name).bytes);
}

class LocalChain {
 public:
  static constexpr std::string_view kPassphrase = "Standalone Network ; February 2017";

  explicit LocalChain(std::vector<std::string> options = {"--ledger-ms", "100"}) {
    folder_ = fs::temp_directory_path() / ("paytick-settler-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::vector<std::string> command{
        program(),           "--data",       (folder_ / "ledger").string(), "--listen",
        "127.0.0.1:0",       "--ready-file", ready_file().string(),         "--faults",
        "--exit-with-parent"};
    command.insert(command.end(), options.begin(), options.end());
    auto child = app::ChildProcess::start({.command = command, .log = folder_ / "log"});
    if (!child) throw std::runtime_error(child.error().message);
    child_ = std::make_unique<app::ChildProcess>(std::move(*child));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!fs::exists(ready_file())) {
      if (!child_->alive() || std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("the local network did not start: " + child_->last_words());
      ::usleep(20'000);
    }
    const std::string ready = file_bytes(ready_file());
    const auto member = [&](const std::string& name) {
      const auto at = ready.find('"', ready.find(':', ready.find('"' + name + '"')));
      return ready.substr(at + 1, ready.find('"', at + 1) - at - 1);
    };
    rpc_url = member("rpcUrl");
    friendbot_url = member("friendbotUrl");
  }
  ~LocalChain() {
    child_.reset();
    fs::remove_all(folder_);
  }

  // {"method":"sendTransaction","fault":"apply_drop"}
  void fault(const std::string& order) { post("/faults", order); }
  // Whether any is still to come.
  bool faults_left() {
    auto http = chain::HttpClient::create(rpc_url);
    const auto answer = http->get("/faults");
    EXPECT_TRUE(answer) << answer.error().message;
    return answer && answer->body.find("\"method\"") != std::string::npos;
  }
  // A ledger so much later than the last one, with --manual.
  void close(std::int64_t seconds) {
    post("/close", R"({"ledgers":1,"seconds":)" + std::to_string(seconds) + "}");
  }

  std::string rpc_url, friendbot_url;

 private:
  static std::string program() {
    const char* given =
        std::getenv("PAYTICK_LOCALNET");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    return given != nullptr ? given : std::string(PAYTICK_BINARY_DIR) + "/paytick-localnet";
  }
  fs::path ready_file() const { return folder_ / "ready.json"; }
  void post(const std::string& path, const std::string& body) {
    std::string base = rpc_url;
    while (base.ends_with('/')) base.pop_back();
    auto http = chain::HttpClient::create(base + path);
    ASSERT_TRUE(http) << http.error().message;
    const auto answer = http->post(body);
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->status / 100, 2U) << answer->body;
  }

  fs::path folder_;
  std::unique_ptr<app::ChildProcess> child_;
};

// The network with the router on it, a viewer's meter holding 5 XLM, and the settler's chain.
struct Deployment {
  explicit Deployment(LocalChain& network, std::string_view salt = "test") : net(network) {
    const auto must = [](auto result) {
      if (!result) throw std::runtime_error(result.error().code + ": " + result.error().message);
      return std::move(*result);
    };
    dev = must(DevChain::connect(net.rpc_url, std::string(LocalChain::kPassphrase), key_of("operator")));
    const std::vector<AccountId> accounts{key_of("operator").account(), key_of("settler").account(),
                                          key_of("treasury").account(), creator(), fees()};
    if (auto done = dev->fund(net.friendbot_url, accounts); !done)
      throw std::runtime_error(done.error().message);
    RouterSetup setup;
    setup.admin = key_of("operator").account();
    setup.settler = key_of("settler").account();
    setup.fee_account = fees();
    setup.treasury = key_of("treasury").account();
    const fs::path wasm = fs::path(PAYTICK_SOURCE_DIR) / "contracts" / "wasm";
    setup.router_wasm = file_bytes(wasm / "router.wasm");
    setup.meter_wasm = file_bytes(wasm / "meter.wasm");
    router = must(dev->deploy_router(setup, salt));
    const std::vector<ViewerId> viewers{viewer()};
    meter = must(dev->deploy_meters(router, viewers)).front();
    const std::vector<std::pair<MeterId, Amount>> deposits{{meter, Amount(50'000'000)}};
    if (auto done = dev->deposit_many(router, deposits); !done)
      throw std::runtime_error(done.error().message);
    chain = connect();
  }

  std::unique_ptr<SorobanChain> connect() {
    SorobanConfig config;
    config.rpc_url = net.rpc_url;
    config.network_passphrase = LocalChain::kPassphrase;
    config.router = router;
    config.http.timeout = std::chrono::seconds(5);
    config.treasury = key_of("treasury");
    auto made = SorobanChain::connect(config, key_of("settler"), key_of("operator"));
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(*made);
  }

  static ViewerId viewer() { return key_of("viewer").account(); }
  static CreatorId creator() { return key_of("creator").account(); }
  static AccountId fees() { return key_of("fees").account(); }

  LocalChain& net;
  std::unique_ptr<DevChain> dev;
  ContractId router;
  MeterId meter;
  std::unique_ptr<SorobanChain> chain;
};

}  // namespace paytick::settler::testing
