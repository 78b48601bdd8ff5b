// How long a step's commit takes over Kafka: small transactions on one partition, one after the other, as an
// aggregator under little load makes them. Start a broker with scripts/kafka start --data DIR.
//
//   commit_bench bootstrap=HOST:PORT prefix=NAME [steps=200] [pause-ms=20] [debug=eos]
//
// It makes its topics, which must not be there yet. Prints one line of JSON.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"

namespace {

using namespace paytick;
using std::chrono::steady_clock;

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "commit_bench: {} ({})\n", error.message, error.code);
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

int main(int count, char** words) {
  log::KafkaSettings settings;
  settings.topics.replication = settings.topics.min_insync = 1;
  std::size_t steps = 200;
  std::chrono::milliseconds pause{20};
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i], name = word.substr(0, word.find('='));
    const std::string value = word.substr(std::min(word.size(), name.size() + 1));
    if (name == "bootstrap")
      settings.bootstrap = value;
    else if (name == "prefix")
      settings.prefix = value;
    else if (name == "steps")
      steps = std::stoul(value);
    else if (name == "pause-ms")
      pause = std::chrono::milliseconds(std::stol(value));
    else if (name == "debug")
      settings.properties["debug"] = value;
    else
      stop({"bad_option", "unknown option " + name, Next::fatal});
  }
  if (auto made = log::apply_topics(settings); !made) stop(made.error());
  auto opened = log::KafkaLog::open(settings);
  if (!opened) stop(opened.error());
  log::EventLog& log = **opened;
  const PartitionId partition{0};
  const auto lease = log.acquire(log::Role::aggregator, partition, Epoch{1});
  if (!lease) stop(lease.error());

  std::vector<double> took;
  for (std::size_t i = 0; i < steps; ++i) {
    log::Step step{*lease, {{{log::Topic::ticks, partition}, {}, {}, std::string(10'000, 't')}}, {}};
    step.consumed_to = Offset{static_cast<std::int64_t>(i)};
    const auto begin = steady_clock::now();
    if (auto done = log.commit(step); !done) stop(done.error());
    took.push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count());
    std::this_thread::sleep_for(pause);
  }
  std::sort(took.begin(), took.end());
  fmt::print("{{\"steps\":{},\"p50_ms\":{:.1f},\"p90_ms\":{:.1f},\"p99_ms\":{:.1f},\"max_ms\":{:.1f}}}\n",
             steps, took[steps / 2], took[steps * 9 / 10], took[steps * 99 / 100], took.back());
  return 0;
}
