#include "simulation/planted_inputs.h"

#include "model/codec.h"

namespace paytick::simulation {

bool PlantedInputs::has(Bug bug) {
  switch (bug) {
    case Bug::off_by_one:
    case Bug::limit_off_by_one:
    case Bug::free_again:
    case Bug::initial_price_per_tick:
    case Bug::block_on_close:
    case Bug::ticket_outlives_stream:
    case Bug::tip_while_frozen:
    case Bug::resume_bills_pause:
      return true;
    default:
      return false;
  }
}

std::string PlantedInputs::next(std::string value) {
  std::string out;
  codec::for_each_line(value, [&](codec::MutableLine line) {
    const auto input = codec::parse_input(line);
    if (!input) return;
    for (const Input& planted : next(*input)) codec::write(planted, out);
    learn(*input);
  });
  return out;
}

PlantedInputs::Lines PlantedInputs::next(const Input& input) {
  if (const auto* e = std::get_if<Open>(&input)) return next(*e);
  if (const auto* e = std::get_if<Heartbeat>(&input)) return next(*e);
  if (const auto* e = std::get_if<Stop>(&input)) return next(*e);
  if (const auto* e = std::get_if<Charge>(&input)) return next(*e);
  if (const auto* e = std::get_if<Resume>(&input)) return next(*e);
  if (const auto* e = std::get_if<Limit>(&input); e && bug_ == Bug::limit_off_by_one) {
    Limit more = *e;
    if (meters_[e->viewer].size() > 1) more.amount = Amount(e->amount.units() + 1);
    return {more};
  }
  return {input};
}

PlantedInputs::Lines PlantedInputs::next(const Open& e) {
  Open open = e;
  const bool free = e.plan.initial_ticks != 0 && e.plan.initial_price == Amount(0);
  if (bug_ == Bug::free_again && free && opened_.contains({e.viewer, e.content}))
    open.plan.initial_price = Amount(1);
  if (bug_ == Bug::initial_price_per_tick)
    open.plan.initial_price = Amount(e.plan.initial_price.units() * e.plan.initial_ticks);
  open.plan.id = derive_plan_id(open.plan);
  return {open};
}

PlantedInputs::Lines PlantedInputs::next(const Heartbeat& e) {
  Heartbeat heartbeat = e;
  if (bug_ == Bug::off_by_one) heartbeat.at = e.at - 10'000;
  const auto open = opens_.find(e.attachment);
  if (bug_ == Bug::resume_bills_pause && open != opens_.end() && paused_.contains(open->second.viewer))
    refused_[open->second.viewer].push_back(e);
  return {heartbeat};
}

PlantedInputs::Lines PlantedInputs::next(const Stop& e) {
  const auto open = opens_.find(e.attachment);
  if (bug_ != Bug::block_on_close || open == opens_.end() || !open->second.call) return {e};
  const Open& call = open->second;
  Charge again{call.viewer,
               call.meter,
               call.creator,
               call.plan.platform_bps,
               ChargeKind::block,
               "",
               call.plan.price_per_tick};
  again.key = "close:" + to_text(call.session);
  return {again, e};
}

PlantedInputs::Lines PlantedInputs::next(const Charge& e) {
  const bool held = charged_.contains({e.viewer, e.key}) && closed_.contains(e.content);
  if (bug_ == Bug::ticket_outlives_stream && e.kind == ChargeKind::ticket && held) return {};
  if (bug_ == Bug::tip_while_frozen && frozen_.contains(e.viewer))
    return {Unfreeze{e.viewer, "", {}}, e, Freeze{e.viewer, "", {}}};
  return {e};
}

PlantedInputs::Lines PlantedInputs::next(const Resume& e) {
  Lines lines{e};
  if (bug_ != Bug::resume_bills_pause || e.session) return lines;
  for (Input& input : refused_[e.viewer]) lines.push_back(std::move(input));
  refused_.erase(e.viewer);
  return lines;
}

void PlantedInputs::learn(const Input& input) {
  if (const auto* e = std::get_if<Open>(&input)) {
    opens_[e->attachment] = *e;
    opened_.emplace(e->viewer, e->content);
  }
  if (const auto* e = std::get_if<MeterReport>(&input)) meters_[e->viewer].insert(e->meter);
  if (const auto* e = std::get_if<Charge>(&input)) charged_.emplace(e->viewer, e->key);
  if (const auto* e = std::get_if<ContentClosed>(&input)) closed_.insert(e->content);
  if (const auto* e = std::get_if<Freeze>(&input)) frozen_.insert(e->viewer);
  if (const auto* e = std::get_if<Unfreeze>(&input)) frozen_.erase(e->viewer);
  if (const auto* e = std::get_if<Pause>(&input); e && !e->session) paused_.insert(e->viewer);
  if (const auto* e = std::get_if<Resume>(&input); e && !e->session) paused_.erase(e->viewer);
}

}  // namespace paytick::simulation
