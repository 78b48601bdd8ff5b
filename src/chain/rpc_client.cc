#include "chain/rpc_client.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "chain/json_value.h"

namespace paytick::chain {

namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

struct Answer {
  rapidjson::Document document;
  const json::Value* result = nullptr;
};

tl::unexpected<Error> malformed(std::string_view what) {
  return fail("rpc_malformed", "The node's answer is not understood: " + std::string(what) + ".",
              Next::retry);
}

void put_text(JsonWriter& w, std::string_view s) {
  w.String(s.data(), static_cast<rapidjson::SizeType>(s.size()));
}

Error of_rpc_error(const json::Value& error, std::string_view method) {
  constexpr std::int64_t kInternal = -32603;
  const std::string message(json::text(error, "message").value_or("no message").substr(0, 500));
  if (method == "getEvents" && message.find("ledger range") != std::string::npos)
    return {"rpc_pruned", "The node no longer has these ledgers: " + message, Next::refused};
  if (json::number(error, "code") == kInternal)
    return {"rpc_busy", "The node failed at " + std::string(method) + ": " + message, Next::retry};
  return {"rpc_refused", "The node refused " + std::string(method) + ": " + message, Next::refused};
}

template <typename WriteParams>
Result<Answer> call(HttpClient& http, std::uint64_t id, std::string_view method, WriteParams&& write_params) {
  rapidjson::StringBuffer buffer;
  JsonWriter w(buffer);
  w.StartObject();
  w.Key("jsonrpc");
  w.String("2.0");
  w.Key("id");
  w.Uint64(id);
  w.Key("method");
  put_text(w, method);
  w.Key("params");
  write_params(w);
  w.EndObject();

  const bool sending = method == "sendTransaction";
  auto answer = http.post({buffer.GetString(), buffer.GetSize()});
  if (!answer) {
    Error error = answer.error();
    if (error.next == Next::in_doubt && !sending) error.next = Next::retry;
    return tl::unexpected(std::move(error));
  }
  const Next unclear = sending ? Next::in_doubt : Next::retry;
  if (answer->status == 429) return fail("rpc_busy", "The node asks to come back later.", Next::retry);
  // 503 too: what stands before the node may say so after it has passed the request on.
  if (answer->status / 100 == 5)
    return fail("rpc_busy", "The node answered " + std::to_string(answer->status) + ".", unclear);
  if (answer->status != 200)
    return fail("rpc_refused", "The node answered " + std::to_string(answer->status) + " to " +
                                   std::string(method) + "; check the RPC URL.");
  Answer out;
  // Iterative: a deeply nested answer must not exhaust the stack.
  out.document.Parse<rapidjson::kParseIterativeFlag>(answer->body.data(), answer->body.size());
  if (out.document.HasParseError() || !out.document.IsObject())
    return fail("rpc_malformed", "The node's answer is not JSON-RPC.", unclear);
  if (const auto* error = json::member(out.document, "error"))
    return tl::unexpected(of_rpc_error(*error, method));
  out.result = json::member(out.document, "result");
  if (out.result == nullptr) return fail("rpc_malformed", "The node's answer holds no result.", unclear);
  return out;
}

void no_params(JsonWriter& w) {
  w.StartObject();
  w.EndObject();
}

LedgerHead head(const json::Value& v, const char* sequence, const char* time) {
  return {json::ledger(v, sequence), json::number(v, time).value_or(0)};
}

template <typename T>
bool read_list(const json::Value& v, const char* name, std::vector<T>& out) {
  bool good = true;
  json::each(v, name, [&](const json::Value& item) {
    auto value = item.IsString() ? decode_base64<T>({item.GetString(), item.GetStringLength()})
                                 : Result<T>(fail("xdr_malformed", ""));
    good = good && value.has_value();
    if (value) out.push_back(std::move(*value));
  });
  return good;
}

bool read_resources(const json::Value& v, SimulatedResources& out) {
  const auto data = json::text(v, "transactionData");
  const auto fee = json::number(v, "minResourceFee");
  if (!data || !fee) return false;
  auto decoded = decode_base64<SorobanData>(*data);
  if (!decoded) return false;
  out.data = std::move(*decoded);
  out.min_resource_fee = *fee;
  return true;
}

std::string diagnostics(const json::Value& v, const char* name) {
  std::vector<DiagnosticEvent> events;
  read_list(v, name, events);
  return error_message(events);
}

bool read_simulated_result(const json::Value& result, Simulation& out) {
  std::size_t bytes = 0;
  bool good = true;
  json::each(result, "results", [&](const json::Value& item) {
    const auto xdr = json::text(item, "xdr");
    auto value = decode_base64<ScVal>(xdr.value_or(""));
    good = good && value.has_value() && read_list(item, "auth", out.resources.auth);
    if (!good) return;
    bytes += xdr->size() / 4 * 3;
    out.result = std::move(*value);
  });
  // The limit counts what contracts emit; diagnostics are not of it.
  std::vector<DiagnosticEvent> events;
  read_list(result, "events", events);
  for (const DiagnosticEvent& event : events)
    if (event.event.type == EventType::contract) bytes += encode(event.event).size();
  out.resources.events_and_return_bytes = bytes;
  return good;
}

}  // namespace

