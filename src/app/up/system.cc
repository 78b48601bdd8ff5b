#include "app/up/system.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <thread>

#include "app/up/identity.h"

namespace paytick::app {
namespace {

// The id of the platform that a key belongs to when no registry of platforms says otherwise: the same for the
// same key.
PlatformId platform_of(const std::string& api_key) {
  const auto hash = ingest::hash_api_key(api_key);
  PlatformId id;
  std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

Result<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  int port = -1;
  if (colon != std::string::npos && colon + 1 < text.size() &&
      text.find_first_not_of("0123456789", colon + 1) == std::string::npos && text.size() - colon <= 6)
    port = std::stoi(text.substr(colon + 1));
  if (port < 0 || port > 65'535)
    return fail("config_bad_value", "gateway.listen: '" + text + "' is not address:port, as 127.0.0.1:8080");
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return Address{host, static_cast<std::uint16_t>(port)};
}

}  // namespace

System::System(Settings settings) : settings_(std::move(settings)) {}

System::~System() {
  relay_.attach(nullptr);
  if (aggregator_) aggregator_->stop();
}

Result<void> System::check(const Config& config) {
  const auto address = parse_address(config.gateway.listen);
  return address ? Result<void>() : tl::unexpected(address.error());
}

Result<std::unique_ptr<System>> System::start(Settings settings) {
  std::unique_ptr<System> system(new System(std::move(settings)));
  if (auto done = system->start_log(); !done) return tl::unexpected(done.error());
  if (auto done = system->start_aggregator(); !done) return tl::unexpected(done.error());
  const auto fatal = [raw = system.get()](const Error& error) { raw->failed(error); };
  system->chain_ = std::make_unique<ChainSide>(
      ChainSide::Settings{system->settings_.config.chain, system->settings_.config.settlement,
                          system->settings_.router, system->settings_.settler, system->settings_.admin},
      *system->log_, system->clock_, system->random_, system->health_, fatal);
  system->database_ = std::make_unique<DatabaseSide>(system->settings_.config.database.url, *system->log_,
                                                     system->random_, system->health_);
  if (auto done = system->start_gateway(); !done) return tl::unexpected(done.error());
  return system;
}

Result<void> System::start_log() {
  log::EmbeddedOptions options;
  options.folder = settings_.config.data / "log";
  options.partitions = static_cast<std::uint32_t>(settings_.config.log.partitions);
  options.bytes_max = static_cast<std::uint64_t>(settings_.config.log.bytes_max);
  auto opened = log::EmbeddedLog::open(options);
  if (!opened) return tl::unexpected(opened.error());
  log_ = std::move(*opened);
  health_.add("log", true, [this]() -> std::optional<Error> {
    const auto metrics = log_->metrics();
    if (metrics.broken) return Error{"log_io", "the log's storage has failed; restart paytick", Next::fatal};
    if (metrics.full)
      return Error{"log_full", "the disk or log.bytes_max is full; free some space", Next::retry};
    return std::nullopt;
  });
  return {};
}

Result<void> System::start_aggregator() {
  aggregator::RunnerConfig config;
  for (std::uint32_t p = 0; p < log_->partitions(); ++p) config.partitions.push_back(PartitionId{p});
  config.worker.snapshot_every_bytes = static_cast<std::size_t>(settings_.config.aggregator.snapshot_every_mb)
                                       << 20;
  config.on_restored = [this](PartitionId partition, const aggregator::Fold& fold, Offset position) {
    relay_.restored(partition, fold, position);
  };
  aggregator_ = std::make_unique<aggregator::Runner>(
      std::move(config), *log_, clock_, random_, relay_, [this](PartitionId partition, const Error& error) {
        spdlog::log(error.next == Next::fatal ? spdlog::level::err : spdlog::level::warn,
                    "aggregator: partition {}: {} ({})", static_cast<std::uint32_t>(partition), error.message,
                    error.code);
        if (error.next == Next::fatal) failed(error);
      });
  aggregator_->start();
  spdlog::info("restoring {} partitions", log_->partitions());
  auto told = std::chrono::steady_clock::now();
  while (!aggregator_->is_ready()) {
    if (auto error = failure()) return tl::unexpected(*error);
    if (settings_.stop_asked()) return fail("stop_asked", "a signal asked for the end", Next::abort);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (std::chrono::steady_clock::now() - told > std::chrono::seconds(2)) {
      told = std::chrono::steady_clock::now();
      spdlog::info("restoring: {} inputs folded again", aggregator_->fold_counters().inputs);
    }
  }
  health_.add("aggregator", true, [this]() -> std::optional<Error> {
    if (aggregator_->has_failed())
      return Error{"partition_stopped", "a partition has stopped; the log says why", Next::fatal};
    if (!aggregator_->is_ready()) return Error{"restoring", "partitions are being taken over", Next::retry};
    return std::nullopt;
  });
  return {};
}

Result<void> System::start_gateway() {
  const auto address = parse_address(settings_.config.gateway.listen);
  if (!address) return tl::unexpected(address.error());
  auto identity = next_identity(settings_.config.data / "gateway.json", random_, clock_.now());
  if (!identity) return tl::unexpected(identity.error());

  ingest::GatewayConfig config;
  config.address = address->host;
  config.port = address->port;
  config.threads = static_cast<std::size_t>(settings_.config.gateway.threads);
  config.connections_max = settings_.config.gateway.connections_max;
  config.development = settings_.development;
  config.network_passphrase = settings_.config.chain.network_passphrase;
  config.gateway = identity->gateway;
  config.boot = identity->boot;
  config.resume_key = identity->resume_key;
  if (!settings_.platform_api_key.empty())
    config.platforms.push_back(
        {platform_of(settings_.platform_api_key), ingest::hash_api_key(settings_.platform_api_key), false});
  config.inputs_from = relay_.restored_positions(log_->partitions());
  auto made = ingest::Gateway::create(std::move(config), {*log_, clock_, random_}, routes());
  if (!made) return tl::unexpected(made.error());
  gateway_ = std::move(*made);
  relay_.hand_over(*gateway_);
  relay_.attach(gateway_.get());
  return gateway_->start();
}

ingest::HttpRoutes System::routes() {
  ingest::HttpRoutes routes;
  routes.add("GET", "/healthz", ingest::RunOn::loop, [this](const auto&) { return health_.healthz(); });
  routes.add("GET", "/readyz", ingest::RunOn::pool, [this](const auto&) { return health_.readyz(); });
  routes.add("GET", "/metrics", ingest::RunOn::pool, [this](const auto&) {
    ingest::HttpResponse response;
    response.content_type = "text/plain; version=0.0.4";
    response.body = metrics();
    return response;
  });
  database_->add_routes(routes, settings_.development);
  return routes;
}

std::string System::metrics() {
  const auto fold = aggregator_->fold_counters();
  const auto work = aggregator_->worker_counters();
  const auto log = log_->metrics();
  std::string text = gateway_->metrics();
  const auto add = [&text](const char* name, const char* type, const char* help, std::uint64_t value) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
  };
  add("paytick_fold_inputs_total", "counter", "Input lines folded since the start.", fold.inputs);
  add("paytick_fold_ticks_total", "counter", "Ticks bought.", fold.ticks);
  add("paytick_fold_duplicates_total", "counter", "Inputs that changed nothing.", fold.duplicates);
  add("paytick_fold_late_total", "counter", "Inputs outside the bounds of time.", fold.late);
  add("paytick_fold_rejected_total", "counter", "Inputs rejected, on record.", fold.rejected);
  add("paytick_fold_halts_total", "counter", "Sessions halted.", fold.halts);
  add("paytick_aggregator_commits_total", "counter", "Steps committed.", work.commits);
  add("paytick_aggregator_takeovers_total", "counter", "Partitions taken over.", work.takeovers);
  add("paytick_aggregator_snapshots_total", "counter", "Snapshots written.", work.snapshots);
  add("paytick_log_writes_total", "counter", "Appends and steps acknowledged.", log.writes);
  add("paytick_log_syncs_total", "counter", "Syncs of the log; several writes share one.", log.groups);
  add("paytick_log_bytes_total", "counter", "Bytes of records written.", log.bytes);
  add("paytick_log_disk_bytes", "gauge", "Size of the log's folder.", log.on_disk);
  add("paytick_log_full", "gauge", "1 while the log refuses for want of space.", log.full ? 1 : 0);
  return text + chain_->metrics() + database_->metrics(clock_.now());
}

std::string System::listen() const {
  auto address = parse_address(settings_.config.gateway.listen);
  const std::string& host = address->host;
  return fmt::format("http://{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]",
                     gateway_->port());
}

void System::failed(const Error& error) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = error;
}

std::optional<Error> System::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

void System::drain() {
  health_.set_draining();
  if (!gateway_->drain(std::chrono::seconds(10)))
    spdlog::warn("some connections did not end in time and were cut");
  // What the closing sockets have written is folded before the process ends, so that a restart has little to
  // do.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto behind = [this] {
    const auto positions = aggregator_->positions();
    for (std::uint32_t p = 0; p < log_->partitions(); ++p) {
      const auto range = log_->range({log::Topic::heartbeats, PartitionId{p}});
      if (range && positions[p] < range->end) return true;
    }
    return false;
  };
  while (behind() && !failure() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  aggregator_->stop();
  chain_->stop();
  database_->stop();
}

}  // namespace paytick::app
