#include "app/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace paytick::app {
namespace {

bool parse_int(std::string_view text, std::int64_t low, std::int64_t high, std::int64_t& out) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) return false;
  out = value;
  return true;
}

bool is_power_of_ten(std::int64_t value) {
  while (value % 10 == 0 && value != 0) value /= 10;
  return value == 1;
}

bool parse_bool(std::string_view text, bool& out) {
  if (text == "true") return out = true, true;
  if (text == "false") return out = false, true;
  return false;
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
      integer("money", "platform_bps", "1/10,000", 0, 5'000,
              "the platform's share of tips, tickets and calls, and of streams whose plan does not say; of "
              "other content it is in the plan",
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

std::string full_name(const ConfigKey& key) {
  return key.table.empty() ? std::string(key.key) : std::string(key.table) + "." + std::string(key.key);
}

std::string environment_name(const ConfigKey& key) {
  std::string name = "PAYTICK_" + full_name(key);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

const ConfigKey* find_key(std::string_view name) {
  for (const ConfigKey& key : config_keys())
    if (full_name(key) == name) return &key;
  return nullptr;
}

// The known key that shares the longest beginning or the same last part: what was probably meant.
std::string nearest_key(std::string_view name) {
  std::string best;
  std::size_t best_score = 0;
  for (const ConfigKey& key : config_keys()) {
    const std::string known = full_name(key);
    const auto [a, b] = std::mismatch(name.begin(), name.end(), known.begin(), known.end());
    std::size_t score = static_cast<std::size_t>(a - name.begin());
    if (name.substr(name.rfind('.') + 1) == key.key) score += 100;
    if (score > best_score) best_score = score, best = known;
  }
  return best;
}

Result<void> set_key(Config& config, const ConfigKey& key, std::string_view value, const std::string& where) {
  if (key.set(config, value)) return {};
  return fail("config_bad_value", where + ": '" + std::string(value) + "' is no value for " + full_name(key) +
                                      " (" + std::string(key.unit) + ")");
}

// A setting of librdkafka. Whether it is one, librdkafka says.
Result<void> set_property(Config& config, const std::string& name, const std::string& value,
                          const std::string& where) {
  if (name.ends_with(".password") || name == "ssl.key.pem")
    return fail("config_bad_value", where + ": " + name +
                                        " is a secret: it comes from the environment, see "
                                        "docs/configuration.md");
  config.kafka.properties[name] = value;
  return {};
}

std::string value_text(const toml::node& node) {
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* v = node.as_integer()) return std::to_string(v->get());
  if (const auto* v = node.as_boolean()) return v->get() ? "true" : "false";
  return {};
}

// One of [[webhooks]].
Result<void> add_webhook(Config& config, const toml::table& table, const std::string& file) {
  Config::Webhook& webhook = config.webhooks.emplace_back();
  for (const auto& [name, node] : table) {
    const std::string where = file + ":" + std::to_string(node.source().begin.line);
    const std::string key(name.str());
    const auto wrong = [&](const char* what) {
      return fail("config_bad_value", fmt::format("{}: webhooks.{} is {}", where, key, what));
    };
    std::string* const text = key == "name"       ? &webhook.name
                              : key == "url"      ? &webhook.url
                              : key == "platform" ? &webhook.platform
                                                  : nullptr;
    if (text != nullptr) {
      if (!node.is_string()) return wrong("a text");
      *text = value_text(node);
    } else if (key == "private_addresses") {
      if (!parse_bool(value_text(node), webhook.private_addresses)) return wrong("true or false");
    } else if (key == "concurrency") {
      if (!parse_int(value_text(node), 1, 64, webhook.concurrency)) return wrong("a number from 1 to 64");
    } else if (key == "events") {
      const auto* events = node.as_array();
      if (events == nullptr || !events->is_homogeneous(toml::node_type::string))
        return wrong("a list of texts");
      for (const auto& event : *events) webhook.events.push_back(value_text(event));
    } else {
      return fail("config_unknown_key",
                  fmt::format("{}: a webhook has no key '{}'; it has name, url, platform, events, "
                              "private_addresses and concurrency",
                              where, key));
    }
  }
  return {};
}

Result<void> apply_table(Config& config, const toml::table& table, const std::string& prefix,
                         const std::string& file) {
  for (const auto& [name, node] : table) {
    std::string full = prefix;
    full += name.str();
    if (const auto* inner = node.as_table()) {
      if (auto done = apply_table(config, *inner, full.append("."), file); !done) return done;
      continue;
    }
    if (full == "webhooks" && node.is_array_of_tables()) {
      for (const auto& one : *node.as_array())
        if (auto done = add_webhook(config, *one.as_table(), file); !done) return done;
      continue;
    }
    const std::string where = file + ":" + std::to_string(node.source().begin.line);
    constexpr std::string_view kProperties = "kafka.properties.";
    if (full.starts_with(kProperties)) {
      if (auto done = set_property(config, full.substr(kProperties.size()), value_text(node), where); !done)
        return done;
      continue;
    }
    const ConfigKey* key = find_key(full);
    if (key == nullptr) {
      std::string words = where;
      words.append(": there is no key '").append(full);
      if (const std::string near = nearest_key(full); !near.empty())
        words.append("'; did you mean '").append(near).append("'?");
      else
        words.append("'; docs/configuration.md lists them");
      return fail("config_unknown_key", std::move(words));
    }
    if (auto done = set_key(config, *key, value_text(node), where); !done) return done;
  }
  return {};
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = make_keys();
  return keys;
}

Result<Config> load_config(const std::filesystem::path& file, bool must_exist,
                           const Environment& environment) {
  Config config;
  if (std::filesystem::exists(file)) {
    std::ifstream in(file);
    std::stringstream content;
    content << in.rdbuf();
    if (!in) return fail("config_unreadable", "cannot read " + file.string());
    try {
      const toml::table table = toml::parse(content.str(), file.string());
      if (auto done = apply_table(config, table, "", file.string()); !done)
        return tl::unexpected(done.error());
    } catch (const toml::parse_error& error) {
      return fail("config_syntax", file.string() + ":" + std::to_string(error.source().begin.line) + ": " +
                                       std::string(error.description()));
    }
  } else if (must_exist) {
    return fail("config_unreadable", "there is no file " + file.string());
  }
  for (const ConfigKey& key : config_keys()) {
    const std::string name = environment_name(key);
    if (const std::string value = environment(name); !value.empty())
      if (auto done = set_key(config, key, value, name); !done) return tl::unexpected(done.error());
  }
  if (const std::string url = environment("DATABASE_URL"); !url.empty()) config.database.url = url;
  return config;
}

Result<std::string> load_secret(std::string_view name, const Environment& environment) {
  const std::string variable = "PAYTICK_" + std::string(name);
  std::string value = environment(variable);
  if (value.empty()) {
    const std::string path = environment(variable + "_FILE");
    if (path.empty()) return fail("secret_missing", "set " + variable + " or " + variable + "_FILE");
    std::ifstream in(path);
    std::getline(in, value);
    if (!in && value.empty())
      return fail("secret_unreadable", "cannot read " + path + " (" + variable + "_FILE)");
  }
  const auto first = value.find_first_not_of(" \t\r\n");
  const auto last = value.find_last_not_of(" \t\r\n");
  if (first == std::string::npos) return fail("secret_missing", variable + " is empty");
  return value.substr(first, last - first + 1);
}

Environment process_environment() {
  return [](const std::string& name) {
    const char* value =
        std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return std::string(value != nullptr ? value : "");
  };
}

std::string config_reference() {
  const Config defaults;
  std::string page;
  std::string_view table = "\n";
  for (const ConfigKey& key : config_keys()) {
    if (key.table != table) {
      table = key.table;
      page += table.empty() ? "## Top level\n" : "\n## [" + std::string(table) + "]\n";
      page += "\n| key | unit | default | meaning | environment |\n|---|---|---|---|---|\n";
    }
    page += "| `" + std::string(key.key) + "` | " + std::string(key.unit) + " | `" + key.get(defaults) +
            "` | " + std::string(key.help) + " | `" + environment_name(key) + "` |\n";
  }
  return page;
}

}  // namespace paytick::app
