#pragma once
// What the programs of this folder share.

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <span>
#include <sstream>
#include <string>

#include "aggregator/partition_worker.h"

namespace paytick::aggregator {

// Nobody waits for an answer.
class NoReplies final : public ReplySink {
 public:
  void deliver(PartitionId, std::span<const Reply>) override {}
};

// That this process has used so far, all threads together.
inline double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// That the process with this number has used so far, as /proc/PID/stat has it; zero when there is none.
inline double processor_seconds_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  if (!std::getline(file, stat)) return 0;
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));  // a name may hold anything
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace paytick::aggregator
