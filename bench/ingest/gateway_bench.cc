// The gateway alone, for `paytick load` from another terminal: no chain, no PostgreSQL, and a log and a fold
// of next to nothing, so that what the gateway's own threads use is the gateway's cost.
//
//   build/release/gateway_bench 10000 [microseconds that an append takes [connections_max [limits]]]
//   build/release/paytick load …                    as it says

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "app/load/fleet.h"
#include "app/metrics/collectors.h"
#include "app/metrics/page.h"
#include "app/metrics/process.h"
#include "app/roles/gateway_limits.h"
#include "app/system_ports.h"
#include "echo_log.h"
#include "ingest/gateway.h"

namespace {

using namespace paytick;

volatile std::sig_atomic_t stop_asked = 0;

Content film(Random& random) {
  Content content;
  content.title = "A film";
  content.id = random.id<ContentId>();
  content.plan.price_per_tick = Amount(100);
  content.plan.tick_ms = 10'000;
  content.plan.heartbeat_ms = 10'000;
  content.plan.id = derive_plan_id(content.plan);
  return content;
}

}  // namespace

int main(int count, char** words) {
  const auto number = [&](int i, long otherwise) { return count > i ? std::atol(words[i]) : otherwise; };
  const auto viewers = static_cast<std::uint32_t>(number(1, 10'000));
  bench::EchoLog log(4, std::chrono::microseconds(number(2, 0)));
  app::SystemClock clock;
  app::SystemRandom random;

  ingest::GatewayConfig config;
  config.port = 0;
  config.connections_max = number(3, 19'900);
  config.development = true;
  config.network_passphrase = "A network of its own";
  // As in production: development mode has none for addresses.
  if (count > 4) config.limits = app::gateway_limits(app::Config{}, false);
  config.gateway = random.id<GatewayId>();
  config.follow_meters = false;

  ingest::Gateway* server = nullptr;
  ingest::HttpRoutes routes;
  routes.add("GET", "/metrics", ingest::RunOn::pool, [&](const auto&) {
    ingest::HttpResponse response;
    app::metrics::Page page;
    app::metrics::collect_process(page, "ingest");
    app::metrics::collect_gateway(page, server->stats(), config.connections_max);
    page.set("paytick_fold_ticks_total", log.ticks());
    response.content_type = app::metrics::Page::kContentType;
    response.body = page.text();
    return response;
  });
  auto made = ingest::Gateway::create(config, {log, clock, random}, std::move(routes));
  if (!made) return std::cerr << made.error().message << "\n", 1;
  server = made->get();

  const Content content = film(random);
  server->catalog().apply(content);
  std::vector<MeterId> meters;
  for (std::uint32_t i = 0; i < viewers; ++i) {
    const ViewerId viewer = app::load::load_viewer(i);
    MeterId meter;
    meter.bytes = viewer.bytes;
    server->meters().put(meter, viewer);
    meters.push_back(meter);
  }
  log.answer_with([&](std::span<const Reply> replies) { server->deliver(replies); });
  if (auto started = server->start(); !started) return std::cerr << started.error().message << "\n", 1;

  const std::string file = fmt::format("{}/paytick-bench-{}.meters",
                                       std::filesystem::temp_directory_path().string(), server->port());
  std::ofstream(file) << app::load::write_meters(meters, ContractId{});
  std::cout << fmt::format(
                   "paytick load --listen http://127.0.0.1:{} --meters {} --content {} --viewers {}\n",
                   server->port(), file, to_text(content.id), viewers)
            << std::flush;
  std::signal(SIGINT, [](int) { stop_asked = 1; });
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  while (stop_asked == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::remove(file.c_str());
  return 0;
}
