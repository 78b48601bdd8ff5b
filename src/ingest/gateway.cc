#include "ingest/gateway.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

#include "ingest/access_policy.h"
#include "ingest/protocol.h"
#include "ingest/server/follower.h"
#include "ingest/server/lane.h"
#include "ingest/server/lane_commands.h"
#include "ingest/server/listener.h"
#include "ingest/server/tls.h"
#include "ingest/server/visitors.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kLanesMax = 64;
constexpr std::size_t kWorkers = 2;
constexpr std::int64_t kPingsMax = 1'000'000;  // of a socket in a second, where there is no limit
constexpr std::int64_t kMessageBytesMin = kSocketMessageBytesMax;

}  // namespace

struct Gateway::Impl {
  Impl(GatewayConfig config_in, GatewayPorts ports_in, HttpRoutes routes_in)
      : config(std::move(config_in)),
        ports(ports_in),
        routes(std::move(routes_in)),
        policy{config.development, config.allowed_origins},
        tokens(config.resume_key),
        auth({config.resume_key, config.keys, config.audience, config.development, config.play_seeds,
              config.play_grace_ms},
             {meters, ports.log, ports.clock, ports.random, ports.logins}),
        sessions(ports.log.partitions(), ports.random),
        guard(config.guard),
        visitors(config.limits, ports.random),
        follower(ports.log, catalog, auth.keys, meters, config.follow_meters, config.inputs_from,
                 config.inputs_from.empty() ? nullptr : &sessions, &guard),
        pool(kWorkers) {
    auth.add_routes(routes);
  }

  Result<void> write_boot();
  void make_lanes();
  std::size_t lanes_count() const;
  std::size_t greetings_max() const;

  const GatewayConfig config;
  GatewayPorts ports;
  HttpRoutes routes;  // not changed any more once lanes run
  const AccessPolicy policy;
  const ResumeTokens tokens;
  Catalog catalog;
  MeterDirectory meters;
  Auth auth;
  SessionDirectory sessions;
  GuardDesk guard;
  server::LaneCommands commands;
  RoomsOfLane rooms;  // empty: none
  std::atomic<std::int64_t> connections{0};
  server::Visitors visitors;
  std::unique_ptr<server::Certificate> certificate;  // null: no TLS
  server::Follower follower;
  std::vector<std::unique_ptr<server::Lane>> lanes;  // the pool's jobs post to them, so it ends first
  server::WorkerPool pool;
  std::unique_ptr<server::Listener> listener;
  std::atomic<bool> running{false};
};

// Says in every partition that earlier boots of this gateway are gone.
Result<void> Gateway::Impl::write_boot() {
  std::vector<log::NewRecord> records;
  for (std::uint32_t p = 0; p < ports.log.partitions(); ++p) {
    log::NewRecord record{{log::Topic::heartbeats, PartitionId{p}}, ports.clock.now(), {}, {}};
    codec::write(Input{GatewayStarted{config.gateway, config.boot}}, record.value);
    records.push_back(std::move(record));
  }
  auto written = ports.log.append(records);
  if (!written) return tl::unexpected(std::move(written.error()));
  return {};
}

std::size_t Gateway::Impl::lanes_count() const {
  return std::clamp<std::size_t>(config.threads, 1, kLanesMax);
}

// Of each lane.
std::size_t Gateway::Impl::greetings_max() const {
  if (config.limits.handshakes <= 0) return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(static_cast<std::size_t>(config.limits.handshakes) / lanes_count(), 1);
}

