#include "engines.h"

#include "log/memory/memory_log.h"

namespace paytick::log::testing {
namespace {

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(const EngineOptions& options)
      : options_{.partitions = options.partitions, .bytes_max = options.bytes_max},
        log_(std::make_unique<MemoryLog>(options_)) {}

  EventLog& log() override { return *log_; }
  void restart() override {
    log_->crash();
    log_ = std::make_unique<MemoryLog>(options_, log_->image());
  }
  std::size_t memory_bytes() override { return log_->image().bytes(); }

 private:
  MemoryOptions options_;
  std::unique_ptr<MemoryLog> log_;
};

}  // namespace

const std::vector<EngineKind>& engines() {
  static const std::vector<EngineKind> kEngines{
      {"Memory",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> { return std::make_unique<MemoryEngine>(o); },
       /*on_disk=*/false, /*disk_limit=*/true},
  };
  return kEngines;
}

}  // namespace paytick::log::testing
