#include "settler/frame_follower.h"

namespace paytick::settler {

namespace {

// The first line is the frame's own.
Result<void> hand_over(log::Record& record, const FrameFollower::OnLine& on_line) {
  Result<void> result;
  bool header = true;
  codec::for_each_line(record.value, [&](codec::MutableLine line) {
    if (!std::exchange(header, false) && result) result = on_line(line, record.append_time);
  });
  return result;
}

}  // namespace

Result<bool> FrameFollower::pump(std::size_t max_bytes, const OnLine& on_line) {
  auto records = log_->read(source_, next_, max_bytes);
  if (!records) return tl::unexpected(records.error());
  for (log::Record& record : *records) {
    const Offset after{static_cast<std::int64_t>(record.offset) + 1};
    bytes_read_ += record.value.size();
    if (auto taken = take(std::move(record), on_line); !taken) return tl::unexpected(taken.error());
    next_ = after;
  }
  return !records->empty();
}

Result<void> FrameFollower::take(log::Record record, const OnLine& on_line) {
  const auto verdict = reader_.read(record.value);
  if (!verdict) return tl::unexpected(verdict.error());
  switch (*verdict) {
    case FrameVerdict::ignore:
      return {};
    case FrameVerdict::fence:
      held_.clear();
      return {};
    case FrameVerdict::hold:
      held_.push_back(std::move(record));
      return {};
    case FrameVerdict::accept:
      break;
  }
  held_.push_back(std::move(record));
  std::vector<log::Record> records = std::exchange(held_, {});
  for (log::Record& part : records)
    if (auto done = hand_over(part, on_line); !done) return done;
  return {};
}

}  // namespace paytick::settler