void Gateway::Impl::make_lanes() {
  const server::Timeouts timeouts{.header_s = config.header_timeout_s,
                                  .body_s = config.body_timeout_s,
                                  .async_s = config.answer_timeout_s,
                                  .keepalive_s = config.keepalive_s,
                                  .pong_s = config.pong_timeout_s,
                                  .close_s = config.close_timeout_s};
  const server::LaneParts parts{{catalog, meters, sessions, tokens, ports.random, &auth.authenticator,
                                 &auth.play, &guard, &visitors.viewers()},
                                catalog,
                                ports.log,
                                ports.clock,
                                policy,
                                auth,
                                routes,
                                pool,
                                timeouts,
                                std::chrono::milliseconds(config.append_interval_ms),
                                connections,
                                visitors,
                                certificate.get(),
                                greetings_max(),
                                config.creators_bps};
  const std::int64_t messages = config.limits.messages_per_socket;
  const std::int64_t pings = messages > 0 ? std::min(messages, kPingsMax) : kPingsMax;
  for (std::size_t i = 0; i < lanes_count(); ++i) {
    CoreConfig core{.gateway = config.gateway,
                    .boot = config.boot,
                    .development = config.development,
                    .lane = static_cast<std::uint8_t>(i),
                    .pings_per_second = pings,
                    .pings_burst = 2 * pings,
                    .append_patience_ms = config.append_patience_ms,
                    .low_balance_ms = config.low_balance_ms,
                    .top_up = config.top_up};
    lanes.push_back(std::make_unique<server::Lane>(parts, core));
    if (rooms) lanes.back()->core().keep_rooms(rooms(core.lane));
  }
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Gateway::~Gateway() {
  impl_->running = false;
  impl_->follower.stop();
  for (auto& lane : impl_->lanes) lane->join();  // the listener lives on the first lane's loop
  impl_->listener.reset();
}

Result<std::unique_ptr<Gateway>> Gateway::create(GatewayConfig config, GatewayPorts ports,
                                                 HttpRoutes routes) {
  auto safe =
      check_start({config.development, config.allowed_origins}, config.address, config.network_passphrase);
  if (!safe) return tl::unexpected(std::move(safe.error()));
  if (config.gateway.is_zero()) return fail("bad_config", "The gateway needs an id.", Next::fatal);
  if (auto good = server::Visitors::check(config.limits); !good)
    return tl::unexpected(std::move(good.error()));
  config.limits.message_bytes = std::max(config.limits.message_bytes, kMessageBytesMin);
  std::unique_ptr<server::Certificate> certificate;
  if (!config.tls_certificate.empty() || !config.tls_key.empty()) {
    auto opened = server::Certificate::open(config.tls_certificate, config.tls_key);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    certificate = std::move(*opened);
  }
  for (const char* path : {"/v1/login", "/v1/login/challenge", "/v1/login/refresh"}) routes.ration(path);
  auto impl = std::make_unique<Impl>(std::move(config), ports, std::move(routes));
  impl->certificate = std::move(certificate);
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Result<void> Gateway::start() {
  Impl& my = *impl_;
  if (my.config.development) {
    spdlog::warn(
        "DEVELOPMENT MODE: no logins. Whoever reaches the gateway may play with any meter. Never use it with "
        "real money.");
  }
  // What earlier boots have acknowledged is known before anybody can ask for it.
  if (auto read = my.follower.catch_up(); !read) return read;
  if (auto written = my.write_boot(); !written) return written;
  my.make_lanes();
  std::vector<server::Lane*> lanes;
  for (auto& lane : my.lanes) lanes.push_back(lane.get());
  my.commands.set(lanes);
  my.listener = std::make_unique<server::Listener>(std::move(lanes), my.config.connections_max);
  if (auto listening = my.listener->open(my.config.address, my.config.port); !listening) return listening;
  my.follower.start();
  for (auto& lane : my.lanes) lane->start();
  my.listener->start();
  my.running = true;
  spdlog::info("gateway listens on {}:{}", my.config.address, my.listener->port());
  return {};
}

std::uint16_t Gateway::port() const { return impl_->listener ? impl_->listener->port() : 0; }

void Gateway::deliver(std::span<const Reply> replies) {
  if (!impl_->running || replies.empty()) return;
  if (impl_->lanes.size() == 1) return impl_->lanes.front()->deliver(replies);
  std::vector<std::vector<Reply>> by_lane(impl_->lanes.size());
  for (const Reply& reply : replies) {
    by_lane[reply.attachment.bytes.back() % impl_->lanes.size()].push_back(reply);
  }
  for (std::size_t i = 0; i < by_lane.size(); ++i) impl_->lanes[i]->deliver(by_lane[i]);
}

void Gateway::answer(std::span<const Outcome> outcomes) {
  if (!impl_->running || outcomes.empty()) return;
  if (impl_->lanes.size() == 1) return impl_->lanes.front()->answer(outcomes);
  for (const Outcome& outcome : outcomes) {
    if (outcome.gateway != impl_->config.gateway) continue;
    impl_->lanes[outcome.command.bytes.back() % impl_->lanes.size()]->answer({&outcome, 1});
  }
}

HttpRoutes& Gateway::routes() { return impl_->routes; }
Commands& Gateway::commands() { return impl_->commands; }
void Gateway::keep_rooms(RoomsOfLane rooms) { impl_->rooms = std::move(rooms); }

void Gateway::tell(std::uint8_t lane, std::vector<ConnId> to, std::shared_ptr<const std::string> text) {
  if (impl_->running && lane < impl_->lanes.size()) impl_->lanes[lane]->tell(std::move(to), std::move(text));
}

bool Gateway::drain(std::chrono::milliseconds deadline) {
  if (!impl_->running) return true;
  impl_->listener->stop();
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = impl_->lanes.size();
  for (auto& lane : impl_->lanes) {
    lane->drain([&] {
      const std::lock_guard lock(mutex);
      --left;
      changed.notify_one();
    });
  }
  bool done = false;
  {
    std::unique_lock lock(mutex);
    done = changed.wait_for(lock, deadline, [&] { return left == 0; });
  }
  impl_->running = false;
  for (auto& lane : impl_->lanes) lane->join();
  impl_->follower.stop();
  spdlog::info("gateway drained{}", done ? "" : " (not everything before the deadline)");
  return done;
}

Result<void> Gateway::reload_certificate() {
  return impl_->certificate ? impl_->certificate->reload() : Result<void>();
}

Catalog& Gateway::catalog() { return impl_->catalog; }
MeterDirectory& Gateway::meters() { return impl_->meters; }
SessionDirectory& Gateway::sessions() { return impl_->sessions; }

std::optional<Error> Gateway::trouble() const {
  if (!impl_->running) return Error{"not_listening", "the gateway does not listen", Next::retry};
  for (const auto& lane : impl_->lanes)
    if (auto trouble = lane->trouble()) return trouble;
  return std::nullopt;
}

GatewayStats Gateway::stats() {
  GatewayStats stats;
  for (auto& lane : impl_->lanes) {
    stats.counters += lane->counters();
    stats.cpu_s += lane->cpu_s();
  }
  stats.connections = impl_->connections;
  stats.refused_visits = impl_->visitors.refused();
  stats.given_way = impl_->visitors.given_way();
  stats.sessions = impl_->sessions.size();
  stats.contents = impl_->catalog.size();
  stats.meters = impl_->meters.size();
  return stats;
}

}  // namespace paytick::ingest
