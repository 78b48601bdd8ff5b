#pragma once
// Lines of one partition of `heartbeats-in` that are read and not decided: a heartbeat that came before its
// open, a stop that others may have to come before. Their position is committed, so they are part of what is
// committed with it (as one record of `snapshots`), and an owner that takes over goes on with them.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "ingest/flat_map.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

// A whole room is written with every step that changes it, in one record (codec::kRecordBytesMax). Producers
// are a few milliseconds apart, so that few lines wait at a time; when the room is full, the one that has
// waited longest gives up its place, so that a flood of unknown names holds up nobody else.
inline constexpr std::size_t kWaitingLinesMax = 2'048;  // of a partition
inline constexpr std::size_t kWaitingBytesMax = 384 * 1024;

struct WaitingLine {
  Offset offset{};                   // of its record
  std::uint32_t line = 0;            // in it
  bool stop = false;                 // waits for others to come first
  std::optional<SessionId> session;  // that is not known; else a content or meter is not, or it is a stop
  TimeMs taken;                      // by heartbeats-in, as its record says; never after `since`
  TimeMs since;                      // this bridge, or the one before, has read it
  std::string text;
};

class WaitingRoom {
 public:
  // The line that has waited longest, where there is no room for one of `bytes` more.
  std::optional<WaitingLine> make_room(std::size_t bytes);
  void put(WaitingLine line);  // there is room
  // Everyone, in the order in which they came, to be decided again.
  std::deque<WaitingLine> take();

  bool empty() const { return lines_.empty(); }
  std::size_t size() const { return lines_.size(); }
  bool has_stops() const { return stops_ != 0; }
  bool waits_for(const SessionId& session) const { return sessions_.contains(session); }
  bool waits_for_more() const { return lines_.size() > stops_ + for_sessions_; }  // content, meters
  TimeMs oldest() const { return lines_.front().since; }                          // not empty

  std::string image() const;
  // False: not an image of this version.
  bool restore(std::string_view image);

 private:
  std::deque<WaitingLine> lines_;
  std::size_t bytes_ = 0;
  std::size_t stops_ = 0;
  std::size_t for_sessions_ = 0;
  FlatMap<SessionId, std::uint32_t> sessions_;  // how many lines wait for each
};

}  // namespace paytick::ingest