Result<RpcClient> RpcClient::create(std::string_view url, HttpOptions options) {
  auto http = HttpClient::create(url, std::move(options));
  if (!http) return tl::unexpected(http.error());
  return RpcClient(std::move(*http));
}

Result<Health> RpcClient::health() {
  auto answer = call(http_, next_id_++, "getHealth", no_params);
  if (!answer) return tl::unexpected(answer.error());
  const json::Value& r = *answer->result;
  return Health{json::text(r, "status") == "healthy", json::ledger(r, "latestLedger"),
                json::ledger(r, "oldestLedger")};
}

Result<Network> RpcClient::network() {
  auto answer = call(http_, next_id_++, "getNetwork", no_params);
  if (!answer) return tl::unexpected(answer.error());
  const json::Value& r = *answer->result;
  return Network{std::string(json::text(r, "passphrase").value_or("")),
                 std::string(json::text(r, "friendbotUrl").value_or("")), json::ledger(r, "protocolVersion")};
}

Result<LedgerHead> RpcClient::latest_ledger() {
  auto answer = call(http_, next_id_++, "getLatestLedger", no_params);
  if (!answer) return tl::unexpected(answer.error());
  return head(*answer->result, "sequence", "closeTime");
}

Result<std::vector<EntryAnswer>> RpcClient::ledger_entries(std::span<const LedgerKey> keys) {
  auto answer = call(http_, next_id_++, "getLedgerEntries", [&](JsonWriter& w) {
    w.StartObject();
    w.Key("keys");
    w.StartArray();
    for (const LedgerKey& key : keys) put_text(w, encode_base64(key));
    w.EndArray();
    w.EndObject();
  });
  if (!answer) return tl::unexpected(answer.error());
  std::vector<EntryAnswer> out;
  bool good = true;
  json::each(*answer->result, "entries", [&](const json::Value& item) {
    auto key = decode_base64<LedgerKey>(json::text(item, "key").value_or(""));
    auto data = decode_base64<LedgerEntryData>(json::text(item, "xdr").value_or(""));
    good = good && key && data;
    if (key && data)
      out.push_back({std::move(*key), std::move(*data), json::ledger(item, "lastModifiedLedgerSeq"),
                     json::ledger(item, "liveUntilLedgerSeq")});
  });
  if (!good) return malformed("getLedgerEntries");
  return out;
}

Result<Simulation> RpcClient::simulate(const Transaction& tx) {
  auto answer = call(http_, next_id_++, "simulateTransaction", [&](JsonWriter& w) {
    w.StartObject();
    w.Key("transaction");
    put_text(w, encode_base64(Envelope{SignedTransaction{tx, {}}}));
    w.EndObject();
  });
  if (!answer) return tl::unexpected(answer.error());
  const json::Value& r = *answer->result;
  Simulation out;
  out.latest_ledger = json::ledger(r, "latestLedger");
  if (const auto error = json::text(r, "error")) {
    const std::string cause = diagnostics(r, "events");
    out.error = std::string(error->substr(0, 1000)) + (cause.empty() ? "" : " (" + cause + ")");
    return out;
  }
  if (const auto* preamble = json::member(r, "restorePreamble")) {
    out.needs_restore = true;
    if (!read_resources(*preamble, out.restore)) return malformed("restorePreamble");
  }
  if (!read_resources(r, out.resources) || !read_simulated_result(r, out))
    return malformed("simulateTransaction");
  return out;
}

Result<SendReply> RpcClient::send_transaction(std::string_view envelope_base64) {
  auto answer = call(http_, next_id_++, "sendTransaction", [&](JsonWriter& w) {
    w.StartObject();
    w.Key("transaction");
    put_text(w, envelope_base64);
    w.EndObject();
  });
  if (!answer) return tl::unexpected(answer.error());
  const json::Value& r = *answer->result;
  SendReply out;
  out.latest = head(r, "latestLedger", "latestLedgerCloseTime");
  const std::string_view status = json::text(r, "status").value_or("");
  if (status == "PENDING") {
    out.state = SendState::pending;
  } else if (status == "DUPLICATE") {
    out.state = SendState::duplicate;
  } else if (status == "TRY_AGAIN_LATER") {
    out.state = SendState::try_again_later;
  } else if (status == "ERROR") {
    out.state = SendState::error;
    if (auto result = decode_base64<TransactionResult>(json::text(r, "errorResultXdr").value_or("")))
      out.result = std::move(*result);
    out.message = diagnostics(r, "diagnosticEventsXdr");
  } else {
    return fail("rpc_malformed", "The node answered sendTransaction with an unknown status.", Next::in_doubt);
  }
  return out;
}

