// log_crash_writer <folder> <round>: writes until it is killed, and says on standard output what was
// acknowledged, a line each: "a <writer> <n> <offset>" for appends to partition 0, "s <n>" for steps in
// partition 1.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "log/embedded/embedded_log.h"

namespace {

using namespace paytick;
using namespace paytick::log;

void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(3);
}

void append_forever(EventLog& log, const std::string& round, int writer) {
  for (int n = 0;; ++n) {
    // Sizes from a few bytes to beyond a write buffer's share, so that buffers rotate under the knife.
    const std::size_t padding = n % 7 == 0 ? 100'000 : 20;
    const NewRecord record{
        {Topic::heartbeats, PartitionId{0}},
        TimeMs{n},
        "",
        round + ":" + std::to_string(writer) + ":" + std::to_string(n) + ":" + std::string(padding, '.')};
    const auto done = log.append(std::span(&record, 1));
    if (!done) std::_Exit(4);
    say("a " + std::to_string(writer) + " " + std::to_string(n) + " " +
        std::to_string(static_cast<std::int64_t>(done->front())) + "\n");
  }
}

void commit_forever(EventLog& log) {
  const auto lease = log.acquire(Role::aggregator, PartitionId{1});
  const auto position = log.position(Role::aggregator, PartitionId{1});
  if (!lease || !position) std::_Exit(5);
  for (std::int64_t n = static_cast<std::int64_t>(position->value_or(Offset{}));; ++n) {
    const std::vector<NewRecord> records(
        2, {{Topic::ticks, PartitionId{1}}, TimeMs{n}, "", "step " + std::to_string(n)});
    if (!log.commit({*lease, records, Offset{n + 1}})) std::_Exit(6);
    say("s " + std::to_string(n) + "\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto log = EmbeddedLog::open({.folder = argv[1], .partitions = 2, .memory_bytes = 8 << 20});
  if (!log) {
    std::fprintf(stderr, "%s\n", log.error().message.c_str());
    return 1;
  }
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < 3; ++writer)
    threads.emplace_back([&, writer] { append_forever(**log, argv[2], writer); });
  commit_forever(**log);
}
