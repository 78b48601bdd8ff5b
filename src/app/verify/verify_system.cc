#include "app/verify/verify_system.h"

#include "app/kafka_config.h"
#include "settler/soroban_chain.h"

namespace paytick::app {

Result<VerifyReport> verify_system(const TargetOptions& options, const Verifier::Progress& progress) {
  const auto target = find_target(options);
  if (!target) return tl::unexpected(target.error());
  auto log = open_log_to_read(target->config, process_environment());
  if (!log) return tl::unexpected(log.error());
  std::unique_ptr<settler::SorobanChain> chain;
  if (!target->rpc_url.empty()) {
    settler::SorobanConfig config;
    config.rpc_url = target->rpc_url;
    config.network_passphrase = target->network_passphrase;
    config.router = target->router;
    auto connected = settler::SorobanChain::connect(config, *target->account);
    if (!connected) return tl::unexpected(connected.error());
    chain = std::move(*connected);
  }
  return Verifier(**log, chain.get(), target->database_url).run(progress);
}

}  // namespace paytick::app
