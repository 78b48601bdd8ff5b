// paytick ingest, aggregate, settle, project: one role each, over Kafka.

#include <spdlog/spdlog.h>

#include <utility>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/dev/dev_file.h"
#include "app/dev/role_settings.h"
#include "app/roles/aggregate_side.h"
#include "app/roles/identity.h"
#include "app/roles/ingest_side.h"
#include "app/roles/project_side.h"
#include "app/roles/reply_follower.h"
#include "app/roles/reply_publisher.h"
#include "app/roles/role_process.h"
#include "app/roles/settle_side.h"
#include "app/roles/snapshot_sessions.h"

namespace paytick::app {
namespace {

constexpr std::chrono::seconds kDrainPatience{10};

class RunningIngest final : public RunningRole {
 public:
  static Result<std::unique_ptr<RunningRole>> start(const RoleContext& context) {
    const RoleSettings& settings = context.settings;
    const std::string& instance = settings.config.kafka.instance_id;
    auto folder =
        DataFolder::claim(settings.config.data / (instance.empty() ? "ingest" : "ingest-" + instance));
    if (!folder) return tl::unexpected(folder.error());
    auto identity = next_identity(folder->path() / "gateway.json", context.random, context.clock.now());
    if (!identity) return tl::unexpected(identity.error());
    if (settings.resume_key) identity->resume_key = *settings.resume_key;
    const auto restored = sessions_of_snapshots(context.log);
    if (!restored) return tl::unexpected(restored.error());

    std::unique_ptr<RunningIngest> role(new RunningIngest(std::move(*folder), context));
    auto side = IngestSide::create(context, *identity, *restored);
    if (!side) return tl::unexpected(side.error());
    role->side_ = std::move(*side);
    role->replies_ = std::make_unique<ReplyFollower>(
        context.log, identity->gateway,
        [&gateway = role->side_->gateway()](const Hints& hints) {
          gateway.deliver(hints.replies);
          gateway.answer(hints.outcomes);
        },
        [&shows = role->side_->shows()](std::string_view record) { shows.heard(record); });
    if (auto done = role->side_->start(); !done) return tl::unexpected(done.error());
    context.metrics.add([raw = role.get()](metrics::Page& page) {
      page.set("paytick_gateway_replies_total", raw->replies_->delivered());
    });
    if (settings.development)
      if (auto done = dev::announce_gateway(settings.config.data, role->side_->listen()); !done)
        return tl::unexpected(done.error());
    return role;
  }
  ~RunningIngest() override {
    metrics_.clear();
    if (replies_) replies_->stop();
    side_.reset();
  }

  std::string where() const override { return side_->listen(); }
  // Sockets are told to come back to another gateway (1001, "draining"); each writes its stop.
  void drain() override {
    side_->drain(kDrainPatience);
    replies_->stop();
  }

 private:
  RunningIngest(DataFolder folder, const RoleContext& context)
      : folder_(std::move(folder)), metrics_(context.metrics) {}

  DataFolder folder_;
  metrics::Registry& metrics_;
  std::unique_ptr<ReplyFollower> replies_;  // outlives the gateway, which keeps what it gave
  std::unique_ptr<IngestSide> side_;
};

class RunningAggregate final : public RunningRole {
 public:
  explicit RunningAggregate(const RoleContext& context)
      : replies_(context.log, context.clock), side_(context, replies_) {
    context.metrics.add([this](metrics::Page& page) {
      const auto counters = replies_.counters();
      page.set("paytick_aggregator_replies_total", counters.published, {{"outcome", "published"}});
      page.set("paytick_aggregator_replies_total", counters.dropped, {{"outcome", "dropped"}});
    });
  }
  static Result<std::unique_ptr<RunningRole>> start(const RoleContext& context) {
    auto role = std::make_unique<RunningAggregate>(context);
    if (auto done = role->side_.start(); !done) return tl::unexpected(done.error());
    return role;
  }
  void drain() override { side_.stop(); }

 private:
  ReplyPublisher replies_;
  AggregateSide side_;
};

class RunningSettle final : public RunningRole {
 public:
  explicit RunningSettle(const RoleContext& context) : side_(context) {}
  static Result<std::unique_ptr<RunningRole>> start(const RoleContext& context) {
    if (context.settings.development)
      if (auto done = dev::fund_channel(context.settings); !done) return tl::unexpected(done.error());
    auto role = std::make_unique<RunningSettle>(context);
    if (auto done = role->side_.start(); !done) return tl::unexpected(done.error());
    return role;
  }
  void drain() override { side_.stop(); }

 private:
  SettleSide side_;
};

class RunningProject final : public RunningRole {
 public:
  explicit RunningProject(const RoleContext& context) : side_(context) {}
  static Result<std::unique_ptr<RunningRole>> start(const RoleContext& context) {
    auto role = std::make_unique<RunningProject>(context);
    if (auto done = role->side_.start(); !done) return tl::unexpected(done.error());
    return role;
  }
  void drain() override { side_.stop(); }

 private:
  ProjectSide side_;
};

void add_role(CLI::App& app, int& exit_code, const Role& role, const std::string& words,
              const std::string& footer) {
  auto options = std::make_shared<RoleOptions>();
  CLI::App* const command = app.add_subcommand(role.name, words);
  add_target_options(*command, options->target);
  command->add_option("--admin", options->admin,
                      "Address and port of /healthz, /readyz and /metrics; port 0 picks a free one");
  command->add_option(
      "--instance", options->instance,
      "Name of this process, the same after a restart, unlike any other's (kafka.instance_id)");
  if (role.name == "ingest")
    command->add_option("--listen", options->listen,
                        "Address and port of the gateway; port 0 picks a free one");
  command->add_flag("--dev", options->development,
                    "Development: chain, database and keys of the `paytick dev` on this data folder");
  command->footer(
      footer +
      "\nSIGTERM or Ctrl-C ends it in order, a second one at once. Nothing is lost when it is killed "
      "either.\nExit codes: 0 it was ended; 1 it failed; 2 wrong options or configuration.");
  command->callback([options, role, &exit_code] { exit_code = run_role(role, *options); });
}

}  // namespace

void add_roles(CLI::App& app, int& exit_code) {
  add_role(
      app, exit_code,
      {"ingest",
       {.chain = false, .database = true, .platform = true},
       RunningIngest::start,
       {log::Topic::heartbeats}},
      "Run a gateway: players and platforms in, answers out",
      "Any number of them behind a load balancer. Each wants a data folder or an --instance of its own, and\n"
      "all of them the same PAYTICK_RESUME_KEY.");
  add_role(app, exit_code, {"aggregate", {}, RunningAggregate::start, {}},
           "Fold heartbeats into ticks, for this process's share of the partitions",
           "Any number of them: they share the partitions out, and take over from one another.");
  add_role(
      app, exit_code,
      {"settle",
       {.chain = true, .database = false, .platform = false},
       RunningSettle::start,
       {log::Topic::ticks}},
      "Settle what is due on chain, for this process's share of the partitions",
      "Several share the partitions out. The one that has partition 0 also reads the router's events and\n"
      "registers creators.");
  add_role(app, exit_code,
           {"project",
            {.chain = false, .database = true, .platform = false},
            RunningProject::start,
            {log::Topic::ticks}},
           "Keep PostgreSQL up to date, for this process's share of the partitions",
           "Any number of them: they share the partitions out.");
}

}  // namespace paytick::app
