// paytick topics plan|apply|check: Kafka's topics and rights as the configuration and paytick's promises want
// them.

#include <algorithm>
#include <iostream>

#include "app/commands.h"
#include "app/config.h"
#include "app/kafka_config.h"
#include "app/topics/report.h"
#include "log/kafka/topic_admin.h"

namespace paytick::app {
namespace {

// Beside those of commands.h: a script has to tell "there is something to do" from "it failed".
constexpr int kExitChanges = 3;

struct Options {
  std::string config_file = "paytick.toml";
  bool config_named = false;
  bool json = false;
};

using Changes = std::vector<log::TopicChange>;

bool any(const Changes& changes, bool (*which)(const log::TopicChange&)) {
  return std::any_of(changes.begin(), changes.end(), which);
}
bool is_for_apply(const log::TopicChange& change) { return change.mend == log::Mend::apply; }
bool is_for_hands(const log::TopicChange& change) { return change.mend == log::Mend::by_hand; }
bool breaks(const log::TopicChange& change) { return change.verdict == log::Verdict::breaks; }

int complain(const Error& error) {
  std::cerr << "paytick topics: " << error.message << " (" << error.code << ")\n";
  return error.code.starts_with("config_") || error.code.starts_with("secret_") ? kExitUsage : kExitFailed;
}

void print(const Options& options, const Changes& changes) {
  std::cout << (options.json ? to_json(changes) : to_words(changes));
}
void say(const Options& options, const char* words) {
  if (!options.json) std::cout << words << "\n";
}

int plan(log::TopicAdmin&, const Options& options, const Changes& changes) {
  print(options, changes);
  if (any(changes, is_for_apply)) {
    say(options, "`paytick topics apply` makes what is not said to be done by hand.");
    return kExitChanges;
  }
  if (any(changes, is_for_hands)) return kExitChanges;
  say(options, "Nothing to do.");
  return kExitDone;
}

int apply(log::TopicAdmin& admin, const Options& options, const Changes& changes) {
  print(options, changes);
  if (!any(changes, is_for_apply)) {
    say(options, any(changes, is_for_hands) ? "Nothing that apply could do." : "Nothing to do.");
    return any(changes, breaks) ? kExitFailed : kExitDone;
  }
  if (const auto made = admin.make(changes); !made) return complain(made.error());
  const auto left = admin.compare();
  if (!left) return complain(left.error());
  say(options, "Done.");
  if (!any(*left, breaks)) return kExitDone;
  if (!options.json) std::cout << "What is left breaks a promise; `paytick topics check` shows it.\n";
  return kExitFailed;
}

int check(log::TopicAdmin&, const Options& options, const Changes& changes) {
  Changes broken;
  std::copy_if(changes.begin(), changes.end(), std::back_inserter(broken), breaks);
  print(options, broken);
  if (broken.empty()) {
    say(options, changes.empty() ? "Topics are as they have to be."
                                 : "No promise breaks; `paytick topics plan` shows what differs.");
    return kExitDone;
  }
  if (any(broken, is_for_apply))
    say(options, "`paytick topics apply` mends what is not said to be done by hand.");
  return kExitFailed;
}

using Action = int (*)(log::TopicAdmin&, const Options&, const Changes&);

int run(const Options& options, Action action) {
  const Environment environment = process_environment();
  const auto config = load_config(options.config_file, options.config_named, environment);
  if (!config) return complain(config.error());
  const auto settings = kafka_settings(*config, environment);
  if (!settings) return complain(settings.error());
  const auto admin = log::TopicAdmin::open(*settings);
  if (!admin) return complain(admin.error());
  const auto changes = (*admin)->compare();
  if (!changes) return complain(changes.error());
  return action(**admin, options, *changes);
}

}  // namespace

void add_topics(CLI::App& app, int& exit_code) {
  CLI::App* const topics =
      app.add_subcommand("topics", "Make and check Kafka's topics, their settings and who may write them");
  topics->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, const char* exit_codes, Action action) {
    auto options = std::make_shared<Options>();
    CLI::App* const command = topics->add_subcommand(name, help);
    command->add_option("--config", options->config_file, "Configuration file")
        ->each([options](const std::string&) { options->config_named = true; })
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->footer(exit_codes);
    command->callback([options, action, &exit_code] { exit_code = run(*options, action); });
  };
  add("plan", "Show what differs from the configuration and from what promises need; change nothing",
      "Exit codes: 0 nothing to do; 1 it failed; 2 wrong options or configuration; 3 there is something to "
      "do.",
      plan);
  add("apply", "Make what is missing and set what differs; again, it does nothing",
      "Exit codes: 0 done; 1 it failed, or what is left breaks a promise; 2 wrong options or configuration.",
      apply);
  add("check", "Show what breaks a promise and how to mend it; change nothing",
      "Exit codes: 0 nothing breaks; 1 something does, or it failed; 2 wrong options or configuration.",
      check);
}

}  // namespace paytick::app
