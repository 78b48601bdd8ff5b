#include "settler/credits.h"

#include <algorithm>
#include <array>
#include <string>

#include "model/image.h"

namespace paytick::settler {

namespace {

struct CreditImage {
  MeterId meter;
  std::int64_t ordered = 0, credited = 0, since = 0, retry_at = 0;
  std::uint32_t failures = 0;
  std::uint8_t parked = 0, given_up = 0;
  std::array<std::uint8_t, 2> reserved{};
};
static_assert(sizeof(CreditImage) == 72);

bool is_waiting(const CreditState& credit) { return credit.ordered > credit.credited; }

}  // namespace

CreditState& Credits::of(const MeterId& meter) {
  const auto [at, is_new] = index_.try_emplace(meter, all_.size());
  if (is_new) all_.emplace_back().meter = meter;
  return all_[at->second];
}

Result<void> Credits::apply(const CreditLine& line, TimeMs at) {
  CreditState& credit = of(line.meter);
  if (line.credited < credit.ordered)
    return fail("credit_falls",
                "What is credited to meter " + to_text(line.meter) + " falls from " +
                    to_decimal(credit.ordered) + " to " + to_decimal(line.credited) + ".",
                Next::fatal);
  if (!is_waiting(credit) && line.credited > credit.credited) credit.since = at;
  credit.ordered = line.credited;
  return {};
}

bool Credits::apply(const Settlement& line) {
  if (const auto* prepared = std::get_if<Prepared>(&line)) {
    if (prepared->credits.empty()) return false;
    on(*prepared);
    return true;
  }
  if (const auto* confirmed = std::get_if<Confirmed>(&line)) {
    if (confirmed->credits.empty()) return false;
    on(*confirmed);
    return true;
  }
  if (const auto* parked = std::get_if<ParkedCredit>(&line)) {
    on(*parked);
    return true;
  }
  if (const auto* failed = std::get_if<Failed>(&line)) {
    if (!in_flight_.contains(failed->hash)) return false;
    on(*failed);
    return true;
  }
  if (const auto* expired = std::get_if<Expired>(&line)) {
    if (!in_flight_.contains(expired->hash)) return false;
    land(expired->hash);
    return true;
  }
  return false;
}

void Credits::stands_at(CreditState& credit, Amount cumulative) {
  credit.credited = std::max(credit.credited, cumulative);
  credit.failures = 0;
  credit.retry_at = TimeMs{};
  credit.parked = credit.given_up = false;
}

// Parked or not, it is asked for again soon: what is missing is most often money in the treasury, and whoever
// has filled it should not wait an hour to see it move.
void Credits::refused(CreditState& credit, TimeMs at) {
  const std::int64_t wait = policy_.retry_ms << std::min(credit.failures, 20U);
  credit.retry_at = at + std::min(wait, policy_.credit_retry_ms_max);
  ++credit.failures;
}

void Credits::land(const TxHash& hash) {
  const auto found = in_flight_.find(hash);
  if (found == in_flight_.end()) return;
  for (const CreditItem& item : found->second) of(item.meter).in_flight = false;
  in_flight_.erase(found);
}

void Credits::on(const Prepared& line) {
  for (const CreditItem& item : line.credits) of(item.meter).in_flight = true;
  in_flight_.insert_or_assign(line.hash, line.credits);
}

void Credits::on(const Confirmed& line) {
  land(line.hash);
  failed_in_a_row_ = 0;
  for (const CreditedItem& item : line.credits) {
    if (item.stands())
      stands_at(of(item.meter), item.cumulative);
    else
      refused(of(item.meter), line.at);
  }
}

// As with sums: only what was alone, and was refused by the contract, is told of by a failure.
void Credits::on(const Failed& line) {
  const CreditBatch& batch = in_flight_.at(line.hash);
  const bool by_contract = line.code.starts_with("invoke_") || line.code.starts_with("op_");
  const std::int64_t wait = policy_.retry_ms << std::min(failed_in_a_row_, 20U);
  ++failed_in_a_row_;
  for (const CreditItem& item : batch) {
    if (by_contract && batch.size() == 1)
      refused(of(item.meter), line.at);
    else
      of(item.meter).retry_at = line.at + std::min(wait, policy_.credit_retry_ms_max);
  }
  land(line.hash);
}

void Credits::on(const ParkedCredit& line) {
  CreditState& credit = of(line.meter);
  credit.parked = true;
  credit.given_up = line.code != kRefusedTooOften;
}

void Credits::foretold(const CreditItem& item, std::int32_t code, TimeMs now) {
  if (code == kCodeNothingNew)
    stands_at(of(item.meter), item.cumulative);
  else
    refused(of(item.meter), now);
}

std::vector<CreditBatch> Credits::plan(TimeMs now, std::size_t items_max) const {
  std::vector<const CreditState*> due;
  for (const CreditState& credit : all_)
    if (is_waiting(credit) && !credit.in_flight && !credit.given_up && credit.retry_at <= now)
      due.push_back(&credit);
  std::ranges::stable_sort(due, {}, [](const CreditState* credit) { return credit->since.ms; });
  const std::size_t most = std::min(items_max, policy_.credit_items_max);
  const std::size_t size = std::max<std::size_t>(1, most >> std::min(failed_in_a_row_, 16U));
  std::vector<CreditBatch> out;
  for (const CreditState* credit : due) {
    if (out.empty() || out.back().size() == size) out.emplace_back();
    out.back().push_back({credit->meter, credit->ordered});
  }
  return out;
}

std::vector<ParkedCredit> Credits::to_park(TimeMs now) const {
  std::vector<ParkedCredit> out;
  for (const CreditState& credit : all_)
    if (is_waiting(credit) && !credit.in_flight && !credit.parked && credit.failures >= policy_.failures_max)
      out.push_back({credit.meter, std::string(kRefusedTooOften), credit.ordered, now});
  return out;
}

Amount Credits::ordered() const {
  Amount out;
  for (const CreditState& credit : all_) out = add(out, credit.ordered).value_or(kMaxAmount);
  return out;
}

Amount Credits::credited() const {
  Amount out;
  for (const CreditState& credit : all_) out = add(out, credit.credited).value_or(kMaxAmount);
  return out;
}

std::size_t Credits::waiting() const {
  return static_cast<std::size_t>(std::ranges::count_if(all_, is_waiting));
}

std::size_t Credits::parked() const {
  return static_cast<std::size_t>(std::ranges::count_if(all_, &CreditState::parked));
}

void Credits::write_image(ImageWriter& out) const {
  out.value(failed_in_a_row_);
  out.value<std::uint64_t>(all_.size());
  for (const CreditState& credit : all_) {
    CreditImage image;
    image.meter = credit.meter;
    image.ordered = credit.ordered.units(), image.credited = credit.credited.units();
    image.since = credit.since.ms, image.retry_at = credit.retry_at.ms;
    image.failures = credit.failures;
    image.parked = credit.parked ? 1 : 0, image.given_up = credit.given_up ? 1 : 0;
    out.value(image);
  }
}

void Credits::read_image(ImageReader& in) {
  in.value(failed_in_a_row_);
  const std::uint64_t count = in.count();
  if (count > in.left() / sizeof(CreditImage)) return in.refuse();
  for (std::uint64_t i = 0; i < count; ++i) {
    CreditImage image;
    in.value(image);
    CreditState& credit = of(image.meter);
    credit.ordered = Amount(image.ordered), credit.credited = Amount(image.credited);
    credit.since = TimeMs{image.since}, credit.retry_at = TimeMs{image.retry_at};
    credit.failures = image.failures;
    credit.parked = image.parked != 0, credit.given_up = image.given_up != 0;
  }
}

}  // namespace paytick::settler