Result<TransactionReply> RpcClient::transaction(const TxHash& hash) {
  auto answer = call(http_, next_id_++, "getTransaction", [&](JsonWriter& w) {
    w.StartObject();
    w.Key("hash");
    put_text(w, to_text(hash));
    w.EndObject();
  });
  if (!answer) return tl::unexpected(answer.error());
  const json::Value& r = *answer->result;
  TransactionReply out;
  out.latest = head(r, "latestLedger", "latestLedgerCloseTime");
  out.oldest = head(r, "oldestLedger", "oldestLedgerCloseTime");
  const std::string_view status = json::text(r, "status").value_or("");
  if (status == "NOT_FOUND") return out;
  if (status != "SUCCESS" && status != "FAILED") return malformed("getTransaction");
  out.state = status == "SUCCESS" ? LookupState::success : LookupState::failed;
  out.ledger = json::ledger(r, "ledger");
  out.created_at_s = json::number(r, "createdAt").value_or(0);
  if (auto result = decode_base64<TransactionResult>(json::text(r, "resultXdr").value_or("")))
    out.result = std::move(*result);
  if (auto meta = decode_base64<TransactionMeta>(json::text(r, "resultMetaXdr").value_or("")))
    out.meta = std::move(*meta);
  return out;
}

Result<EventsReply> RpcClient::events(const EventFilter& filter, std::string_view cursor,
                                      std::uint32_t start_ledger, std::uint32_t limit) {
  auto answer = call(http_, next_id_++, "getEvents", [&](JsonWriter& w) {
    w.StartObject();
    if (cursor.empty()) {
      w.Key("startLedger");
      w.Uint(start_ledger);
    }
    w.Key("filters");
    w.StartArray();
    w.StartObject();
    w.Key("type");
    w.String("contract");
    w.Key("contractIds");
    w.StartArray();
    put_text(w, to_text(filter.contract));
    w.EndArray();
    w.EndObject();
    w.EndArray();
    w.Key("pagination");
    w.StartObject();
    if (!cursor.empty()) {
      w.Key("cursor");
      put_text(w, cursor);
    }
    w.Key("limit");
    w.Uint(limit);
    w.EndObject();
    w.EndObject();
  });
  if (!answer) return tl::unexpected(answer.error());
  const json::Value& r = *answer->result;
  EventsReply out;
  out.latest = head(r, "latestLedger", "latestLedgerCloseTime");
  out.oldest = head(r, "oldestLedger", "oldestLedgerCloseTime");
  out.cursor = std::string(json::text(r, "cursor").value_or(""));
  bool good = true;
  json::each(r, "events", [&](const json::Value& item) {
    RpcEvent event;
    event.id = std::string(json::text(item, "id").value_or(""));
    event.cursor = std::string(json::text(item, "pagingToken").value_or(event.id));
    event.ledger = json::ledger(item, "ledger");
    event.tx_hash = std::string(json::text(item, "txHash").value_or(""));
    const auto* called = json::member(item, "inSuccessfulContractCall");
    event.in_successful_call = called == nullptr || !called->IsBool() || called->GetBool();
    const auto contract = parse_id<ContractId>(json::text(item, "contractId").value_or(""));
    auto value = decode_base64<ScVal>(json::text(item, "value").value_or(""));
    good = good && contract && value && read_list(item, "topic", event.topics);
    if (!good) return;
    event.contract = *contract;
    event.value = std::move(*value);
    out.events.push_back(std::move(event));
  });
  if (!good) return malformed("getEvents");
  return out;
}

Result<FeeStats> RpcClient::fee_stats() {
  auto answer = call(http_, next_id_++, "getFeeStats", no_params);
  if (!answer) return tl::unexpected(answer.error());
  const auto* fees = json::member(*answer->result, "sorobanInclusionFee");
  if (fees == nullptr) return malformed("getFeeStats");
  return FeeStats{json::number(*fees, "p50").value_or(0), json::number(*fees, "p90").value_or(0),
                  json::number(*fees, "max").value_or(0)};
}

Result<std::string> RpcClient::call_raw(std::string_view method, std::string_view params_json) {
  auto answer = call(http_, next_id_++, method, [&](JsonWriter& w) {
    w.RawValue(params_json.data(), params_json.size(), rapidjson::kObjectType);
  });
  if (!answer) return tl::unexpected(answer.error());
  rapidjson::StringBuffer buffer;
  JsonWriter w(buffer);
  answer->result->Accept(w);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace paytick::chain
