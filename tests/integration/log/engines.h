#pragma once
// The engines that the conformance suite runs over: engines.cc has those of one process, kafka_engines.cc
// Kafka.

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "log/event_log.h"

namespace paytick::log::testing {

// One log that can be closed and opened again, as a process that restarts would.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual EventLog& log() = 0;
  // The process dies without a farewell and starts again on what is durable.
  virtual void restart() = 0;
  // Bytes of records that the engine keeps in memory for itself, caches included.
  virtual std::size_t memory_bytes() = 0;
};

struct EngineOptions {
  std::uint32_t partitions = 4;
  std::size_t bytes_max = 0;
};

struct EngineKind {
  std::string name;
  std::unique_ptr<Engine> (*open)(const EngineOptions&);
  bool on_disk = false;     // memory stays bounded while the log grows
  bool disk_limit = false;  // honours bytes_max
  bool slow_leases = false;
};

// Otherwise GoogleTest prints its bytes, other ones in every run, and ctest a line of 250 columns for each
// test.
inline void PrintTo(const EngineKind& kind, std::ostream* out) { *out << kind.name; }

const std::vector<EngineKind>& engines();

}  // namespace paytick::log::testing
