// How long a restarted aggregator takes until it folds, and what it keeps resident: open sessions on four
// partitions of the embedded log, each of a viewer, a meter and a sum of its own, paid for once.
//
//   restart_bench                      10 million sessions; 12 GB of disk, 10 minutes, mostly of filling
//   restart_bench --sessions 1000000   a quick look
//   restart_bench --folder DIR         where the log goes (a new folder in /tmp by default; removed at the
//   end)
//
// One process fills the log, writes a snapshot of each partition, folds a ping of every tenth session on top,
// and ends. A second one opens the log and restores all partitions at once, a thread each, as the runner
// does. Its figures are printed.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "aggregator/partition_worker.h"
#include "load_ids.h"
#include "log/embedded/embedded_log.h"
#include "model/codec.h"
#include "model/hash.h"
#include "model/partition.h"

namespace paytick::aggregator {
namespace {

constexpr std::uint32_t kPartitions = 4;
constexpr std::int64_t kBegin = 1'790'000'000'000;
constexpr std::uint32_t kSessionsARecord = 300;
constexpr std::size_t kAppendBytes = 16 * 1024 * 1024;
constexpr std::size_t kTrimBytes = 512 * 1024 * 1024;

struct Settings {
  std::uint32_t sessions = 10'000'000;
  std::filesystem::path folder;
};

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s: %s\n", result.error().code.c_str(), result.error().message.c_str());
  std::_Exit(1);
}
void must(Result<void> result) {
  if (result) return;
  std::fprintf(stderr, "%s: %s\n", result.error().code.c_str(), result.error().message.c_str());
  std::_Exit(1);
}

class CountingRandom final : public Random {
 public:
  explicit CountingRandom(int from) : n_(from) {}
  void fill(std::span<std::uint8_t> out) override { blake2b(std::to_string(++n_), out); }

