#include <gtest/gtest.h>

#include <cstdlib>

#include "app/dev/environment.h"
#include "app/system_ports.h"
#include "settler/dev_chain.h"

namespace paytick::app::dev {
namespace {

namespace fs = std::filesystem;

// The whole environment, twice on one folder: the same contracts and money the second time.
TEST(DevEnvironmentTest, ComesBackAsItWas) {
  std::string name = testing::TempDir() + "paytick-dev-XXXXXX";
  const fs::path folder = ::mkdtemp(name.data());
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  ::setenv("PAYTICK_LOCALNET", PAYTICK_BINARY_DIR "/paytick-localnet", 1);
  SystemRandom random;
  const auto balance = [](Environment& environment) {
    auto chain =
        settler::DevChain::connect(environment.network().rpc_url(), environment.network().passphrase(),
                                   environment.secrets().operator_key);
    return chain.value()->meter_balance(environment.viewer_meter()).value();
  };
  ContractId router;
  {
    auto environment = Environment::start({.data = folder, .ledger_ms = 100}, random);
    ASSERT_TRUE(environment) << environment.error().message;
    router = (*environment)->router();
    EXPECT_EQ(balance(**environment), kViewerTopUp);
    ASSERT_TRUE((*environment)->announce("http://127.0.0.1:1"));
    EXPECT_EQ(fs::status(dev_json(folder)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  auto again = Environment::start({.data = folder, .ledger_ms = 100}, random);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->router(), router);
  EXPECT_EQ(balance(**again), kViewerTopUp);
  EXPECT_FALSE(fs::exists(dev_json(folder))) << "a stale dev.json would name servers that are gone";
  again->reset();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace paytick::app::dev
