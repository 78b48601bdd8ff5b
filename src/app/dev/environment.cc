#include "app/dev/environment.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace paytick::app::dev {

namespace fs = std::filesystem;

Environment::Environment(Options options, Secrets secrets, LocalNetwork network, PrivatePostgres postgres)
    : options_(std::move(options)),
      secrets_(std::move(secrets)),
      network_(std::move(network)),
      postgres_(std::move(postgres)) {}

Result<std::unique_ptr<Environment>> Environment::start(const Options& options, Random& random) {
  fs::create_directories(options.data);
  fs::permissions(options.data, fs::perms::owner_all);
  fs::remove(dev_json(options.data));
  auto secrets = load_or_make_secrets(options.data / "secrets.json", random);
  if (!secrets) return tl::unexpected(secrets.error());

  auto program = find_localnet();
  if (!program) return tl::unexpected(program.error());
  spdlog::info("starting the local Stellar network");
  auto network = LocalNetwork::start({.program = *program,
                                      .folder = options.data / "stellar",
                                      .ledger_ms = options.ledger_ms,
                                      .ledger_limits = options.ledger_limits});
  if (!network) return tl::unexpected(network.error());
  spdlog::info("starting a private PostgreSQL");
  auto postgres = PrivatePostgres::start(options.data / "postgres");
  if (!postgres) return tl::unexpected(postgres.error());

  std::unique_ptr<Environment> environment(
      new Environment(options, std::move(*secrets), std::move(*network), std::move(*postgres)));
  // Whoever waits for the start does not wait for ledgers; afterwards they close as configured.
  if (auto done = environment->network_.close_on_demand(true); !done) return tl::unexpected(done.error());
  if (auto done = environment->set_up_chain(); !done) return tl::unexpected(done.error());
  if (auto done = environment->network_.close_on_demand(false); !done) return tl::unexpected(done.error());
  return environment;
}

Result<void> Environment::set_up_chain() {
  spdlog::info("setting up accounts and contracts on the local network");
  const auto made = dev::set_up_chain(services(), secrets_, options_.data);
  if (!made) return tl::unexpected(made.error());
  contracts_ = *made;
  return {};
}

DevServices Environment::services() const {
  return {network_.rpc_url(), network_.friendbot_url(), network_.passphrase(), postgres_.url(), false};
}

Result<void> Environment::announce(const std::string& listen) {
  return dev::announce(options_.data, services(), secrets_, contracts_, listen);
}

}  // namespace paytick::app::dev
