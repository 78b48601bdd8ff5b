#include "settler/chain_event_reader.h"

#include <set>
#include <span>
#include <unordered_map>

#include "model/codec.h"
#include "model/partition.h"
#include "settler/frame_follower.h"

namespace paytick::settler {

namespace {

constexpr log::TopicPartition kCursorPlace{log::Topic::snapshots, PartitionId{0}};
constexpr std::size_t kReadBytes = 4 * 1024 * 1024;
constexpr std::size_t kLinesPerRecord = 500;
constexpr std::size_t kCursorBytesMax = 256;

// The cursor's record: the node's own text, behind a version.
constexpr std::string_view kVersion = "1 ";

}  // namespace

Result<void> ChainEventReader::start() {
  auto record = log_.latest(kCursorPlace, config_.cursor_key);
  if (!record) return tl::unexpected(record.error());
  cursor_.clear();
  next_poll_ = TimeMs{};
  from_ledger_ = config_.start_ledger;
  if (!*record) return {};
  const std::string& value = (*record)->value;
  if (!value.starts_with(kVersion) || value.size() > kCursorBytesMax)
    return fail("bad_cursor", "The position in the chain's events cannot be read; another version wrote it.",
                Next::fatal);
  cursor_ = value.substr(kVersion.size());
  return {};
}

Result<bool> ChainEventReader::step() {
  if (clock_.now() < next_poll_) return false;
  next_poll_ = clock_.now() + config_.poll_ms;
  if (cursor_.empty() && from_ledger_ == 0) {
    auto oldest = chain_.oldest_ledger();
    if (!oldest) return chain_failed(oldest.error());
    from_ledger_ = std::max<std::uint32_t>(1, oldest->sequence);
  }
  auto page = chain_.events(cursor_, from_ledger_);
  if (page) return take(*page);
  if (page.error().code == "pruned") return rescan();
  return chain_failed(page.error());
}

Result<bool> ChainEventReader::take(const EventPage& page) {
  trouble_.reset();
  // The newest totals of a meter say all that older ones do, but for the transaction that moved its money: so
  // those stay apart that differ in what came in or went back.
  std::unordered_map<MeterId, std::size_t> newest;
  std::vector<Input> inputs;
  for (const ChainEvent& event : page.events) {
    const MeterReport& report = event.report;
    const auto [place, first] = newest.try_emplace(report.meter, inputs.size());
    if (first) {
      inputs.emplace_back(report);
      continue;
    }
    auto& kept = std::get<MeterReport>(inputs[place->second]);
    if (kept.version > report.version) continue;
    if (kept.deposited != report.deposited || kept.refunded != report.refunded) {
      place->second = inputs.size();
      inputs.emplace_back(report);
    } else {
      const TxHash tx = kept.tx;
      kept = report;
      kept.tx = tx;
    }
  }
  for (const ChainEvent& event : page.events)
    if (event.refund) inputs.emplace_back(*event.refund);
  // A page without events moves the cursor too, but is not worth a write.
  if (!inputs.empty())
    if (auto written = append(inputs, page.cursor); !written) return tl::unexpected(written.error());
  if (!page.cursor.empty()) cursor_ = page.cursor;
  if (page.more)
    next_poll_ = TimeMs{};
  else
    seen_ = page.newest;
  return page.more || !inputs.empty();
}

Result<std::vector<MeterId>> ChainEventReader::known_meters() {
  std::set<MeterId> meters;
  for (std::uint32_t i = 0; i < log_.partitions(); ++i) {
    FrameFollower ticks(log_, {log::Topic::ticks, PartitionId{i}});
    for (;;) {
      auto moved = ticks.pump(kReadBytes, [&](codec::MutableLine line, TimeMs) -> Result<void> {
        if (const auto output = codec::parse_output(line)) {
          if (const auto* sum = std::get_if<SumLine>(&*output)) meters.insert(sum->meter);
          if (const auto* meter = std::get_if<MeterLine>(&*output)) meters.insert(meter->meter);
        }
        return {};
      });
      if (!moved) return tl::unexpected(moved.error());
      if (!*moved) break;
    }
  }
  return std::vector<MeterId>(meters.begin(), meters.end());
}

Result<bool> ChainEventReader::rescan() {
  // First where reading will go on, then the totals: what happens between them is seen twice, not missed.
  auto oldest = chain_.oldest_ledger();
  if (!oldest) return chain_failed(oldest.error());
  auto meters = known_meters();
  if (!meters) return tl::unexpected(meters.error());
  std::vector<Input> inputs;
  for (const MeterId& meter : *meters) {
    auto report = chain_.totals(meter);
    if (report) {
      inputs.emplace_back(*report);
    } else if (report.error().next != Next::refused) {
      return chain_failed(report.error());
    }
  }
  // No cursor: should we end before the next page is written, the rescan is done again.
  if (auto written = append(inputs, {}); !written) return tl::unexpected(written.error());
  cursor_.clear();
  from_ledger_ = oldest->sequence + 1;  // the oldest may be gone when we ask
  next_poll_ = TimeMs{};
  return true;
}

Result<void> ChainEventReader::append(const std::vector<Input>& inputs, const std::string& cursor) {
  const TimeMs now = clock_.now();
  std::vector<log::NewRecord> records;
  std::vector<std::size_t> open(log_.partitions(), SIZE_MAX);  // the record being filled, a partition
  std::vector<std::size_t> lines(log_.partitions(), 0);
  for (const Input& input : inputs) {
    const auto* report = std::get_if<MeterReport>(&input);
    const ViewerId& viewer = report != nullptr ? report->viewer : std::get<RefundRequest>(input).viewer;
    const PartitionId partition = partition_of(viewer, log_.partitions());
    const auto p = static_cast<std::size_t>(partition);
    if (open[p] == SIZE_MAX || lines[p] >= kLinesPerRecord) {
      open[p] = records.size();
      lines[p] = 0;
      records.push_back({{log::Topic::heartbeats, partition}, now, to_text(viewer), {}});
    }
    codec::write(input, records[open[p]].value);
    ++lines[p];
  }
  if (!records.empty())
    if (auto written = log_.append(records); !written) return tl::unexpected(written.error());
  if (cursor.empty()) return {};
  const log::NewRecord place{kCursorPlace, now, config_.cursor_key, std::string(kVersion) + cursor};
  if (auto written = log_.append(std::span(&place, 1)); !written) return tl::unexpected(written.error());
  return {};
}

bool ChainEventReader::chain_failed(const Error& error) {
  trouble_ = error;
  return false;
}

}  // namespace paytick::settler
