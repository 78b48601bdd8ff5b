#include "app/metrics/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <regex>

#include "app/metrics/collectors.h"
#include "app/metrics/process.h"
#include "app/metrics/registry.h"

namespace paytick::app::metrics {
namespace {

using testing::HasSubstr;

TEST(MetricsPage, WritesCountersAndGauges) {
  Page page;
  page.set("paytick_fold_ticks_total", 12'345'678'901U, {{"partition", "3"}});
  page.set("paytick_gateway_connections", 7);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("# TYPE paytick_fold_ticks_total counter\n"
                              "paytick_fold_ticks_total{partition=\"3\"} 12345678901\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE paytick_gateway_connections gauge\npaytick_gateway_connections 7\n"));
}

TEST(MetricsPage, SumsTheBucketsOfAHistogram) {
  Page page;
  constexpr std::array bounds = {0.5, 1.0};
  constexpr std::array<std::uint64_t, 3> counts = {2, 3, 1};
  page.set_histogram("paytick_gateway_answer_seconds", bounds, counts, 4.25);
  EXPECT_THAT(page.text(), HasSubstr("paytick_gateway_answer_seconds_count 6\n"
                                     "paytick_gateway_answer_seconds_sum 4.25\n"
                                     "paytick_gateway_answer_seconds_bucket{le=\"0.5\"} 2\n"
                                     "paytick_gateway_answer_seconds_bucket{le=\"1\"} 5\n"
                                     "paytick_gateway_answer_seconds_bucket{le=\"+Inf\"} 6\n"));
}

double value_of(const std::string& text, const std::string& name) {
  std::smatch found;
  return std::regex_search(text, found, std::regex("\n" + name + " (\\S+)")) ? std::stod(found[1]) : -1;
}

TEST(MetricsPage, SaysWhatTheProcessUses) {
  Page page;
  collect_process(page, "aggregate");
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("role=\"aggregate\"} 1\n"));
  EXPECT_GT(value_of(text, "process_cpu_seconds_total"), 0);
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(text, "process_virtual_memory_bytes"), value_of(text, "process_resident_memory_bytes"));
  EXPECT_GE(value_of(text, "process_open_fds"), 3);
  EXPECT_GT(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  EXPECT_GE(value_of(text, "process_threads"), 1);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(value_of(text, "process_start_time_seconds"), now, 3'600);
}

TEST(MetricsRegistry, AsksEveryPart) {
  Registry registry("settle");
  registry.add([](Page& page) { page.set("paytick_settler_in_flight", 1); });
  registry.add([](Page& page) { page.set("paytick_chain_events_ledger", 77); });
  EXPECT_THAT(registry.text(), HasSubstr("role=\"settle\"} 1\n"));
  EXPECT_EQ(value_of(registry.text(), "paytick_settler_in_flight"), 1);
  EXPECT_EQ(value_of(registry.text(), "paytick_chain_events_ledger"), 77);
  registry.clear();
  EXPECT_EQ(value_of(registry.text(), "paytick_chain_events_ledger"), -1);
}

TEST(MetricsCollectors, CopyTheGatewaysCounters) {
  ingest::GatewayStats stats;
  stats.connections = 5;
  stats.counters.ticks = 3;
  stats.counters.refused = 2;
  stats.counters.freezes = 4;
  stats.refused_visits = 6;
  stats.given_way = 7;
  stats.counters.answer_ms[0] = 1;
  stats.counters.answer_ms[ingest::kAnswerBuckets - 1] = 1;
  stats.counters.answer_ms_sum = 5'001;
  Page page;
  collect_gateway(page, stats, 20'000);
  const std::string text = page.text();
  EXPECT_EQ(value_of(text, "paytick_gateway_connections"), 5);
  EXPECT_EQ(value_of(text, "paytick_gateway_connections_max"), 20'000);
  EXPECT_THAT(text, HasSubstr("paytick_gateway_answers_total{outcome=\"paid\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("paytick_gateway_answers_total{outcome=\"refused\"} 2\n"));
  EXPECT_EQ(value_of(text, "paytick_gateway_freezes_total"), 4);
  EXPECT_EQ(value_of(text, "paytick_gateway_refused_visits_total"), 6);
  EXPECT_EQ(value_of(text, "paytick_gateway_handshakes_given_way_total"), 7);
  EXPECT_THAT(text, HasSubstr("paytick_gateway_answer_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("paytick_gateway_answer_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("paytick_gateway_answer_seconds_sum 5.001\n"));
}

TEST(MetricsCollectors, SayHowOldTheProjectionIs) {
  projections::WorkerStatus status;
  status.as_of = TimeMs{10'000};
  Page page;
  collect_projection(page, status, TimeMs{12'500});
  EXPECT_EQ(value_of(page.text(), "paytick_projection_behind_seconds"), 2.5);
}

}  // namespace
}  // namespace paytick::app::metrics
