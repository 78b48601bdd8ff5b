#pragma once
// Drives a fold in words: who does what, so many milliseconds after the beginning; and keeps what it says.

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "aggregator/fold.h"
#include "model/codec.h"
#include "model/hash.h"
#include "model/inputs.h"

namespace paytick::aggregator {

template <typename Id>
Id named(std::string_view name) {
  Id id;
  blake2b(name, id.bytes);
  return id;
}

class Teller {
 public:
  static constexpr std::int64_t kBegin = 1'790'000'000'000;

  Fold& fold() { return fold_; }
  void replace(Fold fold) { fold_ = std::move(fold); }
  Plan plan;  // of the opens to come: ticks of ten seconds at 0.01
  std::int64_t late_ms = kLateMsDefault;
  bool is_call = false, join_required = false, ticket_required = false;

  Teller() { plan.price_per_tick = Amount(100'000); }

  void at(std::int64_t ms) { now_ = kBegin + ms; }
  void say(const Input& input) {
    std::string record;
    codec::write(input, record);
    say_raw(record);
  }
  void say_raw(std::string record) {
    out_.clear();
    fold_.apply(Offset{offset_++}, {now_}, record, out_);
    new_lines = out_.lines;
    replies = out_.replies;
    outcomes = out_.outcomes;
    codec::for_each_line(out_.lines, [&](codec::MutableLine line) {
      const auto parsed = codec::parse_output(line);
      ASSERT_TRUE(parsed) << parsed.error().message;
      lines.push_back(*parsed);
    });
  }

  void fund(std::int64_t units, std::uint64_t version = 1) {
    MeterReport e;
    e.viewer = named<ViewerId>("v");
    e.meter = named<MeterId>("m");
    e.deposited = e.allowance = Amount(units);
    e.version = version;
    say(e);
  }
  void open(const std::string& name = "s", std::int64_t back = 0) {
    Open e;
    e.session = named<SessionId>(name);
    e.attachment = named<AttachmentId>(name);
    e.viewer = named<ViewerId>("v");
    e.meter = named<MeterId>("m");
    e.content = named<ContentId>("c");
    e.creator = named<CreatorId>("k");
    e.at = {now_ - back};
    plan.id = derive_plan_id(plan);
    e.plan = plan;
    e.late_ms = late_ms;
    e.call = is_call;
    e.join_required = join_required;
    e.ticket_required = ticket_required;
    say(e);
  }
  void ping(const std::string& name = "s", std::int64_t back = 0) {
    say(Heartbeat{named<SessionId>(name), named<AttachmentId>(name), 1, {now_ - back}});
  }
  void stop(const std::string& name = "s", std::int64_t back = 0) {
    say(Stop{named<SessionId>(name), named<AttachmentId>(name), {now_ - back}});
  }
  void clock() { say(Clock{}); }

  std::int64_t ticks(const std::string& name = "s") {
    const auto view = fold_.session(named<SessionId>(name));
    return view ? view->ticks : -1;
  }
  std::int64_t spendable() { return fold_.meter(named<MeterId>("m"))->spendable.units(); }

  template <typename Line>
  std::vector<Line> all() const {
    std::vector<Line> out;
    for (const Output& line : lines) {
      if (const auto* one = std::get_if<Line>(&line)) out.push_back(*one);
    }
    return out;
  }
  // Codes of the inputs rejected since the last call.
  std::vector<std::string> codes() {
    std::vector<std::string> out;
    for (const auto& line : all<RejectedLine>()) out.push_back(line.code);
    std::erase_if(lines, [](const Output& line) { return std::holds_alternative<RejectedLine>(line); });
    return out;
  }

  std::vector<Output> lines;
  std::string new_lines;
  std::vector<Outcome> outcomes;  // of the last record
  std::vector<Reply> replies;

 private:
  Fold fold_{FoldConfig{}};
  FoldOutput out_;
  std::int64_t now_ = kBegin;
  std::int64_t offset_ = 0;
};

}  // namespace paytick::aggregator
