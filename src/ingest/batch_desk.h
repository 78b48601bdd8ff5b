#pragma once
// POST /v1/heartbeats: turns the lines of a request into lines of the log, and answers each once the log has
// it.
//
// A request is a run. It is worked through in slices, so that a large body does not hold up the sockets of
// the lane, and pauses while the feed is full. Lines that the log refused are answered with that, and what
// they did to the directory is undone.
//
// Pure and not thread-safe: see gateway_core.h.

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ingest/gateway_parts.h"
#include "ingest/protocol_batch.h"

namespace paytick::ingest {

// Whose lines they are.
struct Platform {
  PlatformId id;
  bool backfill = false;  // may send heartbeats up to kLateMsMax old
};

class BatchDesk {
 public:
  BatchDesk(const Shared& shared, LogFeed& feed, Outbox& out, CoreCounters& counters)
      : shared_(shared), feed_(feed), out_(out), counters_(counters) {}

  RunId begin(const Platform& platform, std::string body);

  enum class Progress : std::uint8_t {
    more,   // call step() again
    wait,   // the feed is full: call again after the next batch is written
    parsed  // all lines are on their way; the answer comes by Outbox::answer
  };
  Progress step(RunId run, std::size_t lines_max, TimeMs now);

  void on_appended(BatchId id, const BatchNotes& notes, const AppendResult& result);

  std::size_t runs() const { return runs_.size(); }
  std::size_t bytes() const { return bytes_; }  // of bodies held

 private:
  struct Part {  // lines first … last accepted for one batch, refused ones among them left out
    BatchId batch{};
    std::uint32_t last = 0;
    bool done = false;
    std::optional<Error> failed;
  };
  struct Run {
    Platform platform;
    std::string body;
    std::size_t position = 0;
    std::uint32_t line = 0;
    bool parsed = false;
    std::vector<Part> parts;
    std::vector<std::pair<std::uint32_t, Error>> refused;  // by line, rising
  };

  Result<void> take(const Platform& platform, codec::MutableLine text, TimeMs now);
  Result<void> take_open(const Platform& platform, const BatchLine& line, TimeMs now);
  void guard(const ViewerId& viewer, PartitionId partition, std::optional<std::string> verdict);
  void accept(RunId id, Run& run);
  void finish(RunId id, Run& run);

  const Shared& shared_;
  LogFeed& feed_;
  Outbox& out_;
  CoreCounters& counters_;
  std::unordered_map<std::uint64_t, Run> runs_;
  std::uint64_t next_ = 1;
  std::size_t bytes_ = 0;
};

}  // namespace paytick::ingest
