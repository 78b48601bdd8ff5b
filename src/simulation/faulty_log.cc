#include "simulation/faulty_log.h"

#include "model/codec.h"
#include "model/frame.h"

namespace paytick::simulation {
namespace {

std::string one_tick_earlier(std::string value) {
  std::string out;
  codec::for_each_line(value, [&](codec::MutableLine line) {
    auto input = codec::parse_input(line);
    if (!input) return;
    if (auto* e = std::get_if<Heartbeat>(&*input)) e->at = e->at - 10'000;
    codec::write(*input, out);
  });
  return out;
}

}  // namespace

Result<std::vector<Offset>> FaultyLog::append(std::span<const log::NewRecord> records) {
  auto done = log_.append(records);
  if (!done && bug_ == Bug::swallowed_in_doubt && done.error().next == Next::in_doubt)
    return std::vector<Offset>(records.size());
  return done;
}

Result<std::vector<Offset>> FaultyLog::commit(const log::Step& step) {
  if (bug_ == Bug::missing_fence && step.records.size() == 1) {
    std::string line = step.records[0].value;
    if (auto fence = codec::parse_fence({line.data(), line.find('\n')})) {
      fence->epoch = Epoch{static_cast<std::uint64_t>(fence->epoch) - 1};
      log::Step silent = step;
      silent.records[0].value = build_fence(*fence);
      return log_.commit(silent);
    }
  }
  auto done = log_.commit(step);
  if (!done && bug_ == Bug::swallowed_in_doubt && done.error().next == Next::in_doubt)
    return std::vector<Offset>(step.records.size());
  return done;
}

Result<std::vector<log::Record>> FaultyLog::read(log::TopicPartition tp, Offset from, std::size_t max) {
  auto records = log_.read(tp, from, max);
  if (!records || tp.topic != log::Topic::heartbeats) return records;
  if (bug_ == Bug::lost_position && records->size() > 2) records->erase(records->begin());
  if (bug_ == Bug::off_by_one)
    for (log::Record& r : *records) r.value = one_tick_earlier(std::move(r.value));
  return records;
}

}  // namespace paytick::simulation
