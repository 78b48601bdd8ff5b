// How long a heartbeat takes through Kafka under a steady load: from the millisecond in which it was due,
// over the topic `heartbeats` and the product's runner, to a read_committed reader of `ticks` that holds its
// tick. No sockets; bench/kafka/load has those. bench/kafka/latency runs it.
//
//   latency_bench bootstrap=HOST:PORT prefix=NAME [rate=20000] [partitions=4] [commit-ms=20] [append-ms=10]
//   [warm-s=30] [for-s=30]
//
// It makes its topics, which must not be there yet. `rate` sessions buy a tick of a second each, every
// second. Prints one line of JSON; fails unless every heartbeat was billed, each tick once.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "aggregator/runner.h"
#include "app/system_ports.h"
#include "bench_parts.h"
#include "load_ids.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "model/codec.h"
#include "model/partition.h"

namespace paytick::aggregator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t kTickMs = 1'000;
constexpr milliseconds kWait{20};
constexpr std::int64_t kAtOnce = 4'000;  // heartbeats, where the generator has fallen behind

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "latency_bench: {} ({})\n", error.message, error.code);
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

struct Options {
  std::string bootstrap, prefix = "latency";
  std::uint32_t rate = 20'000, partitions = 4;
  milliseconds commit{20}, append{10};
  std::int64_t warm_s = 30, for_s = 30;
};

log::KafkaSettings settings_of(const Options& options) {
  log::KafkaSettings settings;
  settings.bootstrap = options.bootstrap;
  settings.prefix = options.prefix;
  settings.topics.partitions = options.partitions;
  settings.topics.replication = settings.topics.min_insync = 1;
  return settings;
}

std::unique_ptr<log::KafkaLog> open(const Options& options) {
  auto log = log::KafkaLog::open(settings_of(options));
  if (!log) stop(log.error());
  return std::move(*log);
}

// Heartbeat n of session i is due at begin + n × kTickMs + i × kTickMs / rate.
class Schedule {
 public:
  Schedule(const Options& options, TimeMs begin) : rate_(options.rate), begin_(begin.ms) {}
  std::int64_t due_ms(std::uint32_t i, std::int64_t n) const {
    return begin_ + n * kTickMs + static_cast<std::int64_t>(i) * kTickMs / rate_;
  }
  // How many heartbeats of all sessions are due at `now`, counted from begin.
  std::int64_t due_by(TimeMs now) const { return (now.ms - begin_) * rate_ / kTickMs; }

 private:
  const std::int64_t rate_;
  const std::int64_t begin_;
};

// The only writer of heartbeats.
class Generator {
 public:
  Generator(log::EventLog& log, WallClock& clock, const Options& options)
      : log_(log), clock_(clock), options_(options), lines_(options.partitions) {
    plan_.tick_ms = plan_.heartbeat_ms = kTickMs;
    plan_.price_per_tick = Amount(1);
    plan_.id = derive_plan_id(plan_);
  }

