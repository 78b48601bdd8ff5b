#include "projections/follower.h"

#include <algorithm>

namespace paytick::projections {
namespace {

// Read at once from the log: a few records of the largest size.
constexpr std::size_t kChunkBytes = 4 * 1024 * 1024;

Offset after(Offset offset) { return Offset{static_cast<std::int64_t>(offset) + 1}; }

}  // namespace

Follower::Follower(log::EventLog& log, PartitionId partition, LoadedPartition loaded, Bound bound)
    : log_(log),
      partition_(partition),
      bound_(bound),
      book_(std::move(loaded.book)),
      notices_(loaded.notices),
      ticks_{Source::ticks, loaded.ticks, FrameReader(loaded.ticks.frames)},
      settlements_{Source::settlements, loaded.settlements, FrameReader(loaded.settlements.frames)},
      catalog_{Source::catalog, loaded.catalog, FrameReader()} {}

const Position& Follower::position(Source source) const {
  return source == Source::ticks         ? ticks_.position
         : source == Source::settlements ? settlements_.position
                                         : catalog_.position;
}

log::TopicPartition Follower::topic_of(Source source) const {
  return {static_cast<log::Topic>(source), partition_};
}

Error Follower::placed(const Error& error, Source source, Offset offset) const {
  return {error.code,
          std::string(to_text(source)) + " " + std::to_string(static_cast<std::uint32_t>(partition_)) +
              " at " + std::to_string(static_cast<std::int64_t>(offset)) + ": " + error.message,
          error.next == Next::refused ? Next::fatal : error.next};
}

Result<Offset> Follower::end_of(const Lane& lane) const {
  const auto range = log_.range(topic_of(lane.source));
  if (!range) return tl::unexpected(range.error());
  if (range->end < lane.position.next)
    return fail("database_ahead",
                "the tables hold " + std::string(to_text(lane.source)) + " " +
                    std::to_string(static_cast<std::uint32_t>(partition_)) + " up to " +
                    std::to_string(static_cast<std::int64_t>(lane.position.next)) + ", the log ends at " +
                    std::to_string(static_cast<std::int64_t>(range->end)) +
                    ": they are of another log, or of a newer copy of it; rebuild them with `paytick replay`",
                Next::fatal);
  const auto& bound = lane.source == Source::ticks         ? bound_.ticks
                      : lane.source == Source::settlements ? bound_.settlements
                                                           : bound_.catalog;
  return bound ? std::min(*bound, range->end) : range->end;
}

Result<std::uint64_t> Follower::lag() const {
  std::uint64_t behind = 0;
  for (const Lane* lane : {&ticks_, &settlements_, &catalog_}) {
    const auto end = end_of(*lane);
    if (!end) return tl::unexpected(end.error());
    const Offset next = std::max(lane->position.next, lane->empty_to);
    if (*end > next && !lane->reached_bound)
      behind += static_cast<std::uint64_t>(static_cast<std::int64_t>(*end) - static_cast<std::int64_t>(next));
  }
  return behind;
}

Result<Follower::Read> Follower::read(std::size_t bytes_max, Changes& changes) {
  Read done;
  // In this order: what a settlement below its end pays for is below the end of ticks seen after it.
  const auto catalog_end = end_of(catalog_);
  const auto settlements_end = end_of(settlements_);
  const auto ticks_end = end_of(ticks_);
  for (const auto* end : {&catalog_end, &settlements_end, &ticks_end})
    if (!*end) return tl::unexpected(end->error());

  Merge merge(partition_, book_, changes, notices_);
  if (auto read = read_lane(catalog_, *catalog_end, bytes_max, changes, done,
                            [&](log::Record& record) { return read_catalog(record, changes); });
      !read)
    return tl::unexpected(read.error());
  if (auto read = read_lane(ticks_, *ticks_end, bytes_max, changes, done,
                            [&](log::Record& record) { return read_frames(ticks_, merge, record); });
      !read)
    return tl::unexpected(read.error());
  if (!done.more) {
    if (auto read = read_lane(settlements_, *settlements_end, bytes_max, changes, done,
                              [&](log::Record& record) { return read_frames(settlements_, merge, record); });
        !read)
      return tl::unexpected(read.error());
  }
  merge.finish();
  return done;
}

Result<void> Follower::read_lane(Lane& lane, Offset end, std::size_t bytes_max, Changes& changes, Read& done,
                                 const Apply& apply) {
  const Position before = lane.position;
  Offset next = before.next;
  held_.clear();
  while (std::max(next, lane.empty_to) < end && !lane.reached_bound) {
    // A frame that was begun is read to its end: its parts count together or not at all.
    if (done.bytes >= bytes_max && held_.empty()) {
      done.more = true;
      break;
    }
    auto records =
        log_.read(topic_of(lane.source), next,
                  std::clamp<std::size_t>(bytes_max - std::min(bytes_max, done.bytes), 1, kChunkBytes));
    if (!records) return tl::unexpected(placed(records.error(), lane.source, next));
    if (records->empty()) {
      // A lane may end in offsets that hold no record. Not worth a transaction of their own, so the position
      // stays.
      if (held_.empty()) lane.empty_to = end;
      break;
    }
    for (log::Record& record : *records) {
      if (record.offset >= end) {
        next = end;
        break;
      }
      if (bound_.as_of && record.append_time > *bound_.as_of) {
        lane.reached_bound = true;
        break;
      }
      next = after(record.offset);
      done.bytes += record.value.size();
      ++done.records;
      const TimeMs append_time = record.append_time;
      const Offset offset = record.offset;
      if (auto applied = apply(record); !applied)
        return tl::unexpected(placed(applied.error(), lane.source, offset));
      if (!held_.empty()) continue;
      lane.position.next = next;
      lane.position.frames = lane.frames.position();
      lane.position.as_of = std::max(lane.position.as_of, append_time);
    }
  }
  held_.clear();
  if (!(lane.position == before))
    changes.positions.push_back({lane.source, partition_, before, lane.position});
  // Parts of a frame whose end is not there yet are read again, by a reader that has not seen them.
  lane.frames = FrameReader(lane.position.frames);
  return {};
}

Result<void> Follower::read_frames(Lane& lane, Merge& merge, log::Record& record) {
  const auto verdict = lane.frames.read(record.value);
  if (!verdict) return tl::unexpected(verdict.error());
  switch (*verdict) {
    case FrameVerdict::hold:
      held_.push_back(std::move(record));
      return {};
    case FrameVerdict::fence:
      held_.clear();
      return {};
    case FrameVerdict::ignore:
      return {};
    case FrameVerdict::accept:
      break;
  }
  for (log::Record& part : held_)
    if (auto applied = apply_lines(lane.source, merge, part); !applied) return applied;
  held_.clear();
  return apply_lines(lane.source, merge, record);
}

Result<void> Follower::apply_lines(Source source, Merge& merge, log::Record& record) {
  Result<void> done;
  std::uint32_t number = 0;
  codec::for_each_line(record.value, [&](codec::MutableLine line) {
    const std::uint32_t at = number++;
    if (at == 0 || !done) return;  // the frame's header
    const Merge::Place place{record.offset, at, record.append_time};
    const auto apply = [&](const auto& parsed) {
      if (!parsed)
        done =
            fail("poison_record", "line " + std::to_string(at) + ": " + parsed.error().message, Next::fatal);
      else
        done = merge.add(*parsed, place);
    };
    if (source == Source::ticks)
      apply(codec::parse_output(line));
    else
      apply(codec::parse_settlement(line));
  });
  return done;
}

Result<void> Follower::read_catalog(log::Record& record, Changes& changes) {
  const auto put = [&changes](ContentRow row) {
    // The newest of a step is enough, and one statement may not touch a row twice.
    const auto same = std::find_if(changes.contents.begin(), changes.contents.end(),
                                   [&row](const ContentRow& other) { return other.id == row.id; });
    if (same != changes.contents.end())
      *same = std::move(row);
    else
      changes.contents.push_back(std::move(row));
  };
  if (record.value.empty()) {
    if (const auto id = parse_id<ContentId>(record.key)) put({*id, std::nullopt});
    return {};
  }
  Result<void> done;
  codec::for_each_line(record.value, [&](codec::MutableLine line) {
    auto parsed = codec::parse_catalog(line);
    if (!parsed)
      done = fail("poison_record", parsed.error().message, Next::fatal);
    else if (auto* content = std::get_if<Content>(&*parsed))  // keys are the gateways' own
      put({content->id, std::move(*content)});
  });
  return done;
}

}  // namespace paytick::projections
