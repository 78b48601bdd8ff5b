// paytick verify: asks the process that has the log open.

#include <iostream>

#include "app/commands.h"
#include "app/dev/dev_file.h"
#include "chain/http_client.h"

namespace paytick::app {
namespace {

struct Options {
  std::string data = ".paytick";
  bool json = false;
};

int run(const Options& options) {
  const auto complain = [](const Error& error) {
    std::cerr << "paytick verify: " << error.message << " (" << error.code << ")\n";
    return kExitUsage;
  };
  const auto system = dev::read_dev_file(options.data);
  if (!system) return complain(system.error());
  chain::HttpOptions http;
  http.timeout = std::chrono::hours(1);
  http.bearer = system->platform_api_key;
  auto client = chain::HttpClient::create(system->listen, http);
  if (!client) return complain(client.error());
  if (!options.json) std::cerr << "Folding the log again, and asking the chain …\n";
  const auto answer = client->get(options.json ? "/admin/verify?format=json" : "/admin/verify");
  if (!answer) return complain(answer.error());
  std::cout << answer->body;
  return answer->status == 200 ? kExitDone : kExitFailed;
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* const verify = app.add_subcommand(
      "verify", "Compare log, database and chain; exit 1 and the first difference if there is one");
  verify->add_option("--data", options->data, "Data folder of the running `paytick up`")
      ->capture_default_str();
  verify->add_flag("--json", options->json, "The report as JSON");
  verify->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace paytick::app
