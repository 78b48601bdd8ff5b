#include "settler/dev_chain.h"

#include <algorithm>

#include "chain/http_client.h"

namespace paytick::settler {

namespace {

using chain::ScVal;

// What fits one transaction comfortably: memory ends at 25 meters, the room for events at 38 deposits
// (contracts/README.md).
constexpr std::size_t kMetersPerCall = 20;
constexpr std::size_t kDepositsPerCall = 25;

const chain::Asset kNative{chain::Native{}};

// Calls f(first, last) for slices of at most `size`.
template <typename F>
Result<void> in_slices(std::size_t n, std::size_t size, F&& f) {
  for (std::size_t first = 0; first < n; first += size)
    if (Result<void> done = f(first, std::min(n, first + size)); !done) return done;
  return {};
}

}  // namespace

Result<std::unique_ptr<DevChain>> DevChain::connect(const std::string& rpc_url, const std::string& passphrase,
                                                    const chain::SecretKey& operator_key) {
  if (passphrase == chain::kPublicPassphrase)
    return fail("public_network", "This sets up development networks; it refuses the public one.",
                Next::fatal);
  auto rpc = chain::RpcClient::create(rpc_url, {.timeout = std::chrono::seconds(30)});
  if (!rpc) return tl::unexpected(rpc.error());
  auto network = rpc->network();
  if (!network) return tl::unexpected(network.error());
  if (network->passphrase != passphrase)
    return fail("wrong_network", "The node serves the network \"" + network->passphrase + "\".", Next::fatal);
  return std::unique_ptr<DevChain>(new DevChain(std::move(*rpc), passphrase, operator_key));
}

DevChain::DevChain(chain::RpcClient rpc, const std::string& passphrase, const chain::SecretKey& operator_key)
    : rpc_(std::move(rpc)),
      network_(chain::network_id(passphrase)),
      submitter_(rpc_, network_, operator_key) {}

Result<bool> DevChain::exists(const chain::LedgerKey& key) {
  auto entries = rpc_.ledger_entries({&key, 1});
  if (!entries) return tl::unexpected(entries.error());
  return !entries->empty();
}

Result<void> DevChain::fund(const std::string& friendbot_url, std::span<const AccountId> accounts) {
  auto http = chain::HttpClient::create(friendbot_url, {.timeout = std::chrono::seconds(60)});
  if (!http) return tl::unexpected(http.error());
  for (const AccountId& account : accounts) {
    auto there = exists(chain::account_key(account));
    if (!there) return tl::unexpected(there.error());
    if (*there) continue;
    auto answer = http->get(std::string(http->path()) + "?addr=" + to_text(account));
    // A lost answer is no harm: what counts is whether the account is there.
    there = exists(chain::account_key(account));
    if (!there) return tl::unexpected(there.error());
    if (!*there)
      return fail("friendbot", "Friendbot did not create " + to_text(account) + ": " +
                                   (answer ? answer->body.substr(0, 300) : answer.error().message));
  }
  return {};
}

Result<ContractId> DevChain::native_token() {
  const ContractId token = chain::asset_contract_id(network_, kNative);
  auto there = exists(chain::instance_key(token));
  if (!there) return tl::unexpected(there.error());
  if (*there) return token;
  auto created = submitter_.submit(chain::create_asset_contract(kNative));
  if (!created) return tl::unexpected(created.error());
  return token;
}

Result<chain::Hash> DevChain::upload(const std::string& wasm) {
  const chain::Hash hash = chain::sha256(wasm);
  auto there = exists(chain::code_key(hash));
  if (!there) return tl::unexpected(there.error());
  if (*there) return hash;
  auto uploaded = submitter_.submit(chain::upload(wasm));
  if (!uploaded) return tl::unexpected(uploaded.error());
  return hash;
}

Result<ContractId> DevChain::deploy_router(const RouterSetup& setup, std::string_view salt_text) {
  const chain::Hash salt = chain::sha256(salt_text);
  const ContractId router = chain::deployed_contract_id(network_, submitter_.account(), salt);
  auto there = exists(chain::instance_key(router));
  if (!there) return tl::unexpected(there.error());
  if (*there) return router;
  auto token = native_token();
  if (!token) return tl::unexpected(token.error());
  auto meter_hash = upload(setup.meter_wasm);
  if (!meter_hash) return tl::unexpected(meter_hash.error());
  auto router_hash = upload(setup.router_wasm);
  if (!router_hash) return tl::unexpected(router_hash.error());
  auto created = submitter_.submit(chain::create_contract(
      submitter_.account(), salt, *router_hash,
      {chain::sc_address(setup.admin), chain::sc_address(setup.settler), chain::sc_address(*token),
       chain::sc_address(setup.fee_account), chain::sc_address(setup.treasury), chain::sc_u32(setup.bps_cap),
       chain::sc_bytes(*meter_hash), chain::sc_i128(setup.initial_allowance),
       chain::sc_u64(setup.refund_delay_s)}));
  if (!created) return tl::unexpected(created.error());
  return router;
}

Result<std::vector<MeterId>> DevChain::deploy_meters(const ContractId& router,
                                                     std::span<const ViewerId> viewers) {
  std::vector<MeterId> meters;
  auto done =
      in_slices(viewers.size(), kMetersPerCall, [&](std::size_t first, std::size_t last) -> Result<void> {
        std::vector<ScVal> some;
        for (std::size_t i = first; i < last; ++i) some.push_back(chain::sc_address(viewers[i]));
        auto returned =
            submitter_.submit(chain::invoke(router, "deploy_meters", {chain::sc_vec(std::move(some))}));
        if (!returned) return tl::unexpected(returned.error());
        const auto* ids = chain::vec_of(*returned);
        if (ids == nullptr || ids->size() != last - first)
          return fail("rpc_malformed", "deploy_meters returned something else.", Next::retry);
        for (const ScVal& id : *ids) meters.push_back(chain::contract_of(id).value_or(MeterId{}));
        return {};
      });
  if (!done) return tl::unexpected(done.error());
  return meters;
}

Result<void> DevChain::deposit_many(const ContractId& router,
                                    std::span<const std::pair<MeterId, Amount>> deposits) {
  return in_slices(
      deposits.size(), kDepositsPerCall, [&](std::size_t first, std::size_t last) -> Result<void> {
        std::vector<ScVal> some;
        for (std::size_t i = first; i < last; ++i)
          some.push_back(
              chain::sc_vec({chain::sc_address(deposits[i].first), chain::sc_i128(deposits[i].second)}));
        auto returned = submitter_.submit(
            chain::invoke(router, "deposit_many",
                          {chain::sc_address(submitter_.account()), chain::sc_vec(std::move(some))}));
        if (!returned) return tl::unexpected(returned.error());
        return {};
      });
}

Result<void> DevChain::register_creators(const ContractId& router, std::span<const CreatorId> creators) {
  return in_slices(creators.size(), kMetersPerCall, [&](std::size_t first, std::size_t last) -> Result<void> {
    std::vector<ScVal> some;
    for (std::size_t i = first; i < last; ++i) some.push_back(chain::sc_address(creators[i]));
    auto returned =
        submitter_.submit(chain::invoke(router, "register_creators", {chain::sc_vec(std::move(some))}));
    if (!returned) return tl::unexpected(returned.error());
    return {};
  });
}

Result<Amount> DevChain::meter_balance(const MeterId& meter) {
  auto value = submitter_.view(meter, "balance", {});
  if (!value) return tl::unexpected(value.error());
  const auto amount = chain::amount_of(*value);
  if (!amount) return fail("rpc_malformed", "balance() returned something else.", Next::retry);
  return *amount;
}

Result<Amount> DevChain::account_balance(const AccountId& account) {
  const chain::LedgerKey key = chain::account_key(account);
  auto entries = rpc_.ledger_entries({&key, 1});
  if (!entries) return tl::unexpected(entries.error());
  for (const auto& entry : *entries)
    if (const auto* found = entry.data.get<chain::AccountEntry>()) return Amount(found->balance);
  return fail("no_account", "The account " + to_text(account) + " does not exist.");
}

}  // namespace paytick::settler
