#include "ingest/gateway_parts.h"

namespace paytick::ingest {

CoreCounters& CoreCounters::operator+=(const CoreCounters& other) {
  pings += other.pings;
  opens += other.opens;
  stops += other.stops;
  ticks += other.ticks;
  halts += other.halts;
  refused += other.refused;
  batch_lines += other.batch_lines;
  batch_accepted += other.batch_accepted;
  batch_refused += other.batch_refused;
  batches += other.batches;
  batches_failed += other.batches_failed;
  for (std::size_t i = 0; i < kAnswerBuckets; ++i) answer_ms[i] += other.answer_ms[i];
  answer_ms_sum += other.answer_ms_sum;
  connected += other.connected;
  disconnected += other.disconnected;
  bytes_in += other.bytes_in;
  bytes_out += other.bytes_out;
  freezes += other.freezes;
  return *this;
}

}  // namespace paytick::ingest
