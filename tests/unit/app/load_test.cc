// The pure parts of `paytick load`.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "app/load/fleet.h"
#include "app/load/gateway_figures.h"
#include "app/load/histogram.h"
#include "app/load/options.h"
#include "app/load/schedule.h"
#include "app/load/tally.h"
#include "app/load/wire.h"
#include "app/progress.h"
#include "ingest/protocol_batch.h"

namespace paytick::app::load {
namespace {

TEST(LoadHistogram, QuantilesAreNeverTooLowAndAtMostASixtyFourthTooHigh) {
  Histogram h;
  for (std::uint64_t i = 1; i <= 100'000; ++i) h.add(i);
  EXPECT_EQ(h.count(), 100'000U);
  EXPECT_EQ(h.max(), 100'000U);
  for (const auto& [per_million, exact] : {std::pair(500'000U, 50'000U), std::pair(990'000U, 99'000U),
                                           std::pair(999'000U, 99'900U), std::pair(100U, 10U)}) {
    EXPECT_GE(h.quantile(per_million), exact);
    EXPECT_LE(h.quantile(per_million), exact + exact / 64 + 1);
  }
  EXPECT_EQ(h.quantile(1'000'000), 100'000U);
}

TEST(LoadHistogram, CountsMergesAndBoundsWhatItIsGiven) {
  Histogram a, b;
  EXPECT_EQ(a.quantile(990'000), 0U);
  a.add(5, 99);
  b.add(std::uint64_t{1} << 60U);
  a.merge(b);
  EXPECT_EQ(a.count(), 100U);
  EXPECT_EQ(a.quantile(990'000), 5U);
  EXPECT_EQ(a.max(), std::uint64_t{1} << 60U);
  EXPECT_EQ(a.quantile(1'000'000), (std::uint64_t{1} << 40U) - 1);
}

TEST(LoadSchedule, EachViewerKeepsToItsPeriod) {
  const Schedule schedule(100'000, 100'000, TimeMs{1'000'000});
  const Beat first = schedule.beat(77'777), next = schedule.beat(177'777);
  EXPECT_EQ(first.viewer, 77'777U);
  EXPECT_EQ(next.viewer, 77'777U);
  EXPECT_EQ(first.seq, 1U);
  EXPECT_EQ(next.seq, 2U);
  EXPECT_EQ(next.at.ms - first.at.ms, 1'000);
  EXPECT_EQ(schedule.due_by(0), 1U);
  EXPECT_EQ(schedule.due_by(1'000'000), 100'001U);
  EXPECT_EQ(schedule.due_us(100'000), 1'000'000U);
}

TEST(LoadSchedule, DisorderLosesNothingAndLetsLaterOnesPass) {
  const Schedule schedule(10, 10, TimeMs{0});
  Disorder disorder(0, 300'000, 10, 7);
  std::vector<Beat> out;
  for (std::uint64_t n = 0; n < 1'000; ++n) disorder.pass(n, schedule.beat(n), out);
  disorder.flush(out);
  ASSERT_EQ(out.size(), 1'000U);
  std::set<std::pair<std::uint32_t, std::uint64_t>> distinct;
  std::map<std::uint32_t, std::uint64_t> newest;
  int overtaken = 0;
  for (const Beat& beat : out) {
    distinct.emplace(beat.viewer, beat.seq);
    overtaken += beat.seq < newest[beat.viewer];
    newest[beat.viewer] = std::max(newest[beat.viewer], beat.seq);
  }
  EXPECT_EQ(distinct.size(), 1'000U);
  EXPECT_GT(overtaken, 100);
}

TEST(LoadSchedule, DuplicatesAreOnTop) {
  const Schedule schedule(10, 10, TimeMs{0});
  Disorder disorder(500'000, 0, 10, 7);
  std::vector<Beat> out;
  for (std::uint64_t n = 0; n < 1'000; ++n) disorder.pass(n, schedule.beat(n), out);
  EXPECT_GT(out.size(), 1'400U);
  EXPECT_LT(out.size(), 1'600U);
}

TEST(LoadSchedule, TicksAreCountedOnceAViewer) {
  const Schedule every_second(3, 3, TimeMs{5'400});
  TickCount one(3, 1'000, 250, TimeMs{5'000});
  for (std::uint64_t n = 0; n < 30; ++n) one.count(every_second.beat(n));
  EXPECT_EQ(one.distinct(), 30U);
  const Schedule twice_a_tick(1, 2, TimeMs{5'400});
  TickCount half(1, 1'000, 250, TimeMs{5'000});
  for (std::uint64_t n = 0; n < 30; ++n) half.count(twice_a_tick.beat(n));
  EXPECT_EQ(half.distinct(), 16U);  // at 5.4, 5.9 (tick 1 by its jitter), 6.4 (tick 1) … 19.9
}

TEST(LoadWire, LinesAreWhatTheGatewayReads) {
  const LineWriter writer("run");
  const TimeMs now{1'790'000'000'123};
  std::string text;
  writer.heartbeat({1'234'567, 42, now}, text);
  ASSERT_EQ(text.back(), '\n');
  text.back() = ' ';
  const auto beat = ingest::parse_batch_line({text.data(), text.size() - 1}, now);
  ASSERT_TRUE(beat) << beat.error().message;
  EXPECT_EQ(beat->type, ingest::BatchLineType::heartbeat);
  EXPECT_EQ(beat->session, "run-1234567");
  EXPECT_EQ(beat->attachment, "run-1234567");
  EXPECT_EQ(beat->seq, 42U);
  EXPECT_EQ(beat->at, now);

  std::string open;
  writer.open(7, load_viewer(7), MeterId{}, "content", now, open);
  open.back() = ' ';
  const auto opened = ingest::parse_batch_line({open.data(), open.size() - 1}, now);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->session, "run-0000007");
  EXPECT_EQ(opened->viewer, to_text(load_viewer(7)));
  EXPECT_EQ(opened->content, "content");

  std::string stop;
  writer.stop(7, now, stop);
  stop.back() = ' ';
  const auto stopped = ingest::parse_batch_line({stop.data(), stop.size() - 1}, now);
  ASSERT_TRUE(stopped) << stopped.error().message;
  EXPECT_EQ(stopped->type, ingest::BatchLineType::stop);
}

TEST(LoadWire, AnswersOfTheGatewayAreCounted) {
  std::string body;
  for (std::uint32_t n = 1; n <= 4; ++n) {
    if (n == 3) {
      ingest::render_refused(n, {"unknown_session", "Send its open again."}, body);
    } else {
      ingest::render_accepted(n, body);
    }
  }
  std::map<std::uint64_t, std::string> refused;
  const auto note = [&](std::uint64_t line, std::string_view code) { refused[line] = code; };
  EXPECT_EQ(read_batch_answer(body, 4, note), 3U);
  EXPECT_EQ(refused, (std::map<std::uint64_t, std::string>{{3, "unknown_session"}}));
  EXPECT_FALSE(read_batch_answer(body, 5, note));
  EXPECT_FALSE(read_batch_answer("what\n\"refused\"\n", 2, note));
}

TEST(LoadWire, MembersAndMetricsAreFound) {
  constexpr std::string_view kTick = R"({"type":"tick","newBalance":"4.9900000","paidUntil":17,"seq":12})";
  EXPECT_EQ(text_member(kTick, "type"), "tick");
  EXPECT_EQ(text_member(kTick, "newBalance"), "4.9900000");
  EXPECT_EQ(number_member(kTick, "seq"), 12U);
  EXPECT_FALSE(number_member(kTick, "newBalance"));
  EXPECT_FALSE(text_member(kTick, "code"));
  EXPECT_EQ(metric("# HELP a b\na 3\nab 4\n", "ab"), 4U);
  EXPECT_FALSE(metric("# HELP a b\na 3\n", "b"));
  EXPECT_EQ(metric_text("# HELP a b\na 0.250\nc 1\n", "a"), "0.250");
  EXPECT_EQ(metric_sum("# HELP a b\na{x=\"1\"} 0.5\na{x=\"2\"} 2\nab 7\n", "a"), 2.5);
  EXPECT_EQ(metric_sum("a 1e3\n", "a"), 1'000);
  EXPECT_FALSE(metric_sum("# TYPE a counter\nab 1\n", "a"));
}

TEST(LoadOptions, TimesAreRead) {
  EXPECT_EQ(parse_duration("500ms"), 500U);
  EXPECT_EQ(parse_duration("60s"), 60'000U);
  EXPECT_EQ(parse_duration("10m"), 600'000U);
  EXPECT_EQ(parse_duration("1h"), 3'600'000U);
  for (const char* const wrong :
       {"", "60", "s", "0s", "1d", "-1s", "1.5s", "60 s", "200h", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(LoadOptions, WhatFollowsFromThem) {
  Options options;
  options.viewers = 1'000;
  options.tick_ms = 2'000;
  options.run_for = "60s";
  const auto plan = plan_of(options);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->rate, 500U);
  EXPECT_EQ(plan->beats, 30'000U);

  options.shuffle = 0.1;
  EXPECT_EQ(plan_of(options).error().code, "no_order");
  options.shuffle = 0;
  options.rate = 50'001;
  EXPECT_EQ(plan_of(options).error().code, "too_fast");
  options.over = "http";
  EXPECT_TRUE(plan_of(options));
  options.price = "1,5";
  EXPECT_EQ(plan_of(options).error().code, "bad_price");
}

TEST(LoadOptions, SocketsAreDealtOutToAsManyProcessesAsTheirFilesTake) {
  Options options;
  options.viewers = 100'000;
  options.threads = 7;
  EXPECT_EQ(plan_of(options, 20'000)->processes, 6U);
  EXPECT_EQ(plan_of(options, 20'000)->threads, 7U);
  EXPECT_EQ(plan_of(options, 1'000'000)->processes, 1U);
  options.processes = 8;
  EXPECT_EQ(plan_of(options, 20'000)->processes, 8U);
  options.processes = 5;
  EXPECT_EQ(plan_of(options, 20'000).error().code, "too_many_sockets");
  options.viewers = 3;
  EXPECT_EQ(plan_of(options, 20'000)->processes, 3U);
  EXPECT_EQ(plan_of(options, 20'000)->threads, 1U);
  options.over = "http";
  options.flat_out = true;
  EXPECT_EQ(plan_of(options).error().code, "bad_option");
}

TEST(LoadTally, ComesThroughItsTextWhole) {
  Tally one;
  one.sent = 12;
  one.accepted = 9;
  one.refused = 2;
  one.lost = 1;
  one.error("try_again", 2);
  for (std::uint64_t us = 1; us < 1'000'000; us *= 3) one.from_sent.add(us), one.from_due.add(us + 1, 2);
  Tally sum;
  ASSERT_TRUE(sum.add_text(one.to_text()));
  ASSERT_TRUE(sum.add_text(one.to_text()));
  one.merge(one);
  EXPECT_EQ(sum.to_text(), one.to_text());
  EXPECT_EQ(sum.from_due.count(), one.from_due.count());
  EXPECT_EQ(sum.from_due.quantile(990'000), one.from_due.quantile(990'000));
  for (const char* const wrong : {"", "1 2 3", "1 2 3 4 x 0", "1 2 3 4 0;999999:1 0", "1 2 3 4 0 0 code"}) {
    EXPECT_FALSE(sum.add_text(wrong)) << wrong;
    EXPECT_EQ(sum.sent, 24U);
  }
}

TEST(LoadFigures, AreOfTheRunAloneAndOfAllGatewaysTogether) {
  const auto page = [](double cpu, double threads, int bytes, int connections) {
    return "paytick_gateway_connections " + std::to_string(connections) + "\nprocess_cpu_seconds_total " +
           std::to_string(cpu) + "\npaytick_gateway_cpu_seconds_total " + std::to_string(threads) +
           "\nprocess_resident_memory_bytes " + std::to_string(bytes) + "\n";
  };
  const auto before = read_sample({page(1, 1, 1'000, 0), page(1, 1, 1'000, 1)});
  const auto begin = read_sample({page(3, 2, 51'000, 10), page(2, 2, 51'000, 11)});
  const auto end = read_sample({page(4, 2.5, 51'000, 10), page(3, 2.5, 51'000, 11)});
  const auto out = figures(before, begin, end, 200'000);
  EXPECT_EQ(out.answers_per_process_cpu_s, 100'000U);
  EXPECT_EQ(out.answers_per_gateway_cpu_s, 200'000U);
  EXPECT_EQ(out.bytes_per_connection, 5'000);
  const auto silent = figures(before, begin, read_sample({"", ""}), 200'000);
  EXPECT_FALSE(silent.answers_per_process_cpu_s);
  EXPECT_FALSE(silent.bytes_per_connection);
}

TEST(LoadOptions, TheCommandLineIsRead) {
  CLI::App app;
  Options options;
  declare(app, options);
  app.parse("--over http --sessions 5 --rate 10 --for 1s --duplicates 0.25 --json", false);
  EXPECT_TRUE(options.over_http());
  EXPECT_EQ(options.viewers, 5U);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(plan_of(options)->duplicates_per_million, 250'000U);
  EXPECT_THROW(app.parse("--over tcp", false), CLI::ValidationError);
  EXPECT_THROW(app.parse("--viewers 0", false), CLI::ValidationError);
}

TEST(LoadFleet, MetersAreRememberedForTheirRouter) {
  ContractId router{}, other{};
  other.bytes[0] = 1;
  std::vector<MeterId> meters(3);
  for (std::size_t i = 0; i < meters.size(); ++i) meters[i].bytes[5] = static_cast<std::uint8_t>(i);
  const std::string text = write_meters(meters, router);
  EXPECT_EQ(read_meters(text, router), meters);
  EXPECT_TRUE(read_meters(text, other).empty());
  EXPECT_TRUE(read_meters("", router).empty());
  EXPECT_NE(load_viewer(0), load_viewer(1));
}

TEST(LoadProgress, NumbersAreGrouped) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace paytick::app::load
