// Every key of the configuration: its place, unit, bounds, words and default.

#include <charconv>

#include "app/config.h"
#include "app/config_values.h"

namespace paytick::app {
namespace {

bool is_power_of_ten(std::int64_t value) {
  while (value % 10 == 0 && value != 0) value /= 10;
  return value == 1;
}

// `field` is a generic lambda giving a reference into either a Config& or a const Config&.
template <typename F>
ConfigKey integer(std::string_view table, std::string_view key, std::string_view unit, std::int64_t low,
                  std::int64_t high, std::string_view help, F field) {
  return {
      table,
      key,
      unit,
      help,
      [field](const Config& c) { return std::to_string(field(c)); },
      [field, low, high](Config& c, std::string_view text) { return parse_int(text, low, high, field(c)); }};
}
template <typename F>
ConfigKey text(std::string_view table, std::string_view key, std::string_view unit, std::string_view help,
               F field) {
  return {table,
          key,
          unit,
          help,
          [field](const Config& c) { return std::string(field(c)); },
          [field](Config& c, std::string_view value) { return field(c) = std::string(value), true; }};
}
template <typename F>
ConfigKey boolean(std::string_view table, std::string_view key, std::string_view help, F field) {
  return {table,
          key,
          "true or false",
          help,
          [field](const Config& c) { return field(c) ? "true" : "false"; },
          [field](Config& c, std::string_view value) { return parse_bool(value, field(c)); }};
}

#define FIELD(member) \
  [](auto& c) -> auto& { return c.member; }  // NOLINT(bugprone-macro-parentheses)

std::vector<ConfigKey> make_keys() {
  constexpr std::int64_t kMany = 1'000'000'000'000;
  return {
      {"", "data", "path", "folder of the embedded log; in development mode, of everything else as well",
       [](const Config& c) { return c.data.string(); },
       [](Config& c, std::string_view value) {
         return c.data = std::filesystem::path(value), !value.empty();
       }},
      text("gateway", "listen", "address:port",
           "where players and platforms connect; port 0 picks a free one", FIELD(gateway.listen)),
      integer("gateway", "threads", "threads", 1, 64, "event loops of the gateway", FIELD(gateway.threads)),
      integer("gateway", "connections_max", "connections", 1, 1'000'000, "more are refused",
              FIELD(gateway.connections_max)),
      text("gateway", "allowed_origins", "https://…, …",
           "pages of these origins may use the gateway; * for all; in development mode, local ones may",
           FIELD(gateway.allowed_origins)),
      text("gateway", "trusted_proxies", "address, …",
           "whose X-Forwarded-For is believed: addresses, or networks as 10.0.0.0/8",
           FIELD(gateway.trusted_proxies)),
      text("gateway", "tls_certificate", "path",
           "PEM file with the certificate and its chain, read again on SIGHUP; empty: no TLS",
           FIELD(gateway.tls_certificate)),
      text("gateway", "tls_key", "path", "PEM file with the key of the certificate", FIELD(gateway.tls_key)),
      integer("gateway", "append_interval_ms", "ms", -1, 1'000,
              "between two appends to the log, under load; -1: 10 over Kafka, 0 on the embedded log",
              FIELD(gateway.append_interval_ms)),
      integer("gateway", "low_balance_s", "s", 0, 86'400,
              "a player who can watch for less is told `low_balance`; 0: never",
              FIELD(gateway.low_balance_s)),
      text("gateway", "top_up", "decimal amount", "what a player is advised to pay in when little is left",
           FIELD(gateway.top_up)),
      integer(
          "guard", "screens_max", "screens", 0, 60,
          "a viewer with more open at once is frozen; 0: off, for the platform knows alone how many it sells",
          FIELD(guard.screens_max)),
      integer("guard", "heartbeats_per_second_max", "1/s", 0, 1'000'000,
              "a viewer or session with more, over ten seconds, is frozen; 0: off",
              FIELD(guard.heartbeats_per_second_max)),
      integer(
          "guard", "addresses_per_hour_max", "networks", 0, 1'000,
          "a viewer whose sockets come from more networks (/24, IPv6 /64) within an hour is frozen; 0: off",
          FIELD(guard.addresses_per_hour_max)),
      text("auth", "audience", "text", "the audience (`aud`) of the tokens that platforms give their viewers",
           FIELD(auth.audience)),
      integer("auth", "play_grace_s", "s", 0, 3'600, "how long a play token lasts beyond what is paid",
              FIELD(auth.play_grace_s)),
      text("admin", "listen", "address:port",
           "where a role of its own answers /healthz, /readyz and /metrics; port 0 picks a free one",
           FIELD(admin.listen)),
      integer("limits", "connections_per_address", "connections", -1, 1'000'000,
              "at once; more are refused (429); -1: 1000, and no limit in development mode",
              FIELD(limits.connections_per_address)),
      integer("limits", "handshakes", "connections", 0, 1'000'000,
              "without a complete request yet; the oldest gives way to one more", FIELD(limits.handshakes)),
      integer("limits", "handshakes_per_address", "connections", -1, 1'000'000,
              "likewise, of one address; more are refused (429); -1: 100, none in development mode",
              FIELD(limits.handshakes_per_address)),
      integer("limits", "requests_per_address", "1/s", -1, 1'000'000,
              "connections and requests without a platform's key; -1: 200, none in development mode",
              FIELD(limits.requests_per_address)),
      integer("limits", "requests_per_key", "1/s", -1, 1'000'000,
              "of an API key, or of a login; -1: 2000, none in development mode",
              FIELD(limits.requests_per_key)),
      integer("limits", "logins_per_address", "1/min", -1, 1'000'000,
              "challenges, logins and refreshes; -1: 60, none in development mode",
              FIELD(limits.logins_per_address)),
      integer("limits", "messages_per_socket", "1/s", 0, 1'000'000,
              "more are answered `rate_limited`; four times as many frames close it (1008)",
              FIELD(limits.messages_per_socket)),
      integer("limits", "messages_per_viewer", "1/s", -1, 1'000'000,
              "over all sockets, likewise; -1: 200, none in development mode",
              FIELD(limits.messages_per_viewer)),
      integer("limits", "message_bytes", "bytes", 16'384, 16'777'216,
              "a larger message closes its socket (1009)", FIELD(limits.message_bytes)),
      integer("limits", "body_bytes", "bytes", 1'024, 16'777'216,
              "of a request; batches may have 8 MiB, content 32 KiB", FIELD(limits.body_bytes)),
      integer("limits", "bodies_bytes", "bytes", 0, kMany,
              "of all bodies on their way together; more are told to try again", FIELD(limits.bodies_bytes)),
      integer("limits", "socket_idle_s", "s", 0, 1'000'000,
              "a socket without a message in either direction is closed", FIELD(limits.socket_idle_s)),
      integer("limits", "header_s", "s", 1, 3'600,
              "for a TLS handshake, for a request's header, and between two requests",
              FIELD(limits.header_s)),
      integer("limits", "body_s", "s", 1, 3'600, "for a request's body", FIELD(limits.body_s)),
      {"log", "engine", "embedded or kafka",
       "where the log is: in the data folder (`paytick up`), or in Kafka (a process for each role)",
       [](const Config& c) { return c.log.engine; },
       [](Config& c, std::string_view value) {
         return c.log.engine = std::string(value), value == "embedded" || value == "kafka";
       }},
      integer("log", "partitions", "partitions", 1, 1'024, "fixed when the data folder is created",
              FIELD(log.partitions)),
      integer("log", "bytes_max", "bytes", 0, kMany * 1'000,
              "size limit of the embedded log; 0: as much as the disk holds", FIELD(log.bytes_max)),
      text("kafka", "bootstrap", "host:port, …", "brokers to begin with", FIELD(kafka.bootstrap)),
      text("kafka", "prefix", "name", "of topics, groups and transactional ids: paytick.heartbeats",
           FIELD(kafka.prefix)),
      text("kafka", "instance_id", "name",
           "of this process, the same after a restart, unlike any other's; empty: a new one each time",
           FIELD(kafka.instance_id)),
      integer("kafka", "transaction_timeout_ms", "ms", 1'000, 900'000,
              "how long the transaction of an owner that has fallen silent holds up readers",
              FIELD(kafka.transaction_timeout_ms)),
      integer("kafka", "request_timeout_ms", "ms", 100, 600'000,
              "how long a write or a question may take; below transaction_timeout_ms",
              FIELD(kafka.request_timeout_ms)),
      integer("kafka", "session_timeout_ms", "ms", 500, 1'800'000,
              "silence after which an instance's partitions go to others", FIELD(kafka.session_timeout_ms)),
      integer("topics", "replication", "copies", 1, 100,
              "of each topic; 1 only where losing a disk may lose the log", FIELD(topics.replication)),
      integer("topics", "min_insync", "copies", 1, 100,
              "that have a record before it is acknowledged; 2 at least, unless there is one copy",
              FIELD(topics.min_insync)),
      integer("topics", "keep_heartbeats_in_days", "days", 3, 36'500,
              "how long lines of a platform's own producers wait for the bridge",
              FIELD(topics.keep_heartbeats_in_days)),
      integer("topics", "keep_refusals_days", "days", 3, 36'500,
              "how long it can be looked up why such a line was refused", FIELD(topics.keep_refusals_days)),
      text("topics.principals", "ingest", "User:name, …",
           "who runs `paytick ingest`; none at all: rights are not managed", FIELD(topics.principals.ingest)),
      text("topics.principals", "aggregate", "User:name, …", "who runs `paytick aggregate`",
           FIELD(topics.principals.aggregate)),
      text("topics.principals", "settle", "User:name, …", "who runs `paytick settle`",
           FIELD(topics.principals.settle)),
      text("topics.principals", "project", "User:name, …", "who runs `paytick project`",
           FIELD(topics.principals.project)),
      text("topics.principals", "operators", "User:name, …",
           "who runs `paytick verify`, `replay` and `topics check`: reads all, writes nothing",
           FIELD(topics.principals.operators)),
      text("topics.principals", "producers", "User:name, …",
           "a platform's own producers: they write heartbeats-in alone", FIELD(topics.principals.producers)),
      boolean("bridge", "enabled", "whether `paytick ingest` reads heartbeats-in", FIELD(bridge.enabled)),
      text("bridge", "platform", "id",
           "whose producers write to heartbeats-in; empty: the platform of the API key",
           FIELD(bridge.platform)),
      integer("bridge", "late_minutes", "minutes", 10, 10'080,
              "how old a line may be when the bridge reads it: how long lines may lie while none runs",
              FIELD(bridge.late_minutes)),
      integer("bridge", "unknown_ms", "ms", 0, 600'000,
              "how long a line waits for a session, content or meter that is not known",
              FIELD(bridge.unknown_ms)),
      integer("bridge", "stop_ms", "ms", 0, 60'000,
              "how long a stop waits for heartbeats that were written before it", FIELD(bridge.stop_ms)),
      integer("aggregator", "snapshot_every_mb", "MB", 1, 100'000,
              "inputs folded between two snapshots of a partition", FIELD(aggregator.snapshot_every_mb)),
      integer(
          "aggregator", "commit_interval_ms", "ms", -1, 10'000,
          "between two commits of a partition, but for large ones; -1: 20 over Kafka, 0 on the embedded log",
          FIELD(aggregator.commit_interval_ms)),
      text("database", "url", "connection string",
           "PostgreSQL; in development mode a private server is started", FIELD(database.url)),
      text("chain", "rpc_url", "URL", "Soroban RPC node", FIELD(chain.rpc_url)),
      text("chain", "network_passphrase", "text",
           "names the network; development mode refuses the public one", FIELD(chain.network_passphrase)),
      text("chain", "router", "C… id", "the deployed router contract", FIELD(chain.router)),
      integer("chain", "start_ledger", "ledger", 0, 4'294'967'295,
              "first ledger to read events from; 0: the oldest the node has", FIELD(chain.start_ledger)),
      integer("chain", "poll_ms", "ms", 10, 60'000, "between two questions to the node",
              FIELD(chain.poll_ms)),
      text("settlement", "threshold", "decimal amount", "an amount due that is settled without waiting",
           FIELD(settlement.threshold)),
      // Below the refund's delay (72 h): what is due must be settled before a viewer can take the rest.
      integer("settlement", "max_age_s", "s", 1, 2 * 86'400, "the longest that anything due waits",
              FIELD(settlement.max_age_s)),
      boolean("settlement", "on_close", "settle a session's sum when the session closes",
              FIELD(settlement.on_close)),
      integer("settlement", "max_fee_share_bps", "1/10,000", 1, 10'000,
              "wait while the network fee would take more of a batch, unless it has aged",
              FIELD(settlement.max_fee_share_bps)),
      integer("settlement", "batch_items_max", "items", 1, 190, "items of one transaction",
              FIELD(settlement.batch_items_max)),
      {"money", "token_units", "smallest units",
       "the size of a token: what tips, tickets, calls and purchases are counted in; a power of ten",
       [](const Config& c) { return std::to_string(c.money.token_units); },
       [](Config& c, std::string_view value) {
         std::int64_t units = 0;
         if (!parse_int(value, 1, kMany, units) || !is_power_of_ten(units)) return false;
         return c.money.token_units = units, true;
       }},
      integer(
          "money", "platform_bps", "1/10,000", 0, 5'000,
          "the platform's share of tips, tickets and calls, of streams whose plan does not say, and of what "
          "creators create themselves; of other content it is in the plan",
          FIELD(money.platform_bps)),
      integer("calls", "meter_interval_s", "s", 0, 3'600,
              "running calls are metered by paytick itself so often; 0: by a scheduler alone",
              FIELD(calls.meter_interval_s)),
      integer("calls", "block_ms", "ms", 200, 30'000,
              "length of a call's block, half a minute; shorter in development mode alone",
              FIELD(calls.block_ms)),
      {"payments", "provider", "none or stripe",
       "who takes the money for tokens; none: play money in development mode, else tokens are not sold",
       [](const Config& c) { return c.payments.provider; },
       [](Config& c, std::string_view value) {
         return c.payments.provider = std::string(value), value == "none" || value == "stripe";
       }},
      text("payments", "currency", "ISO 4217", "in small letters", FIELD(payments.currency)),
      integer("payments", "price_per_100", "cents", 1, 100'000'000,
              "of a hundred tokens, in the currency's smallest units", FIELD(payments.price_per_100)),
      text("payments", "success_url", "URL", "where the buyer comes back to after paying",
           FIELD(payments.success_url)),
      text("payments", "cancel_url", "URL", "where the buyer comes back to without paying",
           FIELD(payments.cancel_url)),
      text("payments", "api_url", "URL", "the provider's API", FIELD(payments.api_url)),
      integer("push", "low_balance_s", "s", 0, 86'400,
              "low_balance is told when what is spendable buys less watching time than this",
              FIELD(push.low_balance_s)),
      integer("push", "keep_minutes", "minutes", 0, 43'200,
              "how long notices are kept for event streams that come back; 0: there are no event streams",
              FIELD(push.keep_minutes)),
      integer("push", "streams_max", "streams", 0, 100'000, "event streams of a process",
              FIELD(push.streams_max)),
      integer("push", "senders", "threads", 1, 64, "that send webhooks", FIELD(push.senders)),
      integer("push", "timeout_ms", "ms", 100, 60'000, "of an attempt to send", FIELD(push.timeout_ms)),
      integer("push", "retry_first_ms", "ms", 10, 600'000,
              "before the second attempt; three times as long before each one after",
              FIELD(push.retry_first_ms)),
      integer("push", "retry_max_s", "s", 1, 86'400, "the longest between two attempts",
              FIELD(push.retry_max_s)),
      integer("push", "attempts_max", "attempts", 1, 100, "then a notice is a dead letter",
              FIELD(push.attempts_max)),
      integer("push", "waiting_max", "notices", 1, 100'000'000,
              "that wait for a webhook; the oldest beyond become dead letters", FIELD(push.waiting_max)),
      integer("push", "dead_max", "notices", 0, 10'000'000,
              "dead letters of a webhook; the oldest beyond are forgotten", FIELD(push.dead_max)),
      integer("push", "dead_days", "days", 1, 3'650, "then a dead letter is forgotten",
              FIELD(push.dead_days)),
      text("logging", "level", "trace … error", "what is worth a line", FIELD(logging.level)),
      text("logging", "format", "text or json", "one line an event either way", FIELD(logging.format)),
  };
}
#undef FIELD

}  // namespace

bool parse_int(std::string_view text, std::int64_t low, std::int64_t high, std::int64_t& out) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) return false;
  out = value;
  return true;
}

bool parse_bool(std::string_view text, bool& out) {
  if (text == "true") return out = true, true;
  if (text == "false") return out = false, true;
  return false;
}

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = make_keys();
  return keys;
}

}  // namespace paytick::app
