// How fast the aggregator drains a topic of heartbeats: the real runner over the Kafka engine, a transaction
// at most every `commit-ms`, every heartbeat a tick of its own, none merged, hash chain on. bench/kafka/run
// runs it.
//
//   drain_bench bootstrap=HOST:PORT prefix=NAME [heartbeats=5000000] [sessions=100000] [commit-ms=100]
//   [compression=lz4] [broker-pid=PID]
//
// With the broker's process, its processor time is printed, too.
// It makes its topics, which must not be there yet. First the sessions are opened and folded; then the runner
// is stopped, all heartbeats are appended, and the clock runs from the moment when the first partition folds
// again until every heartbeat's tick is committed. Prints one line of JSON.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "aggregator/runner.h"
#include "aggregator/step_memory.h"
#include "bench_parts.h"
#include "load_ids.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "model/codec.h"
#include "model/partition.h"

namespace paytick::aggregator {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kBegin = 1'790'000'000'000;
constexpr std::int64_t kRoundMs = 10'000;
constexpr std::size_t kLinesARecord = 500;
constexpr std::size_t kAppendBytes = 8 * 1024 * 1024;

// The load brings its own clock lines; the runner's shall not be ahead of them.
class StandingClock final : public WallClock {
 public:
  TimeMs now() override { return {kBegin}; }
};
class Ids final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    std::generate(out.begin(), out.end(), [this] { return static_cast<std::uint8_t>(random_()); });
  }

 private:
  std::random_device random_;
};

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "drain_bench: {} ({})\n", error.message, error.code);
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

class Load {
 public:
  Load(log::EventLog& log, std::uint32_t sessions)
      : log_(log), of_partition_(log.partitions()), lines_(log.partitions()), records_(log.partitions()) {
    for (std::uint32_t i = 0; i < sessions; ++i)
      of_partition_[static_cast<std::uint32_t>(partition_of(id_of<ViewerId>(i), log.partitions()))].push_back(
          i);
    plan_.price_per_tick = Amount(1);
    plan_.id = derive_plan_id(plan_);
  }

