#include "ingest/bridge/waiting_room.h"

#include <utility>

#include "model/image.h"

namespace paytick::ingest {
namespace {

constexpr std::uint32_t kImageVersion = 1;

struct LineImage {
  Offset offset{};
  TimeMs taken;
  TimeMs since;
  std::uint32_t line = 0;
  std::uint32_t stop = 0;
};
static_assert(sizeof(LineImage) == 32);

}  // namespace

std::optional<WaitingLine> WaitingRoom::make_room(std::size_t bytes) {
  if (lines_.empty() || (lines_.size() < kWaitingLinesMax && bytes_ + bytes <= kWaitingBytesMax))
    return std::nullopt;
  WaitingLine first = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= first.text.size();
  stops_ -= first.stop ? 1 : 0;
  if (first.session) {
    --for_sessions_;
    if (const auto it = sessions_.find(*first.session); --it->second == 0) sessions_.erase(it);
  }
  return first;
}

void WaitingRoom::put(WaitingLine line) {
  bytes_ += line.text.size();
  stops_ += line.stop ? 1 : 0;
  if (line.session) {
    ++for_sessions_;
    ++sessions_[*line.session];
  }
  lines_.push_back(std::move(line));
}

std::deque<WaitingLine> WaitingRoom::take() {
  bytes_ = 0;
  stops_ = 0;
  for_sessions_ = 0;
  sessions_.clear();
  return std::exchange(lines_, {});
}

std::string WaitingRoom::image() const {
  ImageWriter out;
  out.value(kImageVersion);
  out.value<std::uint64_t>(lines_.size());
  for (const WaitingLine& line : lines_) {
    out.value(LineImage{line.offset, line.taken, line.since, line.line, line.stop ? 1U : 0U});
    out.text(line.text);
  }
  return out.take();
}

bool WaitingRoom::restore(std::string_view image) {
  take();
  ImageReader in(image);
  std::uint32_t version = 0;
  in.value(version);
  if (version != kImageVersion) return false;
  for (std::uint64_t n = in.count(); n > 0 && in.good(); --n) {
    LineImage line;
    in.value(line);
    const std::string_view text = in.text();
    if (in.good())
      put({line.offset, line.line, line.stop != 0, {}, line.taken, line.since, std::string(text)});
  }
  return in.done();
}

}  // namespace paytick::ingest
