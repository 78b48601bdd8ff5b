#include "app/metrics/observed_log.h"

#include <algorithm>
#include <string>
#include <utility>

namespace paytick::app::metrics {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kDone = 0;

void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

ObservedLog::ObservedLog(log::EventLog& inner) : ForwardingLog(inner) {}

std::size_t ObservedLog::outcome_of(const Error& error) {
  const auto name = [&error]() -> std::string_view {
    switch (error.next) {
      case Next::retry:
        return "retry";
      case Next::abort:
        return error.code == "fenced" ? "fenced" : "aborted";
      case Next::in_doubt:
        return "in_doubt";
      case Next::refused:
      case Next::fatal:
        break;
    }
    return "failed";
  }();
  return static_cast<std::size_t>(std::ranges::find(kOutcomes, name) - kOutcomes.begin());
}

template <typename T>
Result<T> ObservedLog::noted(Result<T> result) {
  if (!result) bump(errors_.at(outcome_of(result.error())));
  return result;
}

void ObservedLog::note_written(std::span<const log::NewRecord> records) {
  for (const log::NewRecord& record : records) {
    OfTopic& topic = of(record.to.topic);
    bump(topic.written_records);
    bump(topic.written_bytes, record.value.size());
  }
}

Result<std::vector<Offset>> ObservedLog::append(std::span<const log::NewRecord> records) {
  const auto begin = Clock::now();
  auto result = ForwardingLog::append(records);
  bump(appends_.at(result ? kDone : outcome_of(result.error())));
  if (result) {
    append_times_.add(Clock::now() - begin);
    note_written(records);
  }
  return result;
}

Result<log::Lease> ObservedLog::acquire(log::Role role, PartitionId partition, Epoch at_least) {
  auto result = noted(ForwardingLog::acquire(role, partition, at_least));
  if (result) bump(of(role).takeovers);
  return result;
}

Result<std::vector<Offset>> ObservedLog::commit(const log::Step& step) {
  const auto begin = Clock::now();
  auto result = ForwardingLog::commit(step);
  OfRole& role = of(step.lease.role);
  bump(role.commits.at(result ? kDone : outcome_of(result.error())));
  if (result) {
    role.times.add(Clock::now() - begin);
    note_written(step.records);
  }
  return result;
}

Result<std::optional<Offset>> ObservedLog::position(log::Role role, PartitionId partition) {
  return noted(ForwardingLog::position(role, partition));
}

Result<std::vector<log::Record>> ObservedLog::read(log::TopicPartition tp, Offset from,
                                                   std::size_t max_bytes) {
  auto result = noted(ForwardingLog::read(tp, from, max_bytes));
  if (!result || result->empty()) return result;
  std::uint64_t bytes = 0;
  for (const log::Record& record : *result) bytes += record.value.size();
  bump(of(tp.topic).read_records, result->size());
  bump(of(tp.topic).read_bytes, bytes);
  return result;
}

Result<std::optional<log::Record>> ObservedLog::latest(log::TopicPartition tp, std::string_view key) {
  return noted(ForwardingLog::latest(tp, key));
}

Result<log::EventLog::Range> ObservedLog::range(log::TopicPartition tp) {
  return noted(ForwardingLog::range(tp));
}

Result<void> ObservedLog::trim(log::TopicPartition tp, Offset before) {
  return noted(ForwardingLog::trim(tp, before));
}

void ObservedLog::collect(Page& page) const {
  page.set("paytick_log_partitions", partitions());
  for (const log::Role role : log::kRoles) {
    const OfRole& of_role = roles_.at(index(role));
    const std::string name(to_text(role));
    for (std::size_t o = 0; o < kOutcomes.size(); ++o)
      page.set("paytick_log_commits_total", of_role.commits[o].load(),
               {{"role", name}, {"outcome", std::string(kOutcomes[o])}});
    page.set("paytick_log_takeovers_total", of_role.takeovers.load(), {{"role", name}});
    page.set("paytick_log_commit_seconds", of_role.times, {{"role", name}});
  }
  for (std::size_t o = 0; o < kOutcomes.size(); ++o) {
    const Labels labels = {{"outcome", std::string(kOutcomes[o])}};
    page.set("paytick_log_appends_total", appends_[o].load(), labels);
    if (o != kDone) page.set("paytick_log_errors_total", errors_[o].load(), labels);
  }
  page.set("paytick_log_append_seconds", append_times_);
  for (const log::Topic topic : log::kTopics) {
    const OfTopic& of_topic = topics_.at(index(topic));
    const Labels labels = {{"topic", std::string(to_text(topic))}};
    page.set("paytick_log_written_records_total", of_topic.written_records.load(), labels);
    page.set("paytick_log_written_bytes_total", of_topic.written_bytes.load(), labels);
    page.set("paytick_log_read_records_total", of_topic.read_records.load(), labels);
    page.set("paytick_log_read_bytes_total", of_topic.read_bytes.load(), labels);
  }
}

}  // namespace paytick::app::metrics
