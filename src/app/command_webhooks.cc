// paytick webhooks list|retry|test: what is waiting, what was given up, and whether an endpoint is well.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <iostream>

#include "app/commands.h"
#include "app/system_ports.h"
#include "app/target.h"
#include "app/webhook_config.h"
#include "push/notice_json.h"

namespace paytick::app {
namespace {

struct Options {
  TargetOptions target;
  std::string webhook, id;
  bool json = false, all = false;
  std::size_t limit = 20;
};

int complain(const Error& error) {
  std::cerr << "paytick webhooks: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("config_") || error.code.starts_with("secret_") ? kExitUsage : kExitFailed;
}

void print_json(const std::vector<push::WebhookCounts>& counts,
                const std::vector<push::DeadLetter>& letters) {
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> json(text);
  const auto put = [&json](const char* key, const std::string& value) {
    json.Key(key);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  const auto number = [&json](const char* key, std::int64_t value) {
    json.Key(key);
    json.Int64(value);
  };
  json.StartObject();
  json.Key("webhooks");
  json.StartArray();
  for (const auto& of : counts) {
    json.StartObject();
    put("name", of.webhook);
    number("waiting", of.waiting);
    number("dead", of.dead);
    number("oldestAt", of.oldest_ms);
    json.EndObject();
  }
  json.EndArray();
  json.Key("dead");
  json.StartArray();
  for (const auto& letter : letters) {
    json.StartObject();
    put("webhook", letter.webhook);
    put("id", letter.id);
    put("type", letter.type);
    number("at", letter.at_ms);
    number("triedAt", letter.tried_ms);
    number("attempts", letter.attempts);
    number("status", letter.status);
    put("error", letter.error);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  std::cout << text.GetString() << "\n";
}

int list(const Options& options, const Target& target) {
  push::OutboxStore store(target.database_url);
  const auto counts = store.counts();
  if (!counts) return complain(counts.error());
  const auto letters = store.dead(options.webhook, options.limit);
  if (!letters) return complain(letters.error());
  if (options.json) {
    print_json(*counts, *letters);
    return kExitDone;
  }
  const std::int64_t now = SystemClock().now().ms;
  if (counts->empty()) std::cout << "Nothing waits and nothing was given up.\n";
  for (const auto& of : *counts) {
    std::cout << of.webhook << ": " << of.waiting << " waiting";
    if (of.oldest_ms > 0) std::cout << ", the oldest for " << (now - of.oldest_ms) / 1'000 << " s";
    std::cout << "; " << of.dead << " given up\n";
  }
  for (const auto& letter : *letters)
    std::cout << "  " << letter.id << "  " << letter.webhook << "  " << letter.type << "  " << letter.attempts
              << " attempts  " << letter.error << "\n";
  if (!letters->empty()) std::cout << "`paytick webhooks retry --id ID` or `--all` sends them again.\n";
  return kExitDone;
}

int retry(const Options& options, const Target& target) {
  if (options.id.empty() && options.webhook.empty() && !options.all) {
    std::cerr << "paytick webhooks: say which: --id ID, --webhook NAME or --all\n";
    return kExitUsage;
  }
  push::OutboxStore store(target.database_url);
  const auto done = store.retry(options.webhook, options.id, SystemClock().now());
  if (!done) return complain(done.error());
  std::cout << *done << (*done == 1 ? " notice is" : " notices are") << " sent again.\n";
  return *done > 0 || options.all ? kExitDone : kExitFailed;
}

// From here, now: whether the URL is reached and takes what is signed.
int test(const Options& options, const Target& target) {
  const auto targets = webhook_targets(target.config, process_environment());
  if (!targets) return complain(targets.error());
  SystemClock clock;
  SystemRandom random;
  bool found = false, well = true;
  for (const push::WebhookTarget& webhook : *targets) {
    if (!options.webhook.empty() && webhook.name != options.webhook) continue;
    found = true;
    const auto id = "test_" + to_text(random.id<SessionId>());
    std::string error;
    push::Endpoint endpoint(webhook, std::chrono::milliseconds(target.config.push.timeout_ms));
    const auto attempt = endpoint.post(push::test_notice(id, clock.now()), clock.now(), error);
    std::cout << webhook.name << ": " << (attempt.ok() ? "took " + id : error) << "\n";
    well = well && attempt.ok();
  }
  if (!found) {
    std::cerr << "paytick webhooks: no such webhook is configured; see docs/webhooks.md\n";
    return kExitUsage;
  }
  return well ? kExitDone : kExitFailed;
}

using Action = int (*)(const Options&, const Target&);

int run(const Options& options, Action action) {
  const auto target = find_target(options.target);
  if (!target) return complain(target.error());
  if (target->database_url.empty() && action != test)
    return complain({"config_missing", "database.url is not set; see docs/configuration.md", Next::refused});
  return action(options, *target);
}

}  // namespace

void add_webhooks(CLI::App& app, int& exit_code) {
  CLI::App* const webhooks =
      app.add_subcommand("webhooks", "See what webhooks wait for, and send again what was given up");
  webhooks->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Action action) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = webhooks->add_subcommand(name, help);
    add_target_options(*command, options->target);
    command->add_option("--webhook", options->webhook, "Only this one, by its name in the configuration");
    if (action == list) {
      command->add_option("--limit", options->limit, "Dead letters shown, the newest first")
          ->capture_default_str();
      command->add_flag("--json", options->json, "Print JSON");
    }
    if (action == retry) {
      command->add_option("--id", options->id, "Of one notice");
      command->add_flag("--all", options->all, "Everything that was given up");
    }
    command->footer("Exit codes: 0 done; 1 it failed; 2 wrong options or configuration.");
    command->callback([options, action, &exit_code] { exit_code = run(*options, action); });
  };
  add("list", "Show how many notices wait for each webhook, and which were given up and why", list);
  add("retry", "Send dead letters again", retry);
  add("test", "Send a signed test notice from here, and show what is answered", test);
}

}  // namespace paytick::app
