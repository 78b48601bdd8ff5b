#include "app/roles/role_process.h"

#include <spdlog/spdlog.h>

#include <iostream>
#include <mutex>
#include <utility>

#include "app/commands.h"
#include "app/dev/role_settings.h"
#include "app/kafka_config.h"
#include "app/logging.h"
#include "app/metrics/collectors.h"
#include "app/metrics/observed_log.h"
#include "app/roles/address.h"
#include "app/roles/admin_server.h"
#include "app/roles/kept_records.h"
#include "app/roles/watched_log.h"
#include "app/stop_signals.h"
#include "app/system_ports.h"
#include "app/worker_thread.h"

namespace paytick::app {
namespace {

constexpr long kRetryMs = 500;

bool is_usage(const Error& error) {
  return error.code.starts_with("config_") || error.code.starts_with("secret_");
}

// One process: what it holds, in the order in which it is needed.
class Process {
 public:
  Process(const Role& role, RoleSettings settings, log::KafkaSettings kafka)
      : role_(role), settings_(std::move(settings)), kafka_settings_(std::move(kafka)), metrics_(role.name) {}
  ~Process() { metrics_.clear(); }

  Result<void> serve_health(const Address& address);
  // Nothing when a signal came first.
  Result<bool> start(const StopSignals& signals);
  void drain();
  std::optional<Error> failure() const;
  std::optional<Error> log_trouble() const;
  std::string where() const { return running_->where(); }

 private:
  void report_on_itself();
  Result<bool> open_log(const StopSignals& signals);
  Result<void> records_are_kept(log::KafkaLog& log) const;
  RoleContext context(const StopSignals& signals);
  void failed(const Error& error);

