#pragma once
// Configuration: one TOML file, environment overrides, and nothing secret in either the file or a flag.
//
// Order, the later wins: built-in defaults, the file (--config, default ./paytick.toml if there is one), the
// environment. A key K of table T is overridden by PAYTICK_T_K in capitals; DATABASE_URL is understood as
// well. docs/configuration.md lists every key with unit and default and is checked against this code by a
// test. Secrets come from PAYTICK_SETTLER_SECRET and PAYTICK_OPERATOR_SECRET, or from files named by …_FILE.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/error.h"

namespace paytick::app {

struct Config {
  std::filesystem::path data =
      ".paytick";  // folder of the embedded log and, in development, of everything else

  struct Gateway {
    std::string listen = "127.0.0.1:8080";  // address:port; port 0 picks a free one
    std::int64_t threads = 1;               // event loops
    std::int64_t connections_max = 20'000;
    // Of pages that may use the gateway; commas between them. Development mode has a rule of its own.
    std::string allowed_origins;
    std::string trusted_proxies;           // addresses or networks, likewise
    std::string tls_certificate, tls_key;  // files; empty: no TLS
    std::int64_t append_interval_ms = -1;  // under load; -1: 10 over Kafka, 0 on the embedded log
    std::int64_t low_balance_s = 60;       // less can be watched: the player is told; 0: never
    std::string top_up = "5.0000000";      // what a player is advised to pay in
  } gateway;

  // Rules by which a viewer is frozen, with the rule and its figures as the reason; 0: off.
  struct Guard {
    std::int64_t screens_max = 0;  // only the platform knows how many it sells
    std::int64_t heartbeats_per_second_max = 1'000;
    std::int64_t addresses_per_hour_max = 32;
  } guard;

  struct Auth {
    std::string audience = "paytick";  // `aud` of the tokens that platforms give their viewers
    std::int64_t play_grace_s = 5;     // a play token lasts so long beyond what is paid
  } auth;

  // ingest/limits.h says what they mean; 0: no limit. -1: the default, and none in development mode, where
  // all comes from one address.
  struct Limits {
    std::int64_t connections_per_address = -1;
    std::int64_t handshakes = 2'000;
    std::int64_t handshakes_per_address = -1;
    std::int64_t requests_per_address = -1;
    std::int64_t requests_per_key = -1;
    std::int64_t logins_per_address = -1;
    std::int64_t messages_per_socket = 50;
    std::int64_t messages_per_viewer = -1;
    std::int64_t message_bytes = 65'536;
    std::int64_t body_bytes = 65'536;
    std::int64_t bodies_bytes = 268'435'456;
    std::int64_t socket_idle_s = 3'600;
    std::int64_t header_s = 10;
    std::int64_t body_s = 30;
  } limits;

  struct Admin {
    std::string listen = "127.0.0.1:0";  // address:port of a role's health and metrics
  } admin;

  struct Log {
    std::string engine = "embedded";  // embedded or kafka
    std::int64_t partitions = 4;      // fixed when the data folder is created
    std::int64_t bytes_max = 0;       // of the embedded log on disk; 0: as much as the disk holds
  } log;

  struct Kafka {
    std::string bootstrap;  // host:port,host:port
    std::string prefix = "paytick";
    std::string instance_id;  // of this process, for good; empty: a new member at every start
    std::int64_t transaction_timeout_ms = 10'000;
    std::int64_t request_timeout_ms = 8'000;
    std::int64_t session_timeout_ms = 10'000;
    // [kafka.properties]: passed to librdkafka as they are
    std::map<std::string, std::string> properties;
  } kafka;

  struct Topics {
    std::int64_t replication = 3;              // copies of each topic
    std::int64_t min_insync = 2;               // of them have a record before it is acknowledged
    std::int64_t keep_heartbeats_in_days = 7;  // for the bridge
    std::int64_t keep_refusals_days = 30;      // for those whose lines they are
    // Kafka's names of who logs in, separated by commas ("User:ingest")
    struct Principals {
      std::string ingest, aggregate, settle, project, operators, producers;
    } principals;
  } topics;
  struct Bridge {
    bool enabled = true;
    std::string platform;               // whose producers write to heartbeats-in; empty: the first one
    std::int64_t late_minutes = 1'440;  // how old a line may be when the bridge reads it
    std::int64_t unknown_ms = 30'000;   // how long a line waits for what it names
    std::int64_t stop_ms = 250;         // how long a stop waits for what was written before it
  } bridge;

