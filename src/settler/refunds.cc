#include "settler/refunds.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "model/image.h"
#include "settler/accrual.h"

namespace paytick::settler {

namespace {

struct RefundImage {
  MeterId meter;
  std::uint64_t version = 0;
  std::int64_t asked_at = 0, released_at = 0, retry_at = 0;
  std::uint32_t failures = 0;
  std::array<std::uint8_t, 4> reserved{};
};
static_assert(sizeof(RefundImage) == 72);

bool wants(const RefundState& refund) { return refund.asked_at > refund.released_at; }

}  // namespace

RefundState& Refunds::of(const MeterId& meter) {
  const auto [at, is_new] = index_.try_emplace(meter, all_.size());
  if (is_new) all_.emplace_back().meter = meter;
  return all_[at->second];
}

// Totals come in the order in which the fold learnt of them; the newest tells.
void Refunds::apply(const MeterLine& line) {
  if (line.refund_at == TimeMs{} && !index_.contains(line.meter)) return;
  RefundState& refund = of(line.meter);
  if (line.version <= refund.version) return;
  refund.version = line.version;
  if (refund.asked_at == line.refund_at) return;
  refund.asked_at = line.refund_at;
  refund.is_aged = false;
  refund.retry_at = TimeMs{};
  refund.failures = 0;
}

bool Refunds::apply(const Settlement& line) {
  if (const auto* prepared = std::get_if<Prepared>(&line)) {
    if (prepared->refunds.empty()) return false;
    const RefundItem& item = prepared->refunds.front();
    of(item.meter).in_flight = true;
    in_flight_.insert_or_assign(prepared->hash, item);
    return true;
  }
  const auto hash_of = [](const auto& l) -> const TxHash* {
    if constexpr (requires { l.hash; })
      return &l.hash;
    else
      return nullptr;
  };
  const TxHash* const hash = std::visit(hash_of, line);
  const auto found = hash == nullptr ? in_flight_.end() : in_flight_.find(*hash);
  if (found == in_flight_.end()) return false;
  const RefundItem item = found->second;
  if (std::holds_alternative<Submitted>(line)) return true;
  land(*hash);
  if (std::holds_alternative<Confirmed>(line)) {
    RefundState& refund = of(item.meter);
    refund.released_at = std::max(refund.released_at, item.asked_at);
    refund.failures = 0;
  } else if (const auto* failed = std::get_if<Failed>(&line)) {
    refused(item.meter, failed->at);
  }
  return true;
}

void Refunds::land(const TxHash& hash) {
  const auto found = in_flight_.find(hash);
  of(found->second.meter).in_flight = false;
  in_flight_.erase(found);
}

void Refunds::refused(const MeterId& meter, TimeMs now) {
  RefundState& refund = of(meter);
  refund.retry_at = now + std::min(policy_.retry_ms << std::min(refund.failures, 20U), policy_.retry_ms_max);
  ++refund.failures;
}

bool Refunds::is_wanted(const MeterId& meter) const {
  const auto found = index_.find(meter);
  return found != index_.end() && wants(all_[found->second]);
}

std::optional<RefundItem> Refunds::plan(std::span<const SumState> sums, TimeMs now) const {
  std::unordered_set<MeterId> free;
  for (const RefundState& r : all_)
    if (wants(r) && !r.is_aged && !r.in_flight && r.retry_at <= now) free.insert(r.meter);
  if (free.empty()) return std::nullopt;
  for (const SumState& sum : sums)
    if (sum.known && (std::max(sum.charged, sum.due) > sum.settled || sum.in_flight)) free.erase(sum.meter);
  const auto next = std::ranges::find_if(all_, [&](const RefundState& r) { return free.contains(r.meter); });
  if (next == all_.end()) return std::nullopt;
  return RefundItem{next->meter, next->asked_at};
}

std::size_t Refunds::waiting() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all_, [](const RefundState& r) { return wants(r) && !r.is_aged; }));
}

std::optional<TimeMs> Refunds::oldest() const {
  std::optional<TimeMs> out;
  for (const RefundState& r : all_)
    if (wants(r) && !r.is_aged) out = std::min(out.value_or(r.asked_at), r.asked_at);
  return out;
}

void Refunds::write_image(ImageWriter& out) const {
  out.value<std::uint64_t>(all_.size());
  for (const RefundState& refund : all_)
    out.value(RefundImage{refund.meter,
                          refund.version,
                          refund.asked_at.ms,
                          refund.released_at.ms,
                          refund.retry_at.ms,
                          refund.failures,
                          {}});
}

void Refunds::read_image(ImageReader& in) {
  const std::uint64_t count = in.count();
  if (count > in.left() / sizeof(RefundImage)) return in.refuse();
  for (std::uint64_t i = 0; i < count; ++i) {
    RefundImage image;
    in.value(image);
    RefundState& refund = of(image.meter);
    refund.version = image.version, refund.failures = image.failures;
    refund.asked_at = TimeMs{image.asked_at}, refund.released_at = TimeMs{image.released_at};
    refund.retry_at = TimeMs{image.retry_at};
  }
}

}  // namespace paytick::settler
