#include "app/verify/verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "app/verify/verifier_walk.h"
#include "model/codec.h"

namespace paytick::app {
namespace {

constexpr std::size_t kReadBytes = 4 << 20;

std::int64_t number(Offset offset) { return static_cast<std::int64_t>(offset); }

std::string short_line(std::string_view lines, std::size_t at) {
  const std::size_t begin =
      lines.rfind('\n', at) == std::string_view::npos || at == 0 ? 0 : lines.rfind('\n', at - 1) + 1;
  const std::size_t end = lines.find('\n', begin);
  return std::string(lines.substr(begin, std::min<std::size_t>(end - begin, 400)));
}

}  // namespace

Verifier::Verifier(log::EventLog& log, settler::ChainPort* chain, std::string database_url)
    : log_(log), chain_(chain), database_url_(std::move(database_url)) {}

Result<VerifyReport> Verifier::run(const Progress& progress) {
  VerifyReport report;
  std::vector<projections::PartitionTotals> rows;
  if (!database_url_.empty()) {
    auto loaded = projections::read_totals(database_url_, log_.partitions());
    if (!loaded) return tl::unexpected(loaded.error());
    rows = std::move(*loaded);
    report.database_checked = true;
  }
  if (chain_ != nullptr) {
    auto ledger = chain_->latest_ledger();
    if (!ledger) return tl::unexpected(ledger.error());
    report.ledger = ledger->sequence;
    report.chain_checked = true;
  }
  for (std::uint32_t p = 0; p < log_.partitions(); ++p) {
    auto range = log_.range({log::Topic::heartbeats, PartitionId{p}});
    if (!range) return tl::unexpected(range.error());
    total_ += static_cast<std::uint64_t>(number(range->end) - number(range->begin));
  }
  for (std::uint32_t p = 0; p < log_.partitions() && !report.difference; ++p) {
    Walk walk(PartitionId{p}, log_);
    if (!database_url_.empty()) walk.database = &rows[p];
    if (auto done = walk_partition(walk, report, progress); !done) return tl::unexpected(done.error());
  }
  return report;
}

Result<void> Verifier::walk_partition(Walk& walk, VerifyReport& report, const Progress& progress) {
  report.cuts.push_back({});
  if (walk.database != nullptr) {
    report.cuts.back().database = walk.database->ticks.frames.to;
    report.cuts.back().database_ticks = walk.database->ticks.next;
    report.cuts.back().database_settlements = walk.database->settlements.next;
    if (auto done = wait_for_database(walk, report); !done || report.difference) return done;
    if (number(walk.database->ticks.frames.to) == 0) check_database(walk, report);
  }
  if (auto done = follow_ticks(walk, report, progress); !done || report.difference) return done;
  if (walk.database != nullptr && !walk.database_compared) {
    report.difference =
        fmt::format("database, partition {}: its rows stand at position {}, where no frame of the log ends",
                    static_cast<std::uint32_t>(walk.partition), number(walk.database->ticks.frames.to));
    return {};
  }
  if (auto done = follow_settlements(walk, report); !done || report.difference) return done;
  if (auto done = follow_ticks(walk, report, {}); !done || report.difference) return done;
  if (auto done = check_chain(walk, report); !done) return done;
  count(walk, report);
  return {};
}

// A view of the log may be a moment older than the rows that were read.
Result<void> Verifier::wait_for_database(Walk& walk, VerifyReport& report) {
  for (const auto& [topic, end] : {std::pair(log::Topic::ticks, walk.database->ticks.next),
                                   std::pair(log::Topic::settlements, walk.database->settlements.next)}) {
    for (int tries = 0;; ++tries) {
      const auto range = log_.range({topic, walk.partition});
      if (!range) return tl::unexpected(range.error());
      if (range->end >= end) break;
      if (tries == kTriesMax) {
        report.difference = fmt::format("database, partition {}: it holds {} up to {}, the log ends at {}",
                                        static_cast<std::uint32_t>(walk.partition), to_text(topic),
                                        number(end), number(range->end));
        return {};
      }
      std::this_thread::sleep_for(kPause);
    }
  }
  return {};
}

// To the end of the log as it is now.
Result<void> Verifier::follow_ticks(Walk& walk, VerifyReport& report, const Progress& progress) {
  const log::TopicPartition ticks{log::Topic::ticks, walk.partition};
  const auto range = log_.range(ticks);
  if (!range) return tl::unexpected(range.error());
  if (number(range->begin) != 0)
    return fail("log_trimmed",
                fmt::format("partition {} no longer begins at its first record; verify needs the whole log",
                            static_cast<std::uint32_t>(walk.partition)));
  while (walk.ticks_next < range->end) {
    auto records = log_.read(ticks, walk.ticks_next, kReadBytes);
    if (!records) return tl::unexpected(records.error());
    if (records->empty()) break;
    for (const auto& record : *records) {
      walk.ticks_next = Offset{number(record.offset) + 1};
      read_record(walk, record);
      report.difference = walk.difference;
      if (report.difference) return {};
      if (walk.frame_complete)
        if (auto done = check_frame(walk, report); !done || report.difference) return done;
      if (progress) progress(done_, total_);
    }
  }
  // Whatever their writer had read of `ticks` is read now, too.
  for (const auto& [settlement, at] : std::exchange(walk.unexplained, {}))
    if (auto fine = walk.invariants.check(settlement, at); !fine && !report.difference)
      report.difference = "settlements, " + fine.error().message + " (" + fine.error().code + ")";
  report.cuts.back().heartbeats = walk.reader.position().to;
  report.cuts.back().ticks = walk.ticks_next;
  return {};
}

void Verifier::read_record(Walk& walk, const log::Record& record) {
  walk.frame_complete = false;
  const auto verdict = walk.reader.read(record.value);
  if (!verdict) {
    walk.difference =
        fmt::format("ticks, partition {}, record {}: {} ({})", static_cast<std::uint32_t>(walk.partition),
                    number(record.offset), verdict.error().message, verdict.error().code);
    return;
  }
  if (*verdict == FrameVerdict::fence) walk.held.clear();
  if (*verdict != FrameVerdict::accept && *verdict != FrameVerdict::hold) return;
  const std::size_t header_size = record.value.find('\n');
  std::string header = record.value.substr(0, header_size);
  const auto parsed = codec::parse_frame_header({header.data(), header.size()});
  if (header_size != std::string::npos) walk.held.append(record.value, header_size + 1);
  if (*verdict != FrameVerdict::accept || !parsed) return;
  walk.from = parsed->from;
  walk.to = parsed->to;
  walk.rules = parsed->fold;
  walk.record = record.offset;
  walk.append_time = record.append_time;
  walk.lines = std::exchange(walk.held, {});
  walk.frame_complete = true;
}

Result<void> Verifier::check_frame(Walk& walk, VerifyReport& report) {
  std::string expected;
  walk.lines_until.clear();
  walk.fold.use_rules(std::clamp(walk.rules, 1U, aggregator::kFoldVersion));
  while (walk.inputs_next < walk.to) {
    if (walk.inputs.empty()) {
      auto records = log_.read({log::Topic::heartbeats, walk.partition}, walk.inputs_next, kReadBytes);
      if (!records) return tl::unexpected(records.error());
      if (records->empty()) {
        report.difference = fmt::format(
            "partition {}: a frame covers inputs up to {}, the log has them up to {}",
            static_cast<std::uint32_t>(walk.partition), number(walk.to), number(walk.inputs_next));
        return {};
      }
      walk.inputs.assign(std::make_move_iterator(records->begin()), std::make_move_iterator(records->end()));
    }
    log::Record& input = walk.inputs.front();
    walk.out.clear();
    walk.fold.apply(input.offset, input.append_time, input.value, walk.out);
    expected += walk.out.lines;
    walk.now = std::max(walk.now, input.append_time);
    walk.lines_until.push_back({expected.size(), walk.now});
    walk.inputs_next = Offset{number(input.offset) + 1};
    walk.inputs.pop_front();
    ++done_;
  }
  ++report.frames;
  if (expected != walk.lines) {
    const auto [a, b] = std::mismatch(expected.begin(), expected.end(), walk.lines.begin(), walk.lines.end());
    const auto at = static_cast<std::size_t>(a - expected.begin());
    report.difference = fmt::format(
        "ticks, partition {}, record {}, inputs [{}, {}):\n  the log says  {}\n  the fold says {}",
        static_cast<std::uint32_t>(walk.partition), number(walk.record), number(walk.from), number(walk.to),
        at < walk.lines.size() ? short_line(walk.lines, at) : "(nothing)",
        at < expected.size() ? short_line(expected, at) : "(nothing)");
    return {};
  }
  Result<void> applied;
  auto input = walk.lines_until.begin();  // which brought the line about
  codec::for_each_line(walk.lines, [&](codec::MutableLine line) {
    ++report.lines;
    while (static_cast<std::size_t>(line.data - walk.lines.data()) >= input->bytes) ++input;
    const auto output = codec::parse_output(line);
    if (!output || !applied) return;
    const invariants::Place at{walk.partition, walk.record, input->now, input->now, walk.rules};
    if (auto fine = walk.invariants.check(*output, at); !fine) {
      applied = fine;
      return;
    }
    if (const auto* opened = std::get_if<OpenedLine>(&*output)) walk.closed.erase(opened->session);
    if (const auto* closed = std::get_if<ClosedLine>(&*output))
      walk.closed.insert_or_assign(closed->session, *closed);
    if (auto done = walk.accrual.apply(*output, walk.append_time); !done) applied = done;
  });
  if (!applied) report.difference = "ticks, " + applied.error().message + " (" + applied.error().code + ")";
  if (walk.database != nullptr && walk.database->ticks.frames.to == walk.to && !report.difference)
    check_database(walk, report);
  return {};
}

void Verifier::check_database(Walk& walk, VerifyReport& report) {
  walk.database_compared = true;
  const auto p = static_cast<std::uint32_t>(walk.partition);
  const auto sums = walk.fold.sums();
  for (const auto& sum : sums) {
    const auto found = walk.database->sums.find(sum.sum);
    const bool same = found == walk.database->sums.end()
                          ? sum.charged == Amount{} && sum.due == Amount{}
                          : found->second.charged == sum.charged && found->second.due == sum.due;
    if (same) continue;
    const auto there =
        found == walk.database->sums.end() ? projections::PartitionTotals::Sum{} : found->second;
    report.difference = fmt::format(
        "sum {} of partition {} (meter {}): the log says charged {} due {}, the database {} and {}",
        static_cast<std::uint32_t>(sum.sum), p, to_text(sum.meter), to_decimal(sum.charged),
        to_decimal(sum.due), to_decimal(there.charged), to_decimal(there.due));
    return;
  }
  if (walk.database->sums.size() > sums.size()) {
    report.difference = fmt::format("partition {}: the database has {} sums, the log {}", p,
                                    walk.database->sums.size(), sums.size());
    return;
  }
  const auto same_session = [&](const SessionId& id, std::int64_t ticks, Amount amount) {
    const auto found = walk.database->sessions.find(id);
    const auto there =
        found == walk.database->sessions.end() ? projections::PartitionTotals::Session{} : found->second;
    if (there.ticks == ticks && there.amount == amount) return true;
    report.difference =
        fmt::format("session {}: the log says {} ticks for {}, the database {} for {}", to_text(id), ticks,
                    to_decimal(amount), there.ticks, to_decimal(there.amount));
    return false;
  };
  // Those that run, by the fold; those that have closed, by their last line.
  std::size_t known = walk.closed.size();
  for (const auto& session : walk.fold.sessions()) {
    if (walk.closed.contains(session.session)) continue;
    ++known;
    if (!same_session(session.session, session.ticks, session.amount)) return;
  }
  for (const auto& [id, line] : walk.closed)
    if (!same_session(id, line.ticks, line.amount)) return;
  if (walk.database->sessions.size() > known)
    report.difference = fmt::format("partition {}: the database has {} sessions, the log {}", p,
                                    walk.database->sessions.size(), known);
}

// What the database holds as paid, when it has read the same settlements.
void Verifier::check_paid(Walk& walk, VerifyReport& report) {
  for (std::size_t i = 0; i < walk.accrual.sums().size(); ++i) {
    const settler::SumState& sum = walk.accrual.sums()[i];
    const auto found = walk.database->sums.find(SumId{static_cast<std::uint32_t>(i)});
    const Amount there = found == walk.database->sums.end() ? Amount{} : found->second.paid;
    if (there == sum.settled) continue;
    report.difference =
        fmt::format("sum {} of partition {} (meter {}): the log says {} was settled, the database {}", i,
                    static_cast<std::uint32_t>(walk.partition), to_text(sum.meter), to_decimal(sum.settled),
                    to_decimal(there));
    return;
  }
}

// To the end of the log as it is now.
Result<void> Verifier::follow_settlements(Walk& walk, VerifyReport& report) {
  for (;;) {
    auto more = walk.settlements.pump(kReadBytes, [&](codec::MutableLine line, TimeMs) -> Result<void> {
      auto settlement = codec::parse_settlement(line);
      if (!settlement) return tl::unexpected(settlement.error());
      report.transactions += std::holds_alternative<Confirmed>(*settlement) ? 1 : 0;
      walk.accrual.apply(*settlement);
      const invariants::Place at{walk.partition, walk.settlements.next(), {}, {}};
      if (!walk.invariants.check(*settlement, at)) walk.unexplained.emplace_back(std::move(*settlement), at);
      return {};
    });
    if (!more) {
      report.difference =
          fmt::format("settlements, partition {}: {} ({})", static_cast<std::uint32_t>(walk.partition),
                      more.error().message, more.error().code);
      return {};
    }
    if (!*more) break;
  }
  report.cuts.back().settlements = walk.settlements.next();
  if (walk.database != nullptr && walk.database->settlements.next == walk.settlements.next())
    check_paid(walk, report);
  return {};
}

void Verifier::count(Walk& walk, VerifyReport& report) {
  report.inputs = done_;
  // The fold forgets what has closed some time ago; the report is of the whole log.
  report.sessions += walk.closed.size();
  for (const auto& [id, line] : walk.closed) report.ticks += line.ticks;
  for (const auto& session : walk.fold.sessions()) {
    if (walk.closed.contains(session.session)) continue;
    ++report.sessions;
    report.ticks += session.ticks;
  }
  for (const auto& sum : walk.fold.sums()) {
    ++report.sums;
    report.charged = add(report.charged, sum.charged).value_or(kMaxAmount);
  }
  for (const auto& sum : walk.accrual.sums()) report.in_flight += sum.in_flight ? 1 : 0;
  const settler::Credits& credits = walk.accrual.credits();
  for (const auto& credit : credits.all()) {
    report.credits_in_flight += credit.in_flight ? 1 : 0;
    report.credits_waiting += !credit.in_flight && credit.ordered > credit.credited ? 1 : 0;
  }
  report.credits_ordered = add(report.credits_ordered, credits.ordered()).value_or(kMaxAmount);
  report.credits_paid = add(report.credits_paid, credits.credited()).value_or(kMaxAmount);
  report.due = add(report.due, walk.accrual.due()).value_or(kMaxAmount);
  report.settled = add(report.settled, walk.accrual.settled()).value_or(kMaxAmount);
}

Result<void> Verifier::check_chain(Walk& walk, VerifyReport& report) {
  if (chain_ == nullptr) return {};
  std::vector<SettlementItem> items;
  for (std::size_t i = 0; i < walk.accrual.sums().size(); ++i) {
    const settler::SumState& sum = walk.accrual.sums()[i];
    if (sum.known && (sum.due > Amount{} || sum.settled > Amount{}))
      items.push_back({SumId{static_cast<std::uint32_t>(i)}, sum.meter, sum.creator, sum.bps, sum.due});
    if (items.size() < kItemsPerQuestion && i + 1 < walk.accrual.sums().size()) continue;
    if (auto done = check_items(walk, items, report); !done || report.difference) return done;
    items.clear();
  }
  if (auto done = check_credits(walk, report); !done || report.difference) return done;
  return check_meters(walk, report);
}

Result<void> Verifier::check_meters(Walk& walk, VerifyReport& report) {
  for (const auto& meter : walk.fold.meters()) {
    const bool reported =
        meter.deposited > Amount{} || meter.refunded > Amount{} || meter.allowance > Amount{};
    if (!reported) continue;
    const auto there = chain_->totals(meter.meter);
    if (!there && there.error().next != Next::refused) return tl::unexpected(there.error());
    const bool behind = there && there->viewer == meter.viewer && meter.deposited <= there->deposited &&
                        meter.refunded <= there->refunded && meter.allowance <= there->allowance;
    if (behind) continue;
    report.difference = fmt::format(
        "meter {} of viewer {}: the log says deposited {}, refunded {}, allowance {}; the contract {}",
        to_text(meter.meter), to_text(meter.viewer), to_decimal(meter.deposited), to_decimal(meter.refunded),
        to_decimal(meter.allowance),
        there ? fmt::format("{}, {}, {} of viewer {}", to_decimal(there->deposited),
                            to_decimal(there->refunded), to_decimal(there->allowance), to_text(there->viewer))
              : "does not answer: " + there.error().message);
    return {};
  }
  return {};
}

// The settler may be at work: an answer counts when nothing about its items moved while it was asked for.
Result<void> Verifier::check_items(Walk& walk, const std::vector<SettlementItem>& items,
                                   VerifyReport& report) {
  if (items.empty()) return {};
  const auto states = [&] {
    std::vector<settler::SumState> out;
    for (const auto& item : items) out.push_back(walk.accrual.sums()[static_cast<std::size_t>(item.sum)]);
    return out;
  };
  for (int tries = 0;; ++tries) {
    const auto before = states();
    auto paid = chain_->paid(items);
    if (!paid) return tl::unexpected(paid.error());
    if (auto done = follow_settlements(walk, report); !done || report.difference) return done;
    if (auto done = follow_ticks(walk, report, {}); !done || report.difference) return done;
    const auto after = states();
    std::optional<std::string> difference;
    bool moved = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Amount there = (*paid)[i];
      moved = moved || before[i].settled != after[i].settled || before[i].in_flight || after[i].in_flight;
      const bool same = after[i].in_flight ? there >= after[i].settled : there == after[i].settled;
      if ((same && !invariants::paid_exceeds(there, after[i].due)) || difference) continue;
      difference = fmt::format(
          "meter {} to creator {} at {} bps: the log says due {} and settled {}, the contract has paid {}",
          to_text(items[i].meter), to_text(items[i].creator), items[i].bps, to_decimal(after[i].due),
          to_decimal(after[i].settled), to_decimal(there));
    }
    // What the contract has done may not be in our view of the log yet.
    if (difference && tries < (moved ? kTriesMax : kTriesStanding)) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    report.difference = difference;
    return {};
  }
}

}  // namespace paytick::app