  struct Aggregator {
    std::int64_t snapshot_every_mb = 256;  // of inputs folded between two snapshots of a partition
    std::int64_t commit_interval_ms = -1;  // between small steps; -1: 20 over Kafka, 0 on the embedded log
  } aggregator;

  struct Database {
    std::string url;  // libpq connection string or URI; in development a private server is started
  } database;

  struct Chain {
    std::string rpc_url;
    std::string network_passphrase;
    std::string router;             // C… of the deployed router
    std::int64_t start_ledger = 0;  // first ledger to read events from; 0: the oldest the node still has
    std::int64_t poll_ms = 500;     // between two questions to the node
  } chain;

  struct Settlement {
    std::string threshold = "1.0000000";  // an amount due that is settled without waiting
    std::int64_t max_age_s = 3'600;       // the longest that anything due waits
    bool on_close = true;                 // settle a session's sum when it closes
    std::int64_t max_fee_share_bps =
        2'000;  // do not settle while the network fee would take more of a batch, unless aged
    std::int64_t batch_items_max = 20;
  } settlement;

  // What tips, tickets and calls cost, and who gets what of it.
  struct Money {
    std::int64_t token_units = 1'000'000;  // smallest units of the asset in a token
    std::int64_t platform_bps =
        2'000;  // the platform's share of tips, tickets, calls, and creators' own content
  } money;

  struct Calls {
    std::int64_t meter_interval_s = 30;  // running calls are metered by paytick itself; 0: by a scheduler
    std::int64_t block_ms = 30'000;      // half a minute; shorter in development mode only
  } calls;

  // How tokens are bought.
  struct Payments {
    std::string provider = "none";  // none or stripe; play money in development mode unless it says stripe
    std::string currency = "usd";
    std::int64_t price_per_100 = 100;  // tokens, in the currency's smallest units (cents)
    std::string success_url, cancel_url;
    std::string api_url = "https://api.stripe.com";
  } payments;

  // Notices to platforms and viewers: webhooks and event streams.
  struct Push {
    std::int64_t low_balance_s = 60;       // low_balance: less watching time than this is left
    std::int64_t keep_minutes = 1'440;     // for event streams that come back; 0: there are no event streams
    std::int64_t streams_max = 1'000;      // event streams of a process
    std::int64_t senders = 4;              // threads that send webhooks
    std::int64_t timeout_ms = 10'000;      // of an attempt
    std::int64_t retry_first_ms = 5'000;   // before the second attempt; three times as long after each
    std::int64_t retry_max_s = 21'600;     // the longest between two
    std::int64_t attempts_max = 14;        // then it is a dead letter
    std::int64_t waiting_max = 1'000'000;  // a webhook; the oldest beyond become dead letters
    std::int64_t dead_max = 100'000;       // a webhook; the oldest beyond are forgotten
    std::int64_t dead_days = 30;           // then a dead letter is forgotten
  } push;

  // [[webhooks]], as many as there are; see docs/webhooks.md.
  struct Webhook {
    std::string name;      // in the outbox and of its secret; for good
    std::string url;       // https://…
    std::string platform;  // id; empty: notices of every platform
    std::vector<std::string> events;
    bool private_addresses = false;
    std::int64_t concurrency = 2;  // threads of a process with it at once
  };
  std::vector<Webhook> webhooks;

  struct Logging {
    std::string level = "info";   // trace, debug, info, warn, error
    std::string format = "text";  // text or json
  } logging;
};

// One key of the file: where it lives, and what the documentation says about it.
struct ConfigKey {
  std::string_view table;  // empty for top-level keys
  std::string_view key;
  std::string_view unit;
  std::string_view help;
  std::function<std::string(const Config&)> get;
  std::function<bool(Config&, std::string_view)> set;  // false: not a value of this key
};
const std::vector<ConfigKey>& config_keys();

// `environment` looks a variable up; empty when it is unset. Errors: "config_unreadable", "config_syntax"
// (with the line), "config_unknown_key" (with the nearest known one), "config_bad_value".
using Environment = std::function<std::string(const std::string& name)>;
Result<Config> load_config(const std::filesystem::path& file, bool must_exist,
                           const Environment& environment);

// PAYTICK_<name> or the content of the file named by PAYTICK_<name>_FILE, without surrounding space.
Result<std::string> load_secret(std::string_view name, const Environment& environment);

Environment process_environment();

// The page docs/configuration.md is made of: one table per section.
std::string config_reference();

}  // namespace paytick::app
