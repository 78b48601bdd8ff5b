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

// Where to go on from: of a reader that holds no part of a frame.
struct FramePlace {
  FramePosition position;
  Offset next{};
  friend bool operator==(const FramePlace&, const FramePlace&) = default;
};

class FrameFollower {
 public:
  // Called for each line that counts, with its record's append time. An error stops the reading and is
  // returned.
  using OnLine = std::function<Result<void>(codec::MutableLine line, TimeMs append_time)>;

  FrameFollower(log::EventLog& log, log::TopicPartition source, const FramePlace& from = {})
      : log_(&log), source_(source), reader_(from.position), next_(from.next) {}

  // Reads up to about `max_bytes`; true when there was anything. Errors: the log's, and the FrameReader's
  // (fatal).
  Result<bool> pump(std::size_t max_bytes, const OnLine& on_line);

  log::TopicPartition source() const { return source_; }
  const FramePosition& position() const { return reader_.position(); }
  Offset next() const { return next_; }  // of the record to be read next
  // What was handed over lies before it; a first part that is held lies after it.
  FramePlace place() const { return {position(), held_.empty() ? next_ : held_.front().offset}; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  Result<void> take(log::Record record, const OnLine& on_line);

  log::EventLog* log_;
  log::TopicPartition source_;
  FrameReader reader_;
  Offset next_{};
  std::uint64_t bytes_read_ = 0;
  std::vector<log::Record> held_;  // first parts of a continued frame, as much as one step of its owner says
};

}  // namespace paytick::settler
