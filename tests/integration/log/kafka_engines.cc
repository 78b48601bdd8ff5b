// Kafka for the conformance suite: a real broker, and topics of its own for each log.

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engines.h"
#include "log/kafka/kafka_log.h"
#include "log/kafka/topic_admin.h"
#include "support/kafka_broker.h"

namespace paytick::log::testing {
namespace {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class KafkaEngine final : public Engine {
 public:
  KafkaEngine(const EngineOptions& options, std::vector<Topic> gathered) {
    auto& broker = paytick::testing::KafkaBroker::shared();
    settings_.bootstrap = broker.bootstrap();
    settings_.prefix = broker.fresh_name();
    settings_.gathered = std::move(gathered);
    settings_.topics.partitions = options.partitions;
    settings_.topics.replication = settings_.topics.min_insync = 1;
    if (auto made = apply_topics(settings_); !made) throw std::runtime_error(made.error().message);
    restart();
    before_ = resident_bytes();
  }

  EventLog& log() override { return *log_; }
  void restart() override {
    log_.reset();
    auto opened = KafkaLog::open(settings_);
    if (!opened) throw std::runtime_error(opened.error().message);
    log_ = std::move(*opened);
  }
  std::size_t memory_bytes() override { return resident_bytes() - std::min(before_, resident_bytes()); }

 private:
  KafkaSettings settings_;
  std::unique_ptr<KafkaLog> log_;
  std::size_t before_ = 0;
};

}  // namespace

const std::vector<EngineKind>& engines() {
  static const std::vector<EngineKind> kEngines{
      {"Kafka",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> {
         return std::make_unique<KafkaEngine>(o, std::vector<Topic>{});
       },
       /*on_disk=*/true, /*disk_limit=*/false, /*slow_leases=*/true},
      {"KafkaWithoutHurry",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> {
         return std::make_unique<KafkaEngine>(o, std::vector<Topic>(kTopics.begin(), kTopics.end()));
       },
       /*on_disk=*/true, /*disk_limit=*/false, /*slow_leases=*/true},
  };
  return kEngines;
}

}  // namespace paytick::log::testing