 private:
  int n_;
};

class NoReplies final : public ReplySink {
  void deliver(PartitionId, std::span<const Reply>) override {}
};

std::unique_ptr<log::EmbeddedLog> open_log(const Settings& settings) {
  log::EmbeddedOptions options;
  options.folder = settings.folder;
  options.partitions = kPartitions;
  options.reclaim_every_ms = 5'000;
  return must(log::EmbeddedLog::open(options));
}

// ---- Filling.

std::int64_t at_of(std::uint32_t i) { return kBegin + (i % 10) * 1'000 - 300; }

void write_arrival(std::uint32_t i, const Plan& plan, std::string& record) {
  MeterReport report;
  report.viewer = id_of<ViewerId>(i);
  report.meter = id_of<MeterId>(i + 1'000'000'000ULL);
  report.deposited = Amount(50'000'000 + i);
  report.allowance = kMaxAmount;
  report.version = 1;
  report.ledger = 1'000'000 + i % 1'000;
  codec::write(Input(report), record);
  Open open;
  open.session = id_of<SessionId>(i);
  open.attachment = id_of<AttachmentId>(i + 2'000'000'000ULL);
  open.viewer = report.viewer;
  open.meter = report.meter;
  open.content = id_of<ContentId>(i % 1'000);
  open.creator = id_of<CreatorId>(i % 1'000);
  open.gateway = id_of<GatewayId>(i % 4);
  open.boot = 1;
  open.at = {at_of(i)};
  open.plan = plan;
  codec::write(Input(open), record);
  codec::write_line(Heartbeat{open.session, open.attachment, 0, open.at}, record);
}

class Filling {
 public:
  explicit Filling(const Settings& settings) : settings_(settings), log_(open_log(settings)) {
    plan_.price_per_tick = Amount(100'000);
    plan_.id = derive_plan_id(plan_);
    std::array<std::uint32_t, kPartitions> sessions{};
    for (std::uint32_t i = 0; i < settings_.sessions; ++i) {
      homes_.push_back(static_cast<std::uint8_t>(partition_of(id_of<ViewerId>(i), kPartitions)));
      ++sessions[homes_[i]];
    }
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      WorkerConfig config;
      config.partition = PartitionId{p};
      config.snapshot_every_bytes = 0;
      config.snapshot_every_records = (sessions[p] + kSessionsARecord - 1) / kSessionsARecord;
      workers_.push_back(std::make_unique<PartitionWorker>(config, *log_, random_, replies_));
    }
  }

  void run() {
    write_all(1, kBegin + 9'000, [&](std::uint32_t i, std::string& r) { write_arrival(i, plan_, r); });
    for (const auto& worker : workers_) {
      if (worker->counters().snapshots == 0) std::fprintf(stderr, "a snapshot is missing\n"), std::_Exit(1);
    }
    write_all(10, kBegin + 19'000, [&](std::uint32_t i, std::string& r) {
      codec::write_line(
          Heartbeat{id_of<SessionId>(i), id_of<AttachmentId>(i + 2'000'000'000ULL), 1, {at_of(i) + 10'000}},
          r);
    });
  }

 private:
  // The lines of every `step`th session, in records of the partitions they belong to.
  void write_all(std::uint32_t step, std::int64_t t,
                 const std::function<void(std::uint32_t, std::string&)>& write) {
    std::array<std::string, kPartitions> open;
    std::array<std::uint32_t, kPartitions> lines{};
    std::vector<log::NewRecord> records;
    std::size_t bytes = 0;
    const auto finish = [&](std::uint32_t p) {
      bytes += open[p].size();
      records.push_back({{log::Topic::heartbeats, PartitionId{p}}, TimeMs{t}, {}, std::move(open[p])});
      open[p].clear();
      lines[p] = 0;
      if (bytes >= kAppendBytes) flush(records), bytes = 0;
    };
    for (std::uint32_t i = 0; i < homes_.size(); i += step) {
      const std::uint32_t p = homes_[i];
      write(i, open[p]);
      if (++lines[p] == kSessionsARecord) finish(p);
    }
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      if (lines[p] != 0) finish(p);
    }
    flush(records);
  }

  void flush(std::vector<log::NewRecord>& records) {
    if (!records.empty()) must(log_->append(records));
    for (const log::NewRecord& r : records) since_trim_ += r.value.size();
    records.clear();
    for (const auto& worker : workers_) {
      while (must(worker->step()) == StepResult::worked) {
      }
    }
    // What the state holds is not needed again: the disk need not hold all that was ever said.
    if (since_trim_ < kTrimBytes) return;
    since_trim_ = 0;
    for (std::uint32_t p = 0; p < kPartitions; ++p) {
      if (workers_[p]->snapshot_point()) continue;
      must(log_->trim({log::Topic::heartbeats, PartitionId{p}}, workers_[p]->next()));
      const log::TopicPartition ticks{log::Topic::ticks, PartitionId{p}};
      must(log_->trim(ticks, must(log_->range(ticks)).end));
    }
  }

  const Settings& settings_;
  std::unique_ptr<log::EmbeddedLog> log_;
  CountingRandom random_{0};
  NoReplies replies_;
  Plan plan_;
  std::vector<std::uint8_t> homes_;
  std::vector<std::unique_ptr<PartitionWorker>> workers_;
  std::size_t since_trim_ = 0;
};

// ---- Restarting.

double mib_of(std::string_view field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(field)) return std::strtod(line.c_str() + field.size() + 1, nullptr) / 1024;
  }
  return 0;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void restart(const Settings& settings) {
  const auto begin = std::chrono::steady_clock::now();
  const auto log = open_log(settings);
  std::printf("log open after          %8.1f s, resident %.0f MiB\n", seconds_since(begin), mib_of("VmRSS"));
  CountingRandom random(1'000'000);
  NoReplies replies;
  std::vector<std::unique_ptr<PartitionWorker>> workers;
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    WorkerConfig config;
    config.partition = PartitionId{p};
    workers.push_back(std::make_unique<PartitionWorker>(config, *log, random, replies));
    threads.emplace_back([&worker = *workers.back()] {
      while (!worker.is_running()) must(worker.step());
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double ready = seconds_since(begin);
  std::uint64_t replayed = 0;
  std::size_t state = 0;
  for (const auto& worker : workers) {
    replayed += worker->counters().replayed;
    state += worker->fold()->state_bytes();
    if (!worker->snapshot_point()) std::fprintf(stderr, "a snapshot was not used\n"), std::_Exit(1);
  }
  const double resident = mib_of("VmRSS");
  const double sessions = settings.sessions;
  std::printf("all partitions fold after %6.1f s, %llu records folded again\n", ready,
              static_cast<unsigned long long>(replayed));
  std::printf("resident                %8.0f MiB, %.1f B a session\n", resident,
              resident * 1'048'576 / sessions);
  std::printf("at most while restoring %8.0f MiB\n", mib_of("VmHWM"));
  std::printf("of that, the state      %8.0f MiB, %.1f B a session\n", static_cast<double>(state) / 1'048'576,
              static_cast<double>(state) / sessions);
}

// In a process of its own, so that what one leaves in memory is not counted for the other.
void in_child(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child < 0) std::perror("fork"), std::_Exit(1);
  if (child == 0) {
    work();
    std::fflush(stdout);
    std::_Exit(0);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) {
    std::fprintf(stderr, "it ended with status %d\n", status);
    std::_Exit(1);
  }
}

int run(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--sessions") {
      settings.sessions = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    } else if (name == "--folder") {
      settings.folder = argv[i + 1];
    } else {
      std::fprintf(stderr, "usage: restart_bench [--sessions N] [--folder DIR]\n");
      return 2;
    }
  }
  if (settings.folder.empty()) {
    std::string name = (std::filesystem::temp_directory_path() / "paytick-restart-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return std::perror("mkdtemp"), 1;
    settings.folder = name;
  }
  const auto begin = std::chrono::steady_clock::now();
  in_child([&] { Filling(settings).run(); });
  std::printf("%u sessions on %u partitions, filled in %.0f s\n", settings.sessions, kPartitions,
              seconds_since(begin));
  in_child([&] { restart(settings); });
  std::filesystem::remove_all(settings.folder);
  return 0;
}

}  // namespace
}  // namespace paytick::aggregator

int main(int argc, char** argv) { return paytick::aggregator::run(argc, argv); }
