#pragma once
// Reads a topic of fenced frames in order and hands over the lines that count. Confined to one thread.

#include <deque>
#include <functional>
#include <vector>

#include "log/event_log.h"
#include "model/codec.h"
#include "model/error.h"
#include "model/frame.h"

namespace paytick::settler {

class FrameFollower {
 public:
  // Called for each line that counts, with its record's append time. An error stops the reading and is
  // returned.
  using OnLine = std::function<Result<void>(codec::MutableLine line, TimeMs append_time)>;

  FrameFollower(log::EventLog& log, log::TopicPartition source) : log_(&log), source_(source) {}

  // Reads up to about `max_bytes`; true when there was anything. Errors: the log's, and the FrameReader's
  // (fatal).
  Result<bool> pump(std::size_t max_bytes, const OnLine& on_line);

  const FramePosition& position() const { return reader_.position(); }
  Offset next() const { return next_; }  // of the record to be read next

 private:
  Result<void> take(log::Record record, const OnLine& on_line);

  log::EventLog* log_;
  log::TopicPartition source_;
  FrameReader reader_;
  Offset next_{};
  std::vector<log::Record> held_;  // first parts of a continued frame; bounded by log::kStepBytesMax
};

}  // namespace paytick::settler
