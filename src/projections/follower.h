#pragma once
// Reads one partition's topics into row changes: ticks and settlements as frames, the catalog as plain
// records.
//
// A settlement is read only when ticks has been read up to an end that was seen after the settlement, so that
// the sums it names are known. Not thread-safe.

#include <functional>
#include <optional>

#include "log/event_log.h"
#include "projections/database.h"
#include "projections/merge.h"

namespace paytick::projections {

// Where to stop reading, exclusive; nothing: at the end of the log.
struct Bound {
  std::optional<Offset> ticks, settlements, catalog;
  std::optional<TimeMs> as_of;  // records appended later are left out, and all that follow them
};

class Follower {
 public:
  Follower(log::EventLog& log, PartitionId partition, LoadedPartition loaded, Bound bound = {});

  struct Read {
    std::size_t bytes = 0;
    std::uint64_t records = 0;
    bool more = false;  // stopped at the budget, not at the end
  };
  // "database_ahead" (fatal): the tables hold more than the log has, so they are not this log's.
  // Reads about `bytes_max` into `changes`, positions included. After an error the follower must be thrown
  // away with the changes. Poison, a broken frame and a trimmed log name topic, partition and offset.
  Result<Read> read(std::size_t bytes_max, Changes& changes);

  PartitionId partition() const { return partition_; }
  const Position& position(Source source) const;
  std::size_t sums() const { return book_.sums(); }
  std::size_t sessions() const { return book_.sessions(); }

  // Records between the positions and the ends (or bounds) of the topics.
  Result<std::uint64_t> lag() const;

 private:
  struct Lane {
    Source source;
    Position position;
    FrameReader frames;
    bool reached_bound = false;
    Offset empty_to{};  // no record lies between position.next and this
  };
  using Apply = std::function<Result<void>(log::Record&)>;
  Result<void> read_lane(Lane& lane, Offset end, std::size_t bytes_max, Changes& changes, Read& done,
                         const Apply& apply);
  Result<void> read_frames(Lane& lane, Merge& merge, log::Record& record);
  Result<void> apply_lines(Source source, Merge& merge, log::Record& record);
  Result<void> read_catalog(log::Record& record, Changes& changes);
  Result<Offset> end_of(const Lane& lane) const;
  log::TopicPartition topic_of(Source source) const;
  Error placed(const Error& error, Source source, Offset offset) const;

  log::EventLog& log_;
  PartitionId partition_;
  Bound bound_;
  Book book_;
  const NoticeRules notices_;
  Lane ticks_, settlements_, catalog_;
  std::vector<log::Record> held_;  // parts of a continued frame, of the lane being read
};

}  // namespace paytick::projections