  // Meters, and every session with its first heartbeat: tick 0.
  void open_sessions(const Schedule& schedule) {
    for (std::uint32_t i = 0; i < options_.rate; ++i) {
      std::string& lines = lines_of(i);
      MeterReport report;
      report.viewer = id_of<ViewerId>(i);
      report.meter = id_of<MeterId>(i);
      report.deposited = report.allowance = Amount(1'000'000'000);
      report.version = 1;
      codec::write(Input(report), lines);
      Open open;
      open.session = id_of<SessionId>(i);
      open.attachment = id_of<AttachmentId>(i);
      open.viewer = report.viewer;
      open.meter = report.meter;
      open.content = id_of<ContentId>(1);
      open.creator = id_of<CreatorId>(7'000'000 + i % 1'000);
      open.at = {schedule.due_ms(i, 0)};
      open.plan = plan_;
      codec::write(Input(open), lines);
      beat(i, 0, open.at);
      if (i % 100 == 99) append();
    }
    append();
  }

  // Heartbeats 1 … rounds of all sessions, as they fall due.
  void play(const Schedule& schedule, std::int64_t rounds) {
    const std::int64_t last = (rounds + 1) * options_.rate;
    for (std::int64_t next = options_.rate; next < last;) {
      const auto began = steady_clock::now();
      const std::int64_t due = std::min({schedule.due_by(clock_.now()), next + kAtOnce, last});
      for (; next < due; ++next) {
        const auto i = static_cast<std::uint32_t>(next % options_.rate);
        beat(i, next / options_.rate, {schedule.due_ms(i, next / options_.rate)});
      }
      append();
      std::this_thread::sleep_until(began + options_.append);
    }
  }

 private:
  std::string& lines_of(std::uint32_t i) {
    return lines_[static_cast<std::uint32_t>(partition_of(id_of<ViewerId>(i), options_.partitions))];
  }
  void beat(std::uint32_t i, std::int64_t n, TimeMs at) {
    codec::write_line(
        Heartbeat{id_of<SessionId>(i), id_of<AttachmentId>(i), static_cast<std::uint64_t>(n), at},
        lines_of(i));
  }
  void append() {
    std::vector<log::NewRecord> records;
    for (std::uint32_t p = 0; p < options_.partitions; ++p)
      if (!lines_[p].empty())
        records.push_back(
            {{log::Topic::heartbeats, PartitionId{p}}, clock_.now(), {}, std::exchange(lines_[p], {})});
    if (records.empty()) return;
    if (auto done = log_.append(records); !done) stop(done.error());
  }

  log::EventLog& log_;
  WallClock& clock_;
  const Options options_;
  Plan plan_;
  std::vector<std::string> lines_;
};

// Follows the ticks of one partition on a thread of its own.
class Reader {
 public:
  Reader(log::EventLog& log, WallClock& clock, PartitionId partition, const Schedule& schedule,
         std::int64_t measured_from, const std::unordered_map<SessionId, std::uint32_t>& sessions)
      : log_(log),
        clock_(clock),
        at_{log::Topic::ticks, partition},
        schedule_(schedule),
        measured_from_(measured_from),
        sessions_(sessions),
        thread_([this] { run(); }) {}

  std::uint64_t ticks() const { return ticks_; }
  std::vector<std::int64_t> finish() {
    stop_ = true;
    thread_.join();
    return std::move(took_ms_);
  }

 private:
  void run() {
    Offset next{};
    while (!stop_) {
      auto records = log_.read(at_, next, 4 * 1024 * 1024);
      if (!records) stop(records.error());
      if (records->empty()) log_.wait(at_, next, kWait);
      const std::int64_t now = clock_.now().ms;
      for (log::Record& record : *records) {
        next = Offset{static_cast<std::int64_t>(record.offset) + 1};
        codec::for_each_line(record.value, [&](codec::MutableLine line) { take(line, now); });
      }
    }
  }
  void take(codec::MutableLine line, std::int64_t now) {
    const auto output = codec::parse_output(line);
    const auto* tick = output ? std::get_if<TickLine>(&*output) : nullptr;
    if (tick == nullptr) return;
    ticks_ += static_cast<std::uint64_t>(tick->n);
    if (tick->k < measured_from_) return;
    const auto session = sessions_.find(tick->session);
    if (session != sessions_.end()) took_ms_.push_back(now - schedule_.due_ms(session->second, tick->k));
  }

  log::EventLog& log_;
  WallClock& clock_;
  const log::TopicPartition at_;
  const Schedule& schedule_;
  const std::int64_t measured_from_;
  const std::unordered_map<SessionId, std::uint32_t>& sessions_;
  std::vector<std::int64_t> took_ms_;
  std::atomic<std::uint64_t> ticks_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void run(const Options& options) {
  if (auto made = log::apply_topics(settings_of(options)); !made) stop(made.error());
  const auto writing = open(options), folding = open(options), reading = open(options);
  app::SystemClock clock;
  app::SystemRandom random;
  NoReplies replies;
  RunnerConfig config;
  config.commit_interval = options.commit;
  Runner runner(config, *folding, clock, random, replies, [](PartitionId, const Error& error) {
    if (error.next == Next::fatal) stop(error);
    fmt::print(stderr, "latency_bench: {} ({})\n", error.message, error.code);
  });
  std::vector<PartitionId> all;
  for (std::uint32_t p = 0; p < options.partitions; ++p) all.push_back(PartitionId{p});
  runner.start();
  runner.assign(all);

  std::unordered_map<SessionId, std::uint32_t> sessions;
  for (std::uint32_t i = 0; i < options.rate; ++i) sessions.emplace(id_of<SessionId>(i), i);
  const Schedule schedule(options, clock.now());
  Generator generator(*writing, clock, options);
  std::vector<std::unique_ptr<Reader>> readers;
  for (const PartitionId p : all)
    readers.push_back(std::make_unique<Reader>(*reading, clock, p, schedule, options.warm_s + 1, sessions));
  generator.open_sessions(schedule);
  const double processor = processor_seconds();
  const std::int64_t rounds = options.warm_s + options.for_s;
  generator.play(schedule, rounds);

  const std::uint64_t due = static_cast<std::uint64_t>(rounds + 1) * options.rate;
  const auto patience = steady_clock::now() + std::chrono::seconds(10);
  const auto seen = [&] {
    std::uint64_t sum = 0;
    for (const auto& reader : readers) sum += reader->ticks();
    return sum;
  };
  while (seen() < due && steady_clock::now() < patience) std::this_thread::sleep_for(kWait);
  const double used = processor_seconds() - processor;
  const std::uint64_t ticks = seen();
  std::vector<std::int64_t> took;
  for (const auto& reader : readers) {
    const auto part = reader->finish();
    took.insert(took.end(), part.begin(), part.end());
  }
  const auto commits = runner.worker_counters().commits;
  runner.stop();
  if (ticks != due || took.empty())
    stop({"not_billed", fmt::format("{} ticks of {} were billed", ticks, due), Next::fatal});
  std::sort(took.begin(), took.end());
  const auto at = [&](std::size_t per_mille) { return took[(took.size() - 1) * per_mille / 1'000]; };
  fmt::print(
      "{{\"rate\":{},\"partitions\":{},\"ticks\":{},\"commits\":{},\"processor_s\":{:.1f},\"p50_ms\":{},"
      "\"p90_ms\":{},\"p99_ms\":{},\"p999_ms\":{},\"max_ms\":{}}}\n",
      options.rate, options.partitions, took.size(), commits, used, at(500), at(900), at(990), at(999),
      took.back());
}

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i], name = word.substr(0, word.find('='));
    const std::string value = word.substr(std::min(word.size(), name.size() + 1));
    if (name == "bootstrap")
      options.bootstrap = value;
    else if (name == "prefix")
      options.prefix = value;
    else if (name == "rate")
      options.rate = static_cast<std::uint32_t>(std::stoul(value));
    else if (name == "partitions")
      options.partitions = static_cast<std::uint32_t>(std::stoul(value));
    else if (name == "commit-ms")
      options.commit = milliseconds(std::stol(value));
    else if (name == "append-ms")
      options.append = milliseconds(std::stol(value));
    else if (name == "warm-s")
      options.warm_s = std::stol(value);
    else if (name == "for-s")
      options.for_s = std::stol(value);
    else
      stop({"bad_option", "unknown option " + name, Next::fatal});
  }
  return options;
}

}  // namespace
}  // namespace paytick::aggregator

int main(int count, char** words) {
  paytick::aggregator::run(paytick::aggregator::parse(count, words));
  return 0;
}
