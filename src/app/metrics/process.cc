#include "app/metrics/process.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace paytick::app::metrics {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

struct Stat {
  double threads = 0, started_s = 0, virtual_bytes = 0, resident_bytes = 0;
};

// When the machine was started, since the epoch; /proc counts from there.
std::optional<double> boot_time_s() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double time = 0;
    if (word == "btime" && file >> time) return time;
  }
  return std::nullopt;
}

// proc(5), /proc/[pid]/stat: the fields after the program's name, which may hold spaces and brackets itself.
std::optional<Stat> read_stat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state;
  fields >> state;
  std::array<double, 21> numbers{};  // ppid, field 4 of the manual, is the first
  for (double& number : numbers) {
    if (!(fields >> number)) return std::nullopt;
  }
  const auto field = [&numbers](std::size_t manual) { return numbers[manual - 4]; };
  const auto booted = boot_time_s();
  if (!booted) return std::nullopt;
  Stat stat;
  stat.threads = field(20);
  stat.started_s = *booted + field(22) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  stat.virtual_bytes = field(23);
  stat.resident_bytes = field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return stat;
}

}  // namespace

void collect_process(Page& page, std::string_view role) {
  page.set("paytick_build_info", 1, {{"version", PAYTICK_VERSION}, {"role", std::string(role)}});
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    page.set("process_cpu_seconds_total", seconds(usage.ru_utime) + seconds(usage.ru_stime));
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) page.set("process_max_fds", files.rlim_cur);
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  // Without the one that reads the folder.
  if (!error) page.set("process_open_fds", std::distance(begin(open), end(open)) - 1);
  if (const auto stat = read_stat()) {
    page.set("process_threads", stat->threads);
    page.set("process_start_time_seconds", stat->started_s);
    page.set("process_virtual_memory_bytes", stat->virtual_bytes);
    page.set("process_resident_memory_bytes", stat->resident_bytes);
  }
}

}  // namespace paytick::app::metrics
