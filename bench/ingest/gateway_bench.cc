// The gateway alone, for `paytick load` from another terminal: no chain, no PostgreSQL, and a log and a fold
// of next to nothing, so that what the gateway's own threads use is the gateway's cost.
//
//   build/release/gateway_bench 10000 [microseconds that an append takes [connections_max]]
//   build/release/paytick load …                    as it says

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "app/load/fleet.h"
#include "app/system_ports.h"
#include "echo_log.h"
#include "ingest/gateway.h"

namespace {

using namespace paytick;

volatile std::sig_atomic_t stop_asked = 0;

// Of this process: user and system.
double process_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

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
  config.gateway = random.id<GatewayId>();
  config.follow_meters = false;

  ingest::Gateway* server = nullptr;
  ingest::HttpRoutes routes;
  routes.add("GET", "/metrics", ingest::RunOn::pool, [&](const auto&) {
    ingest::HttpResponse response;
    response.content_type = "text/plain; version=0.0.4";
    response.body =
        server->metrics() + fmt::format(
                                "process_cpu_seconds_total {:.6f}\nprocess_resident_memory_bytes {}\n"
                                "paytick_fold_ticks_total {}\n",
                                process_cpu_s(), resident_bytes(), log.ticks());
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
