#include "settler/soroban_chain.h"

#include <algorithm>

#include "settler/policy.h"
#include "settler/router_abi.h"

namespace paytick::settler {

namespace {

constexpr std::uint32_t kEventsPerPage = 1'000;
constexpr std::size_t kCreatorsPerCall = 20;  // each is one entry to be written, and its rent

LedgerInfo info(const chain::LedgerHead& head) { return {head.sequence, TimeMs{head.close_time_s * 1'000}}; }

std::uint64_t seconds(TimeMs t) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, t.ms / 1'000));
}

}  // namespace

Result<std::unique_ptr<SorobanChain>> SorobanChain::connect(SorobanConfig config,
                                                            const chain::SecretKey& settler,
                                                            std::optional<chain::SecretKey> admin) {
  auto rpc = chain::RpcClient::create(config.rpc_url, config.http);
  if (!rpc) return tl::unexpected(rpc.error());
  auto network = rpc->network();
  if (!network) return tl::unexpected(network.error());
  if (network->passphrase != config.network_passphrase)
    return fail("wrong_network",
                "The node at " + config.rpc_url + " serves the network \"" + network->passphrase +
                    "\"; check network_passphrase and rpc_url.",
                Next::fatal);
  return std::unique_ptr<SorobanChain>(
      new SorobanChain(std::move(config), std::move(*rpc), settler, std::move(admin)));
}

SorobanChain::SorobanChain(SorobanConfig config, chain::RpcClient rpc, const chain::SecretKey& settler,
                           std::optional<chain::SecretKey> admin)
    : config_(std::move(config)),
      rpc_(std::move(rpc)),
      network_(chain::network_id(config_.network_passphrase)),
      settler_(settler) {
  if (admin) admin_.emplace(rpc_, network_, std::move(*admin), config_.admin);
}

Result<LedgerInfo> SorobanChain::latest_ledger() {
  auto reply =
      rpc_.transaction(TxHash{});  // of no transaction: every answer tells the newest ledger and its time
  if (!reply) return tl::unexpected(reply.error());
  return info(reply->latest);
}

Result<LedgerInfo> SorobanChain::oldest_ledger() {
  auto reply = rpc_.transaction(TxHash{});
  if (!reply) return tl::unexpected(reply.error());
  return info(reply->oldest);
}

Result<std::int64_t> SorobanChain::next_sequence() { return chain::next_sequence(rpc_, source()); }

std::uint32_t SorobanChain::inclusion_fee() {
  constexpr std::int64_t kLeast = 100;
  const auto stats = rpc_.fee_stats();
  const std::int64_t asked = stats ? std::max(kLeast, stats->soroban_p90 * 2) : kLeast * 10;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(asked, config_.inclusion_fee_max));
}

Result<Preparation> SorobanChain::prepare(std::span<const SettlementItem> items, std::int64_t sequence,
                                          TimeMs min_time, TimeMs max_time) {
  auto out = prepare_call("settle", settle_args(items), settler_, items.size(), sequence, min_time, max_time);
  if (out) out->prepared.items.assign(items.begin(), items.end());
  return out;
}

Result<Preparation> SorobanChain::prepare_call(std::string_view function, std::vector<chain::ScVal> args,
                                               const chain::SecretKey& signer, std::size_t items,
                                               std::int64_t sequence, TimeMs min_time, TimeMs max_time) {
  chain::SignedTransaction envelope;
  envelope.tx =
      chain::make_transaction(source(), sequence, inclusion_fee(), {seconds(min_time), seconds(max_time)},
                              chain::invoke(config_.router, function, std::move(args)));
  // The router asks for the signer's word: the source of the call gives it.
  const bool pays_itself = signer.account() == source();
  if (!pays_itself) envelope.tx.operations.front().source = chain::muxed(signer.account());
  auto simulated = rpc_.simulate(envelope.tx);
  if (!simulated) return tl::unexpected(simulated.error());
  if (!simulated->error.empty()) {
    // The host's own budget is a limit like the others: fewer items may fit.
    const bool budget = simulated->error.find("Budget") != std::string::npos;
    return fail(budget ? "limit_budget" : "simulation_failed",
                "The router refuses to " + std::string(function) + ": " + simulated->error);
  }
  if (simulated->needs_restore)
    return fail("restore_needed",
                "Entries of this batch are archived; restore the router's and the meters' entries first.",
                Next::retry);
  if (auto done = chain::assemble(envelope.tx, simulated->resources); !done)
    return tl::unexpected(done.error());
  chain::sign(network_, signer, envelope);
  if (!pays_itself) chain::sign(network_, config_.channel ? *config_.channel : settler_, envelope);
  if (auto fits = chain::check_limits(envelope, simulated->resources.events_and_return_bytes); !fits)
    return tl::unexpected(fits.error());
  Preparation out;
  out.prepared.hash = chain::hash_of(network_, envelope.tx);
  out.prepared.source = source();
  out.prepared.sequence = sequence;
  out.prepared.min_time = min_time;
  out.prepared.max_time = max_time;
  out.prepared.ledger = simulated->latest_ledger;
  out.prepared.envelope = chain::encode_base64(chain::Envelope{envelope});
  if (auto codes = item_codes(simulated->result, items)) out.codes = std::move(*codes);
  return out;
}

Result<SendAnswer> SorobanChain::send(std::string_view envelope) {
  auto reply = rpc_.send_transaction(envelope);
  if (!reply) return tl::unexpected(reply.error());
  switch (reply->state) {
    case chain::SendState::pending:
      return SendAnswer{SendStatus::pending, {}};
    case chain::SendState::duplicate:
      return SendAnswer{SendStatus::duplicate, {}};
    case chain::SendState::try_again_later:
      return SendAnswer{SendStatus::try_again_later, {}};
    case chain::SendState::error:
      break;
  }
  return SendAnswer{SendStatus::error, reply->result ? std::string(code_name(*reply->result)) : "tx_unknown"};
}

Result<TransactionAnswer> SorobanChain::transaction(const Prepared& prepared) {
  auto reply = rpc_.transaction(prepared.hash);
  if (!reply) return tl::unexpected(reply.error());
  TransactionAnswer out;
  out.oldest = info(reply->oldest);
  out.newest = info(reply->latest);
  if (reply->state == chain::LookupState::not_found) return out;
  out.state =
      reply->state == chain::LookupState::success ? TransactionState::success : TransactionState::failed;
  out.ledger = reply->ledger;
  out.at = TimeMs{reply->created_at_s * 1'000};
  if (reply->result) {
    out.network_fee = Amount(reply->result->fee_charged);
    out.code = code_name(*reply->result);
  }
  if (out.state == TransactionState::failed) {
    if (out.code.empty()) out.code = "tx_failed";
    return out;
  }
  if (!prepared.credits.empty()) {
    std::optional<std::vector<CreditedItem>> credits;
    if (reply->meta) credits = credited_items(*reply->meta, config_.router, prepared.credits);
    if (!credits) {
      auto by_totals = credits_by_totals(prepared.credits);
      if (!by_totals) return tl::unexpected(by_totals.error());
      credits = std::move(*by_totals);
    }
    out.credits = std::move(*credits);
    return out;
  }
  std::optional<std::vector<SettledItem>> items;
  if (reply->meta) items = settled_items(*reply->meta, config_.router, prepared.items);
  if (!items) {
    auto by_totals = items_by_totals(prepared.items);
    if (!by_totals) return tl::unexpected(by_totals.error());
    items = std::move(*by_totals);
  }
  out.items = std::move(*items);
  return out;
}

// When a node does not tell what a transaction did, the contracts tell what stands.
Result<std::vector<SettledItem>> SorobanChain::items_by_totals(std::span<const SettlementItem> items) {
  auto sums = paid(items);
  if (!sums) return tl::unexpected(sums.error());
  std::vector<SettledItem> out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool paid_all = (*sums)[i] >= items[i].cumulative;
    out.push_back(
        {items[i].sum, (*sums)[i], Amount(0), Amount(0), paid_all ? kCodeNothingNew : kCodeMeterFailed});
  }
  return out;
}

Result<std::vector<Amount>> SorobanChain::paid(std::span<const SettlementItem> items) {
  std::vector<Amount> out;
  for (const SettlementItem& item : items) {
    auto value = chain::simulate_call(rpc_, source(), item.meter, "paid",
                                      {chain::sc_address(item.creator), chain::sc_u32(item.bps)});
    if (!value) return tl::unexpected(value.error());
    const auto amount = chain::amount_of(*value);
    if (!amount) return fail("rpc_malformed", "A meter answers paid() with something else.", Next::retry);
    out.push_back(*amount);
  }
  return out;
}

Result<EventPage> SorobanChain::events(std::string_view cursor, std::uint32_t start_ledger) {
  auto reply = rpc_.events({config_.router}, cursor, start_ledger, kEventsPerPage);
  if (!reply) {
    Error error = reply.error();
    if (error.code == "rpc_pruned") error.code = "pruned";
    return tl::unexpected(std::move(error));
  }
  EventPage page;
  page.newest = info(reply->latest);
  page.cursor = reply->cursor;
  page.more = reply->events.size() >= kEventsPerPage;
  for (const chain::RpcEvent& event : reply->events) {
    if (page.cursor.empty() || page.more) page.cursor = event.cursor;
    // The node was asked for the router's events; that it answers with nothing else is not taken on trust.
    if (event.contract != config_.router || !event.in_successful_call) continue;
    const auto decoded = router_event(event.topics, event.value);
    if (!decoded || !decoded->totals) continue;
    ChainEvent out;
    out.cursor = event.cursor;
    out.ledger = event.ledger;
    out.report = report_of(decoded->meter, *decoded->totals, event.ledger);
    out.report.tx = parse_id<TxHash>(event.tx_hash).value_or(TxHash{});
    if (decoded->kind == RouterEvent::Kind::refund) {
      const MeterTotals& t = *decoded->totals;
      const auto spent = add(t.refunded, t.paid);
      const auto left = spent ? subtract(t.deposited, *spent) : std::nullopt;
      out.refund = RefundRequest{t.viewer, decoded->meter, left.value_or(Amount(0)), event.ledger};
    }
    page.events.push_back(std::move(out));
  }
  return page;
}

Result<MeterReport> SorobanChain::totals(const MeterId& meter) {
  auto newest = latest_ledger();
  if (!newest) return tl::unexpected(newest.error());
  auto value = chain::simulate_call(rpc_, source(), meter, "totals", {});
  if (!value) return tl::unexpected(value.error());
  const auto* fields = chain::vec_of(*value);
  const auto totals = fields == nullptr ? std::nullopt : totals_of(*fields);
  if (!totals) return fail("rpc_malformed", "A meter answers totals() with something else.", Next::retry);
  return report_of(meter, *totals, newest->sequence);
}

Result<void> SorobanChain::register_creators(std::span<const CreatorId> creators) {
  std::vector<chain::ScVal> missing;
  for (const CreatorId& creator : creators) {
    auto known =
        chain::simulate_call(rpc_, source(), config_.router, "is_registered", {chain::sc_address(creator)});
    if (!known) return tl::unexpected(known.error());
    if (const auto* yes = known->get<bool>(); yes == nullptr || !*yes)
      missing.push_back(chain::sc_address(creator));
  }
  if (missing.empty()) return {};
  if (!admin_)
    return fail("no_admin_key",
                "Creators must be registered with the router by its admin; give the operator's key.");
  for (std::size_t first = 0; first < missing.size(); first += kCreatorsPerCall) {
    const std::size_t last = std::min(missing.size(), first + kCreatorsPerCall);
    const auto begin = missing.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = missing.begin() + static_cast<std::ptrdiff_t>(last);
    auto done = admin_->submit(chain::invoke(config_.router, "register_creators",
                                             {chain::sc_vec(std::vector<chain::ScVal>(begin, end))}));
    if (!done) return tl::unexpected(done.error());
  }
  return {};
}

}  // namespace paytick::settler
