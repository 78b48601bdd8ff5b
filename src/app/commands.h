#pragma once
// The subcommands of the program. Each adds itself to the command line and sets `exit_code` when it has run.
//
// Exit codes: 0 done; 1 it ran and found a difference or failed; 2 the command line or the configuration is
// wrong.

#include <CLI/CLI.hpp>

namespace paytick::app {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

void add_dev_setup(CLI::App& app, int& exit_code);
void add_up(CLI::App& app, int& exit_code);
void add_dev(CLI::App& app, int& exit_code);
void add_roles(CLI::App& app, int& exit_code);  // ingest, aggregate, settle, project
void add_play(CLI::App& app, int& exit_code);
void add_refund(CLI::App& app, int& exit_code);
void add_load(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_replay(CLI::App& app, int& exit_code);
void add_keys(CLI::App& app, int& exit_code);
void add_topics(CLI::App& app, int& exit_code);
void add_webhooks(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);

}  // namespace paytick::app