  void open_sessions() {
    for (std::uint32_t p = 0; p < log_.partitions(); ++p)
      for (const std::uint32_t i : of_partition_[p]) {
        MeterReport report;
        report.viewer = id_of<ViewerId>(i);
        report.meter = id_of<MeterId>(i);
        report.deposited = report.allowance = Amount(1'000'000'000);
        report.version = 1;
        codec::write(Input(report), records_[p]);
        Open open;
        open.session = id_of<SessionId>(i);
        open.attachment = id_of<AttachmentId>(i);
        open.viewer = report.viewer;
        open.meter = report.meter;
        open.content = id_of<ContentId>(1);
        open.creator = id_of<CreatorId>(7'000'000 + i % 1'000);
        open.at = {at_of(i)};
        open.plan = plan_;
        codec::write(Input(open), records_[p]);
        codec::write_line(Heartbeat{open.session, open.attachment, 0, open.at}, records_[p]);
        count(p, kBegin + 9'000);
      }
    flush(kBegin + 9'000);
  }

  // Every session once in ten seconds of the load's time, in another order each time; a clock line a second.
  void add_round(std::int64_t number) {
    const std::int64_t begin = kBegin + number * kRoundMs;
    for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
      auto& order = of_partition_[p];
      std::shuffle(order.begin(), order.end(), random_);
      std::stable_sort(order.begin(), order.end(),
                       [](std::uint32_t a, std::uint32_t b) { return a % 10 < b % 10; });
      std::uint32_t phase = 10;
      for (const std::uint32_t i : order) {
        if (i % 10 != phase) {
          phase = i % 10;
          seal(p, begin + phase * 1'000);
          codec::write(Input(Clock{}), records_[p]);
        }
        codec::write_line(Heartbeat{id_of<SessionId>(i),
                                    id_of<AttachmentId>(i),
                                    static_cast<std::uint64_t>(number),
                                    {at_of(i) + number * kRoundMs}},
                          records_[p]);
        count(p, begin + phase * 1'000);
      }
      seal(p, begin + 9'000);
    }
  }
  void flush(std::int64_t time) {
    for (std::uint32_t p = 0; p < log_.partitions(); ++p) seal(p, time);
    append();
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  static std::int64_t at_of(std::uint32_t i) { return kBegin + (i % 10) * 1'000 - 300; }
  void count(std::uint32_t p, std::int64_t time) {
    if (++lines_[p] == kLinesARecord) seal(p, time);
  }
  void seal(std::uint32_t p, std::int64_t time) {
    lines_[p] = 0;
    if (records_[p].empty()) return;
    bytes_ += records_[p].size();
    waiting_bytes_ += records_[p].size();
    waiting_.push_back(
        {{log::Topic::heartbeats, PartitionId{p}}, {time}, {}, std::exchange(records_[p], {})});
    if (waiting_bytes_ >= kAppendBytes) append();
  }
  void append() {
    if (auto done = log_.append(waiting_); !done) stop(done.error());
    waiting_.clear();
    waiting_bytes_ = 0;
  }

  log::EventLog& log_;
  std::vector<std::vector<std::uint32_t>> of_partition_;
  std::vector<std::size_t> lines_;
  std::vector<std::string> records_;
  std::vector<log::NewRecord> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t bytes_ = 0;
  Plan plan_;
  std::mt19937 random_{42};
};

struct Options {
  std::string bootstrap, prefix = "bench";
  std::uint64_t heartbeats = 5'000'000;
  std::uint32_t sessions = 100'000;
  std::int64_t commit_ms = 100;
  std::string compression;  // lz4 unless given: none, zstd, …
  int broker_pid = 0;
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options), log_(open(options)), load_(*log_, options.sessions) {
    for (std::uint32_t p = 0; p < log_->partitions(); ++p) all_.push_back(PartitionId{p});
    RunnerConfig config;
    config.commit_interval = std::chrono::milliseconds(options.commit_ms);
    runner_ =
        std::make_unique<Runner>(config, *log_, clock_, ids_, replies_, [](PartitionId, const Error& error) {
          if (error.next == Next::fatal) stop(error);
          fmt::print(stderr, "drain_bench: {} ({})\n", error.message, error.code);
        });
  }

  void run() {
    load_.open_sessions();
    runner_->assign(all_);
    fold_to_end();
    runner_->revoke(all_);

    const auto preload = steady_clock::now();
    const std::uint64_t before = load_.bytes();
    const std::uint64_t rounds = options_.heartbeats / options_.sessions;
    for (std::uint64_t round = 1; round <= rounds; ++round) load_.add_round(static_cast<std::int64_t>(round));
    load_.flush(kBegin);
    const double preload_s = since(preload);

    const FoldCounters folded = runner_->fold_counters();
    const WorkerCounters worked = runner_->worker_counters();
    runner_->assign(all_);
    while (!any_ready()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto begin = steady_clock::now();
    const double processor = processor_seconds(), broker = processor_seconds_of(options_.broker_pid);
    fold_to_end();
    const double seconds = since(begin);
    FoldCounters fold = runner_->fold_counters();
    fold.ticks -= folded.ticks;
    const WorkerCounters work = runner_->worker_counters();
    const std::uint64_t heartbeats = rounds * options_.sessions;
    fmt::print(
        "{{\"heartbeats\":{},\"ticks\":{},\"seconds\":{:.2f},\"per_s\":{:.0f},\"processor_s\":{:.1f},"
        "\"broker_processor_s\":{:.1f},\"bytes_each\":{:.1f},\"bytes_a_tick\":{:.1f},\"commits\":{},"
        "\"preload_s\":{:.1f}}}\n",
        heartbeats, fold.ticks, seconds, static_cast<double>(heartbeats) / seconds,
        processor_seconds() - processor, processor_seconds_of(options_.broker_pid) - broker,
        static_cast<double>(load_.bytes() - before) / static_cast<double>(heartbeats),
        static_cast<double>(work.bytes_out - worked.bytes_out) /
            static_cast<double>(std::max<std::uint64_t>(fold.ticks, 1)),
        work.commits - worked.commits, preload_s);
    if (fold.ticks != heartbeats || fold.rejected != 0 || fold.late != 0)
      stop({"not_billed", "not every heartbeat was billed", Next::fatal});
  }

 private:
  static std::unique_ptr<log::KafkaLog> open(const Options& options) {
    log::KafkaSettings settings;
    settings.bootstrap = options.bootstrap;
    settings.prefix = options.prefix;
    if (!options.compression.empty()) settings.properties["compression.type"] = options.compression;
    settings.topics.replication = settings.topics.min_insync = 1;
    if (auto made = log::apply_topics(settings); !made) stop(made.error());
    auto log = log::KafkaLog::open(settings);
    if (!log) stop(log.error());
    return std::move(*log);
  }
  static double since(steady_clock::time_point begin) {
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
  }
  bool any_ready() const {
    const auto all = runner_->partitions();
    return std::any_of(all.begin(), all.end(), [](const auto& p) { return p.ready; });
  }
  void fold_to_end() {
    std::map<PartitionId, Offset> ends;
    for (const PartitionId p : all_) {
      const auto range = log_->range({log::Topic::heartbeats, p});
      if (!range) stop(range.error());
      ends[p] = range->end;
    }
    for (bool done = false; !done; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
      const auto all = runner_->partitions();
      done = std::all_of(all.begin(), all.end(),
                         [&](const auto& p) { return p.ready && p.next >= ends[p.partition]; });
    }
  }

  Options options_;
  StandingClock clock_;
  Ids ids_;
  NoReplies replies_;
  std::unique_ptr<log::KafkaLog> log_;
  Load load_;
  std::vector<PartitionId> all_;
  std::unique_ptr<Runner> runner_;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals),
                      value = equals == word.npos ? "" : word.substr(equals + 1);
    if (name == "bootstrap")
      options.bootstrap = value;
    else if (name == "prefix")
      options.prefix = value;
    else if (name == "compression")
      options.compression = value;
    else if (name == "broker-pid")
      options.broker_pid = std::stoi(value);
    else if (name == "heartbeats")
      options.heartbeats = std::stoull(value);
    else if (name == "sessions")
      options.sessions = static_cast<std::uint32_t>(std::stoul(value));
    else if (name == "commit-ms")
      options.commit_ms = std::stoll(value);
    else
      stop({"bad_option", "unknown option " + name, Next::fatal});
  }
  return options;
}

}  // namespace
}  // namespace paytick::aggregator

int main(int count, char** words) {
  paytick::aggregator::keep_memory_of_steps();
  paytick::aggregator::Bench(paytick::aggregator::parse(count, words)).run();
  return 0;
}
