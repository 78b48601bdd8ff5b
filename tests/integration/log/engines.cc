#include "engines.h"

#include <stdexcept>
#include <utility>

#include "log/embedded/embedded_log.h"
#include "log/memory/memory_log.h"
#include "temporary_folder.h"

namespace paytick::log::testing {
namespace {

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(const EngineOptions& options, bool markers = false)
      : options_{.partitions = options.partitions, .bytes_max = options.bytes_max, .markers = markers},
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

class EmbeddedEngine final : public Engine {
 public:
  explicit EmbeddedEngine(const EngineOptions& options)
      : options_{.folder = folder_.path, .partitions = options.partitions, .bytes_max = options.bytes_max} {
    restart();
  }

  EventLog& log() override { return *log_; }
  // What a killed process leaves is crash_test.cc's matter; here nothing is flushed on closing.
  void restart() override {
    log_.reset();
    auto opened = EmbeddedLog::open(options_);
    if (!opened) throw std::runtime_error(opened.error().message);
    log_ = std::move(*opened);
  }
  std::size_t memory_bytes() override { return log_->metrics().memory; }

 private:
  TemporaryFolder folder_;
  EmbeddedOptions options_;
  std::unique_ptr<EmbeddedLog> log_;
};

}  // namespace

const std::vector<EngineKind>& engines() {
  static const std::vector<EngineKind> kEngines{
      {"Memory",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> { return std::make_unique<MemoryEngine>(o); },
       /*on_disk=*/false, /*disk_limit=*/true},
      {"MemoryWithMarkers",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> {
         return std::make_unique<MemoryEngine>(o, true);
       },
       /*on_disk=*/false, /*disk_limit=*/true},
      {"Embedded",
       [](const EngineOptions& o) -> std::unique_ptr<Engine> { return std::make_unique<EmbeddedEngine>(o); },
       /*on_disk=*/true, /*disk_limit=*/true},
  };
  return kEngines;
}

}  // namespace paytick::log::testing
