#include "app/roles/ingest_side.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "app/keys/operator_key.h"
#include "app/logins/postgres_logins.h"
#include "app/metrics/collectors.h"
#include "app/roles/address.h"
#include "app/roles/gateway_limits.h"
#include "app/stop_signals.h"
#include "ingest/api/account.h"
#include "ingest/api/creators.h"
#include "ingest/api/payment.h"
#include "ingest/api/streams.h"

namespace paytick::app {
namespace {

// Each append is a request for every partition, and wakes whoever follows one.
constexpr std::int64_t kKafkaAppendMs = 10;

// The id of the platform that a key belongs to when no registry of platforms says otherwise: the same for the
// same key.
PlatformId platform_of(const std::string& api_key) {
  const KeyHash hash = ingest::hash_api_key(api_key);
  PlatformId id;
  std::copy_n(hash.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

// Whose producers write to heartbeats-in.
Result<PlatformId> platform_of_bridge(const RoleSettings& settings) {
  const std::string& configured = settings.config.bridge.platform;
  if (configured.empty() && settings.platform_api_key.empty())
    return fail("config_missing",
                "set bridge.platform (whose producers write to heartbeats-in), or bridge.enabled = false",
                Next::fatal);
  if (configured.empty()) return platform_of(settings.platform_api_key);
  const auto id = parse_id<PlatformId>(configured);
  if (!id)
    return fail("config_bad_value",
                "bridge.platform is no id of a platform: 22 characters of base64url are wanted", Next::fatal);
  return *id;
}

}  // namespace

Result<void> IngestSide::check(const Config& config) {
  const auto address = parse_address("gateway.listen", config.gateway.listen);
  return address ? Result<void>() : tl::unexpected(address.error());
}

IngestSide::IngestSide(RoleContext context)
    : context_(std::move(context)), history_(context_.settings.config), events_(context_.settings.config) {
  const std::string& database = context_.settings.config.database.url;
  if (!database.empty()) logins_ = std::make_unique<PostgresLogins>(database);
}

Result<std::unique_ptr<IngestSide>> IngestSide::create(RoleContext context, const Identity& identity,
                                                       const RestoredSessions& restored) {
  const RoleSettings& settings = context.settings;
  const auto address = parse_address("gateway.listen", settings.config.gateway.listen);
  if (!address) return tl::unexpected(address.error());

  ingest::GatewayConfig config;
  config.address = address->host;
  config.port = address->port;
  config.threads = static_cast<std::size_t>(settings.config.gateway.threads);
  config.connections_max = settings.config.gateway.connections_max;
  config.append_interval_ms = settings.config.gateway.append_interval_ms >= 0
                                  ? settings.config.gateway.append_interval_ms
                              : context.alone ? kKafkaAppendMs
                                              : 0;
  config.creators_bps = static_cast<std::uint16_t>(settings.config.money.platform_bps);
  config.limits = gateway_limits(settings.config, settings.development);
  config.header_timeout_s = settings.config.limits.header_s;
  config.body_timeout_s = settings.config.limits.body_s;
  config.allowed_origins = split_list(settings.config.gateway.allowed_origins);
  config.tls_certificate = settings.config.gateway.tls_certificate;
  config.tls_key = settings.config.gateway.tls_key;
  config.development = settings.development;
  config.network_passphrase = settings.config.chain.network_passphrase;
  config.gateway = identity.gateway;
  config.boot = identity.boot;
  config.resume_key = identity.resume_key;
  const std::string& key = settings.platform_api_key;
  if (!key.empty())
    config.keys.push_back({platform_of(key), ingest::hash_api_key(key),
                           ingest::Scopes{}
                               .with(ingest::Scope::ingest)
                               .with(ingest::Scope::catalogue)
                               .with(ingest::Scope::read)});
  const auto operator_key =
      load_or_make_operator_key(settings.config.data, process_environment(), context.random);
  if (!operator_key) return tl::unexpected(operator_key.error());
  config.keys.push_back({{}, ingest::hash_api_key(*operator_key), {}});
  config.audience = settings.config.auth.audience;
  config.play_seeds = settings.play_keys;
  config.play_grace_ms = settings.config.auth.play_grace_s * 1'000;
  config.inputs_from = restored.positions;
  config.guard = {settings.config.guard.screens_max, settings.config.guard.heartbeats_per_second_max,
                  settings.config.guard.addresses_per_hour_max};
  config.low_balance_ms = settings.config.gateway.low_balance_s * 1'000;
  const auto top_up = from_decimal(settings.config.gateway.top_up);
  if (!top_up || *top_up <= Amount{})
    return fail("config_bad_value", "gateway.top_up is no amount: 5.0000000 is one", Next::fatal);
  config.top_up = *top_up;

  std::unique_ptr<IngestSide> side(new IngestSide(std::move(context)));
  const RoleContext& my = side->context_;
  auto made = ingest::Gateway::create(std::move(config), {my.log, my.clock, my.random, side->logins_.get()},
                                      side->routes(identity));
  if (!made) return tl::unexpected(made.error());
  side->gateway_ = std::move(*made);
  auto shows =
      ShowSide::create(my, identity, *side->gateway_,
                       [raw = side.get()](const std::string& ticket, const std::optional<ViewerId>& viewer) {
                         return raw->history_.tickets(ticket, viewer);
                       });
  if (!shows) return tl::unexpected(shows.error());
  side->shows_ = std::move(*shows);
  side->add_command_routes();
  my.metrics.add([raw = side.get()](metrics::Page& page) {
    const std::int64_t most = raw->context_.settings.config.gateway.connections_max;
    metrics::collect_gateway(page, raw->gateway_->stats(), most);
  });
  my.health.add("gateway", true, [raw = side.get()] { return raw->gateway_->trouble(); });
  restored.hand_over(*side->gateway_);
  // Nobody else can write to the log of `paytick up`.
  if (my.alone && settings.config.bridge.enabled) {
    const auto platform = platform_of_bridge(my.settings);
    if (!platform) return tl::unexpected(platform.error());
    side->bridge_ =
        std::make_unique<BridgeSide>(my, *platform, side->gateway_->catalog(), side->gateway_->meters());
  }
  return side;
}

ingest::HttpRoutes IngestSide::routes(const Identity& identity) {
  ingest::HttpRoutes routes;
  context_.health.add_routes(routes);
  context_.metrics.add_routes(routes);
  history_.add(
      routes, context_.settings.development,
      [this](const MeterId& meter) { return gateway_->meters().viewer_of(meter); },
      ingest::CallIds(identity.resume_key));
  events_.add(routes);
  events_.add_metrics(context_.metrics);
  return routes;
}

void IngestSide::add_command_routes() {
  ingest::Gateway& gateway = *gateway_;
  ingest::HttpRoutes& routes = gateway.routes();
  ingest::Commands& commands = gateway.commands();
  ingest::add_payment_routes(routes, {commands, gateway.meters(), gateway.catalog()});
  ingest::add_stream_routes(routes, {commands, gateway.meters(), gateway.catalog()});
  ingest::add_creator_routes(
      routes, {commands, context_.clock,
               [this](const CreatorId& creator) { return history_.pending(creator); }, shows_->runner()});
  ingest::add_account_routes(routes, commands);
}

std::string IngestSide::listen() const {
  const auto address = parse_address("gateway.listen", context_.settings.config.gateway.listen);
  const std::string url = url_of({address->host, gateway_->port()});
  return context_.settings.config.gateway.tls_certificate.empty() ? url : "https" + url.substr(4);
}

Result<void> IngestSide::start() {
  if (auto started = gateway_->start(); !started) return started;
  shows_->start();
  if (!context_.settings.config.database.url.empty()) {
    views_ = std::make_unique<ViewWatch>(
        [this] { return history_.views(); },
        [this](ingest::Views views) { gateway_->catalog().set_views(std::move(views)); });
  }
  if (!context_.settings.config.gateway.tls_certificate.empty()) {
    on_hangup([this] {
      if (const auto done = gateway_->reload_certificate(); done)
        spdlog::info("the certificate was read again");
      else
        spdlog::error("the certificate stays as it was: {} ({})", done.error().message, done.error().code);
    });
  }
  return bridge_ ? bridge_->start() : Result<void>();
}

void IngestSide::drain(std::chrono::milliseconds patience) {
  on_hangup(nullptr);
  if (bridge_) bridge_->stop();
  if (!gateway_->drain(patience)) spdlog::warn("some connections did not end in time and were cut");
}

}  // namespace paytick::app
