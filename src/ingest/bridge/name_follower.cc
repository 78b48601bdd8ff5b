#include "ingest/bridge/name_follower.h"

#include <string.h>

#include <algorithm>
#include <string_view>
#include <variant>

#include "model/codec.h"

namespace paytick::ingest {
namespace {

// How the codec begins such a line; members come in a fixed order, and text inside strings has its quotes
// escaped.
constexpr std::string_view kOpenMark = R"("type":"open")";
constexpr std::string_view kStopMark = R"("type":"stop")";

bool holds(std::string_view text, std::string_view mark) {
  return memmem(text.data(), text.size(), mark.data(), mark.size()) != nullptr;
}
bool is_wanted(std::string_view text) { return holds(text, kOpenMark) || holds(text, kStopMark); }

}  // namespace

Result<bool> NameFollower::pump(PartitionId partition, std::size_t bytes_max, TimeMs now) {
  const log::TopicPartition topic{log::Topic::heartbeats, partition};
  Offset& next = next_[static_cast<std::uint32_t>(partition)];
  auto records = log_.read(topic, next, bytes_max);
  if (!records && records.error().code == "out_of_range") {
    const auto range = log_.range(topic);
    if (!range) return tl::unexpected<Error>(range.error());
    if (range->begin <= next) return tl::unexpected<Error>(records.error());
    next = range->begin;
    return true;
  }
  if (!records) return tl::unexpected<Error>(records.error());
  for (log::Record& record : *records) {
    next = Offset{static_cast<std::int64_t>(record.offset) + 1};
    bytes_ += record.value.size();
    if (!is_wanted(record.value)) continue;
    codec::for_each_line(record.value, [&](codec::MutableLine line) {
      // The first members are enough to tell.
      if (!is_wanted({line.data, std::min<std::size_t>(line.size, 32)})) return;
      const auto input = codec::parse_input(line);
      if (!input) return;
      if (const auto* open = std::get_if<Open>(&*input)) {
        book_.apply(*open, now);
      } else if (const auto* stop = std::get_if<Stop>(&*input)) {
        book_.apply(*stop, now);
      }
    });
  }
  return !records->empty();
}

}  // namespace paytick::ingest
