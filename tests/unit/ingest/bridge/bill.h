#pragma once
// What the fold makes of what a bridge has forwarded.

#include <map>
#include <string>
#include <vector>

#include "aggregator/fold.h"
#include "model/partition.h"
#include "unit/ingest/bridge/bridge_fixture.h"

namespace paytick::ingest {

// Each viewer of the world has 5 XLM.
inline void fund(log::EventLog& log, TimeMs at) {
  for (const char* who : {"1", "2", "3", "4", "5", "6"}) {
    MeterReport report;
    report.viewer = World::viewer(who);
    report.meter = World::meter(who);
    report.deposited = report.allowance = Amount(50'000'000);
    report.version = 1;
    log::NewRecord record{
        {log::Topic::heartbeats, partition_of(report.viewer, log.partitions())}, at, {}, {}};
    codec::write(Input{report}, record.value);
    ASSERT_TRUE(log.append(std::vector{record}));
  }
}

// What each session has bought, and each meter been charged, by the fold.
inline std::map<std::string, std::int64_t> bill(log::EventLog& log) {
  std::map<std::string, std::int64_t> out;
  for (std::uint32_t p = 0; p < log.partitions(); ++p) {
    const log::TopicPartition tp{log::Topic::heartbeats, PartitionId{p}};
    aggregator::Fold fold({PartitionId{p}, log.partitions()});
    aggregator::FoldOutput output;
    Offset next = log.range(tp)->begin;
    for (;;) {
      auto records = log.read(tp, next, 1 << 20);
      EXPECT_TRUE(records);
      if (!records || records->empty()) break;
      for (log::Record& record : *records) {
        next = Offset{static_cast<std::int64_t>(record.offset) + 1};
        fold.apply(record.offset, record.append_time, record.value, output);
      }
    }
    EXPECT_EQ(fold.counters().late, 0U);
    for (const auto& session : fold.sessions()) out["s" + to_text(session.session)] = session.ticks;
    for (const auto& meter : fold.meters()) out["m" + to_text(meter.meter)] = meter.charged.units();
  }
  return out;
}

}  // namespace paytick::ingest
