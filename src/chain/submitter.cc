#include "chain/submitter.h"

#include <thread>

namespace paytick::chain {

namespace {
constexpr std::int64_t kBeyondClosing_s = 60;  // after max_time, for a slow network to say so
}

Result<std::int64_t> next_sequence(RpcClient& rpc, const AccountId& account) {
  const LedgerKey key = account_key(account);
  auto entries = rpc.ledger_entries({&key, 1});
  if (!entries) return tl::unexpected(entries.error());
  for (const EntryAnswer& entry : *entries)
    if (const auto* found = entry.data.get<AccountEntry>(); found != nullptr && found->account == account)
      return found->sequence + 1;
  return fail("no_account", "The account " + to_text(account) + " does not exist; fund it first.");
}

Result<ScVal> simulate_call(RpcClient& rpc, const AccountId& source, const ContractId& contract,
                            std::string_view function, std::vector<ScVal> args) {
  const Transaction tx = make_transaction(source, 1, 100, {}, invoke(contract, function, std::move(args)));
  auto simulated = rpc.simulate(tx);
  if (!simulated) return tl::unexpected(simulated.error());
  if (!simulated->error.empty())
    return fail("simulation_failed",
                "The contract refuses " + std::string(function) + ": " + simulated->error);
  return std::move(simulated->result);
}

Result<std::int64_t> Submitter::next_sequence() { return chain::next_sequence(rpc_, account()); }

Result<ScVal> Submitter::view(const ContractId& contract, std::string_view function,
                              std::vector<ScVal> args) {
  return simulate_call(rpc_, account(), contract, function, std::move(args));
}

Result<ScVal> Submitter::submit(const OperationBody& operation) {
  // The first ledger of a network that was away closes much later than its last one foretold: nothing has
  // happened, and the time bounds are counted anew, from a newer ledger.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kBeyondClosing_s);
  for (;;) {
    std::uint64_t max_time_s = 0;
    auto envelope = build(operation, max_time_s);
    if (!envelope) return tl::unexpected(envelope.error());
    auto done = send_and_wait(*envelope, max_time_s);
    if (done || done.error().code != "tx_too_late" || std::chrono::steady_clock::now() > deadline)
      return done;
    std::this_thread::sleep_for(options_.poll);
  }
}

Result<SignedTransaction> Submitter::build(const OperationBody& operation, std::uint64_t& max_time_s) {
  auto sequence = next_sequence();
  if (!sequence) return tl::unexpected(sequence.error());
  auto head = rpc_.transaction(TxHash{});  // of no transaction: tells the newest ledger's close time
  if (!head) return tl::unexpected(head.error());
  max_time_s = static_cast<std::uint64_t>(head->latest.close_time_s + options_.valid_s);
  SignedTransaction envelope{
      make_transaction(account(), *sequence, options_.inclusion_fee, TimeBounds{0, max_time_s}, operation),
      {}};
  if (operation.get<InvokeHostFunction>() != nullptr) {
    auto simulated = rpc_.simulate(envelope.tx);
    if (!simulated) return tl::unexpected(simulated.error());
    if (!simulated->error.empty())
      return fail("simulation_failed", "The network refuses the call: " + simulated->error);
    if (auto done = assemble(envelope.tx, simulated->resources, options_.margins); !done)
      return tl::unexpected(done.error());
    if (auto fits = check_limits(envelope, simulated->resources.events_and_return_bytes); !fits)
      return tl::unexpected(fits.error());
  }
  sign(network_, key_, envelope);
  return envelope;
}

Result<ScVal> Submitter::send_and_wait(const SignedTransaction& envelope, std::uint64_t max_time_s) {
  const TxHash hash = hash_of(network_, envelope.tx);
  const std::string bytes = encode_base64(Envelope{envelope});
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(options_.valid_s + kBeyondClosing_s);
  bool send = true, maybe_sent = false;
  while (std::chrono::steady_clock::now() < deadline) {
    if (send) {
      auto reply = rpc_.send_transaction(bytes);
      const bool definite = reply && reply->state == SendState::error && !maybe_sent;
      if (definite)
        return fail(reply->result ? code_name(*reply->result) : "tx_unknown",
                    "The network refused the transaction. " + reply->message);
      if (!reply && reply.error().next == Next::refused) return tl::unexpected(reply.error());
      maybe_sent = maybe_sent || reply || reply.error().next == Next::in_doubt;
      send = !reply || reply->state == SendState::try_again_later;
    }
    std::this_thread::sleep_for(options_.poll);
    auto found = rpc_.transaction(hash);
    if (!found) continue;
    if (found->state == LookupState::success)
      return found->meta ? return_value_of(*found->meta).value_or(sc_void()) : sc_void();
    if (found->state == LookupState::failed) {
      std::string cause;
      if (const auto* meta = found->meta ? found->meta->get<TransactionMetaV4>() : nullptr)
        cause = error_message(meta->diagnostics);
      return fail(found->result ? code_name(*found->result) : "tx_failed",
                  "The transaction failed. " + cause);
    }
    if (found->latest.close_time_s > static_cast<std::int64_t>(max_time_s))
      return fail("tx_too_late", "The transaction was not taken in time; nothing happened.", Next::retry);
  }
  return fail("tx_lost", "The fate of transaction " + to_text(hash) + " is not known.", Next::in_doubt);
}

}  // namespace paytick::chain
