// The submitter against a network whose ledgers close when the test says so.
#include "chain/submitter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "integration/settler/local_chain.h"

namespace paytick::settler::testing {
namespace {

// As after a pause of the whole machine: a transaction waits for a ledger, which closes long after the last
// one.
TEST(SubmitterTest, CountsTheTimeBoundsAnewWhenTheNetworkWasAway) {
  LocalChain net({"--manual"});
  const chain::SecretKey key = key_of("operator");
  auto dev = DevChain::connect(net.rpc_url, std::string(LocalChain::kPassphrase), key);
  ASSERT_TRUE(dev) << dev.error().message;
  const std::vector<AccountId> accounts{key.account()};
  ASSERT_TRUE((*dev)->fund(net.friendbot_url, accounts));
  auto rpc = chain::RpcClient::create(net.rpc_url);
  ASSERT_TRUE(rpc);
  const chain::NetworkId network = chain::network_id(LocalChain::kPassphrase);
  chain::Submitter submitter(*rpc, network, key, {.valid_s = 30, .poll = std::chrono::milliseconds(5)});

  net.fault(R"({"method":"sendTransaction","fault":"delay","delay_ms":0})");
  std::atomic<bool> done = false;
  std::thread ledgers([&] {
    while (!done && net.faults_left()) std::this_thread::yield();  // until it is sent
    net.close(3'600);
    while (!done) net.close(0);
  });
  const chain::Asset native{chain::Native{}};
  const auto created = submitter.submit(chain::create_asset_contract(native));
  done = true;
  ledgers.join();
  ASSERT_TRUE(created) << created.error().code << ": " << created.error().message;
  const auto entry = chain::instance_key(chain::asset_contract_id(network, native));
  const auto entries = rpc->ledger_entries({&entry, 1});
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_EQ(entries->size(), 1U);
}

}  // namespace
}  // namespace paytick::settler::testing
