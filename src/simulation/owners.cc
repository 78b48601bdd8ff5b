#include "simulation/owners.h"

#include "model/codec.h"
#include "model/frame.h"

namespace paytick::simulation {
namespace {

constexpr std::size_t kAll = 1U << 30;

struct Place {
  Offset to{};
  FrameHash hash;
};

template <typename E>
std::string text(E number) {
  return std::to_string(static_cast<std::uint64_t>(number));
}

}  // namespace

std::string unfenced_write(log::EventLog& log, log::TopicPartition topic) {
  const std::string where =
      std::string(to_text(topic.topic)) + " " + text(topic.partition) + ": a second owner writes, ";
  Epoch newest{};
  Place counted, last;  // `last`: with the first parts of a frame, which count only with the last one
  const auto records = log.read(topic, Offset{}, kAll);
  for (const log::Record& record : *records) {
    std::string line = record.value.substr(0, record.value.find('\n'));
    if (const auto fence = codec::parse_fence({line.data(), line.size()})) {
      if (fence->epoch <= newest)
        return where + "whose fence of epoch " + text(fence->epoch) + " stands behind one of " + text(newest);
      newest = fence->epoch;
      last = counted;
      continue;
    }
    line = record.value.substr(0, record.value.find('\n'));
    const auto frame = codec::parse_frame_header({line.data(), line.size()});
    if (!frame) return where + "what is neither a fence nor a frame";
    if (frame->epoch < newest) continue;
    if (frame->epoch > newest)
      return where + "a frame of epoch " + text(frame->epoch) + ", though the newest fence is of " +
             text(newest);
    if (frame->from != last.to || frame->prev != last.hash)
      return where + "a frame from " + text(frame->from) + " of the first one's epoch, which stands at " +
             text(last.to);
    last = {frame->to, hash_record(record.value)};
    if (!frame->more) counted = last;
  }
  return {};
}

}  // namespace paytick::simulation