  const Role& role_;
  const RoleSettings settings_;
  const log::KafkaSettings kafka_settings_;
  SystemClock clock_;
  SystemRandom random_;
  Health health_;
  metrics::Registry metrics_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::optional<Error> connecting_{{"connecting", "no broker has answered yet", Next::retry}};
  std::optional<Error> starting_{{"starting", "it is not at work yet", Next::retry}};
  bool connected_ = false;
  std::unique_ptr<log::KafkaLog> kafka_;
  std::unique_ptr<metrics::ObservedLog> observed_;
  std::unique_ptr<WatchedLog> log_;
  std::unique_ptr<RunningRole> running_;
  std::unique_ptr<AdminServer> admin_;  // last: its routes use the above
};

Result<void> Process::serve_health(const Address& address) {
  report_on_itself();
  ingest::HttpRoutes routes;
  health_.add_routes(routes);
  metrics_.add_routes(routes);
  auto server = AdminServer::start(address, std::move(routes));
  if (!server) return tl::unexpected(server.error());
  admin_ = std::move(*server);
  spdlog::info("{}: health and metrics on {}", role_.name, admin_->url());
  return {};
}

void Process::report_on_itself() {
  health_.add("log", true, [this] { return log_trouble(); });
  health_.add("start", true, [this] {
    const std::lock_guard lock(mutex_);
    return starting_;
  });
  metrics_.add([this](metrics::Page& page) {
    health_.collect(page);
    {
      const std::lock_guard lock(mutex_);
      if (!connected_) return;
    }
    observed_->collect(page);
    metrics::collect_kafka(page, kafka_->counters());
  });
}

std::optional<Error> Process::log_trouble() const {
  {
    const std::lock_guard lock(mutex_);
    if (connecting_) return connecting_;
  }
  if (auto trouble = kafka_->trouble()) return trouble;
  return log_->trouble();
}

void Process::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = error;
}

std::optional<Error> Process::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

Result<void> Process::records_are_kept(log::KafkaLog& log) const {
  return check_records_kept(
      log, [&log](log::Role role, PartitionId partition) { return log.settled_position(role, partition); },
      kafka_settings_.request_timeout);
}

Result<bool> Process::open_log(const StopSignals& signals) {
  TroubleLog trouble("log");
  for (;;) {
    auto opened = log::KafkaLog::open(kafka_settings_);
    if (opened)
      if (auto kept = records_are_kept(**opened); !kept) opened = tl::unexpected(kept.error());
    if (opened) {
      trouble.note(std::nullopt);
      kafka_ = std::move(*opened);
      observed_ = std::make_unique<metrics::ObservedLog>(*kafka_);
      log_ = std::make_unique<WatchedLog>(*observed_, clock_);
      const std::lock_guard lock(mutex_);
      connecting_.reset();
      connected_ = true;
      return true;
    }
    if (opened.error().next != Next::retry) return tl::unexpected(opened.error());
    trouble.note(opened.error());
    {
      const std::lock_guard lock(mutex_);
      connecting_ = opened.error();
    }
    if (signals.asked(kRetryMs)) return false;
  }
}

RoleContext Process::context(const StopSignals& signals) {
  return {settings_,
          *log_,
          clock_,
          random_,
          health_,
          metrics_,
          [this](const Error& error) { failed(error); },
          [this](RoleName name) -> std::unique_ptr<log::PartitionSource> {
            switch (name) {
              case RoleName::aggregate:
                return kafka_->partition_source(log::Role::aggregator);
              case RoleName::settle:
                return kafka_->partition_source(log::Role::settler);
              case RoleName::bridge:
                return kafka_->partition_source(log::Role::bridge);
              case RoleName::project:
                break;
            }
            return kafka_->partition_source("projection", log::Topic::ticks);
          },
          true,
          [&signals] { return signals.asked(0); }};
}

Result<bool> Process::start(const StopSignals& signals) {
  auto opened = open_log(signals);
  if (!opened || !*opened) return opened;
  spdlog::info("{}: {} partitions, brokers {}", role_.name, log_->partitions(), kafka_settings_.bootstrap);
  TroubleLog trouble(role_.name);
  for (;;) {
    auto running = role_.start(context(signals));
    if (running) {
      running_ = std::move(*running);
      const std::lock_guard lock(mutex_);
      starting_.reset();
      return true;
    }
    const Error& error = running.error();
    // What did not start has told both about itself, and is gone.
    metrics_.clear();
    health_.clear();
    report_on_itself();
    {
      const std::lock_guard lock(mutex_);
      starting_ = error;
    }
    if (error.code == "stop_asked") return false;
    if (error.next != Next::retry && error.next != Next::in_doubt) return tl::unexpected(error);
    trouble.note(error);
    if (signals.asked(kRetryMs)) return false;
  }
}

void Process::drain() {
  health_.set_draining();
  running_->drain();
}

int complain(const Role& role, const Error& error) {
  std::cerr << "paytick " << role.name << ": " << error.message << " (" << error.code << ")\n";
  return is_usage(error) ? kExitUsage : kExitFailed;
}

Result<Config> configure(const RoleOptions& options, const Role& role) {
  auto config = load_config(options.target.config_file, options.target.config_named, process_environment());
  if (!config) return config;
  if (!options.target.data.empty()) config->data = options.target.data;
  if (!options.listen.empty()) config->gateway.listen = options.listen;
  if (!options.admin.empty()) config->admin.listen = options.admin;
  if (!options.instance.empty()) config->kafka.instance_id = options.instance;
  if (config->log.engine != "kafka")
    return fail("config_bad_value", "log.engine is '" + config->log.engine + "', and `paytick " + role.name +
                                        "` shares its log with other processes: set log.engine = \"kafka\" "
                                        "and kafka.bootstrap, or use `paytick up`");
  return config;
}

}  // namespace

int run_role(const Role& role, const RoleOptions& options) {
  const auto config = configure(options, role);
  if (!config) return complain(role, config.error());
  if (auto done = set_up_logging(config->logging.level, config->logging.format); !done)
    return complain(role, done.error());
  const auto admin = parse_address("admin.listen", config->admin.listen);
  if (!admin) return complain(role, admin.error());
  auto kafka = kafka_settings(*config, process_environment());
  if (!kafka) return complain(role, kafka.error());
  kafka->gathered = role.gathered;
  const StopSignals signals;  // before any other thread
  auto settings =
      options.development ? dev::development_settings(*config) : production_settings(*config, role.needs);
  if (!settings) return complain(role, settings.error());

  Process process(role, std::move(*settings), *kafka);
  if (auto done = process.serve_health(*admin); !done) return complain(role, done.error());
  const auto started = process.start(signals);
  if (!started) return complain(role, started.error());
  if (!*started) {
    spdlog::info("{}: ended before it was ready", role.name);
    return kExitDone;
  }
  const std::string where = process.where();
  spdlog::info("{}: at work{}{}", role.name, where.empty() ? "" : ", ready on ", where);
  bool asked = false;
  TroubleLog trouble("log");
  while (!asked && !process.failure()) {
    trouble.note(process.log_trouble());
    asked = signals.asked(100);
  }
  signals.release();
  spdlog::info("{}: ending; what is under way is finished", role.name);
  process.drain();
  const auto failure = process.failure();
  if (!asked && failure) return complain(role, *failure);
  spdlog::info("{}: ended", role.name);
  return kExitDone;
}

}  // namespace paytick::app
