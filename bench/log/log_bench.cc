// log_bench [seconds] [library] [folder]: RocksDB (as the embedded engine uses it), LMDB and SQLite on the
// log's workload. Prints a table. The folder (default: a temporary one) should be on the disk that counts; it
// is removed.

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "store.h"

namespace paytick::bench {

void give_up(std::string_view doing, std::string_view why) {
  std::fprintf(stderr, "log_bench: %.*s: %.*s\n", static_cast<int>(doing.size()), doing.data(),
               static_cast<int>(why.size()), why.data());
  std::exit(1);
}

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kLanes = 4;
constexpr double kMega = 1e6;

struct Load {
  const char* name;
  std::size_t value_bytes;
  int appenders;
};
constexpr Load kLoads[] = {{"256 KiB x 4", 256 << 10, 4}, {"4 KiB x 64", 4 << 10, 64}};

struct Library {
  const char* name;
  std::unique_ptr<Store> (*open)(const std::filesystem::path&);
};
constexpr Library kLibraries[] = {{"RocksDB", open_rocksdb}, {"LMDB", open_lmdb}, {"SQLite", open_sqlite}};

// Lines as the fold writes them: mostly the same words, with ids and a hash that do not compress.
std::string tick_lines(std::size_t bytes, std::mt19937_64& random) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto text = [&](int length) {
    std::string out;
    while (length-- > 0) out.push_back(kDigits[random() & 63]);
    return out;
  };
  std::string out;
  while (out.size() < bytes)
    out += R"({"type":"tick","v":1,"session":")" + text(22) + R"(","from":)" +
           std::to_string(random() % 1'000'000) + R"(,"ticks":10,"amount":100000,"sum":17,"charged":)" +
           std::to_string(random() % 100'000'000) + R"(,"due":)" + std::to_string(random() % 100'000'000) +
           R"(,"proof":")" + text(43) + "\"}\n";
  out.resize(bytes);
  return out;
}

std::uint64_t written_to_disk() {
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    std::uint64_t value = 0;
    io >> value;
    if (name == "write_bytes:") return value;
  }
  return 0;
}

std::uint64_t folder_bytes(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file()) bytes += file.file_size();
  return bytes;
}

void measure(const Library& library, const Load& load, double seconds, const std::filesystem::path& folder) {
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(load.appenders));
  const std::uint64_t disk_before = written_to_disk();
  auto store = library.open(folder);
  const std::uint64_t commits_before = store->commits();
  const auto start = Clock::now();
  const auto stop = start + std::chrono::duration<double>(seconds);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < load.appenders; ++t)
      threads.emplace_back([&, t] {
        std::mt19937_64 random(static_cast<std::uint64_t>(t));
        std::vector<std::string> values;
        for (int i = 0; i < 8; ++i) values.push_back(tick_lines(load.value_bytes, random));
        const auto lane = static_cast<std::uint32_t>(t) % kLanes;
        for (std::size_t i = 0; Clock::now() < stop; ++i) {
          const auto before = Clock::now();
          store->append(lane, values[i % values.size()]);
          latencies[static_cast<std::size_t>(t)].push_back(
              std::chrono::duration<double, std::milli>(Clock::now() - before).count());
        }
      });
  }
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<double> all;
  for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const double bytes = static_cast<double>(all.size()) * static_cast<double>(load.value_bytes);
  const auto commits = static_cast<double>(store->commits() - commits_before);

  const auto read_start = Clock::now();
  std::uint64_t read = 0;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) read += store->read(lane);
  const double read_took = std::chrono::duration<double>(Clock::now() - read_start).count();
  if (static_cast<double>(read) != bytes) give_up(library.name, "did not read back what was written");
  const auto at = [&](double share) {
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  store.reset();  // what a close still writes counts
  std::printf(
      "| %-8s | %-11s | %7.0f | %8.0f | %9.0f | %6.2f | %6.2f | %7.1f | %7.2f | %7.2f | %9.0f |\n",
      library.name, load.name, bytes / took / kMega, static_cast<double>(all.size()) / took, commits / took,
      at(0.5), at(0.99), all.back(), static_cast<double>(written_to_disk() - disk_before) / bytes,
      static_cast<double>(folder_bytes(folder)) / bytes, static_cast<double>(read) / read_took / kMega);
  std::fflush(stdout);
}

}  // namespace
}  // namespace paytick::bench

int main(int argc, char** argv) {
  using namespace paytick::bench;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  const std::string only = argc > 2 ? argv[2] : "all";
  if (only != "all" && std::none_of(std::begin(kLibraries), std::end(kLibraries),
                                    [&](const Library& l) { return only == l.name; }))
    give_up("no such library", only);
  std::string folder =
      argc > 3 ? argv[3] : (std::filesystem::temp_directory_path() / "paytick-log-bench-XXXXXX").string();
  if (argc <= 3 && ::mkdtemp(folder.data()) == nullptr) give_up("mkdtemp", folder);
  std::puts(
      "| library  | load        |    MB/s | writes/s | commits/s | p50 ms | p99 ms |  max ms | written | on "
      "disk | read MB/s |\n"
      "|----------|-------------|---------|----------|-----------|--------|--------|---------|---------|-----"
      "----|-----------|");
  for (const Load& load : kLoads)
    for (const Library& library : kLibraries) {
      if (only != "all" && only != library.name) continue;
      const auto sub = std::filesystem::path(folder) / "store";
      measure(library, load, seconds, sub);
      std::filesystem::remove_all(sub);
    }
  std::filesystem::remove(folder);
  std::puts("written, on disk: bytes per byte of the records' values. read: from the page cache.");
}
