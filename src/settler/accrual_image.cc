// The accrual as part of a snapshot (settler_snapshot.h).

#include <array>

#include "model/image.h"
#include "settler/accrual.h"

namespace paytick::settler {

namespace {

struct SumImage {
  ViewerId viewer;
  MeterId meter;
  CreatorId creator;
  std::int64_t charged = 0, due = 0, settled = 0, payout = 0, unsettled_since = 0, retry_at = 0;
  std::uint32_t failures = 0;
  std::uint16_t bps = 0;
  std::uint8_t known = 0, closed = 0, parked = 0, given_up = 0;
  std::array<std::uint8_t, 6> reserved{};
};
static_assert(sizeof(SumImage) == 160);

struct OpenImage {
  SessionId session;
  SumId sum{};
};
static_assert(sizeof(OpenImage) == 20);

SumImage image_of(const SumState& sum) {
  SumImage out;
  out.viewer = sum.viewer, out.meter = sum.meter, out.creator = sum.creator, out.bps = sum.bps;
  out.charged = sum.charged.units(), out.due = sum.due.units(), out.settled = sum.settled.units(),
  out.payout = sum.payout.units();
  out.unsettled_since = sum.unsettled_since.ms, out.retry_at = sum.retry_at.ms;
  out.failures = sum.failures;
  out.known = sum.known ? 1 : 0, out.closed = sum.closed ? 1 : 0, out.parked = sum.parked ? 1 : 0;
  out.given_up = sum.given_up ? 1 : 0;
  return out;
}

SumState sum_of(const SumImage& image) {
  SumState out;
  out.viewer = image.viewer, out.meter = image.meter, out.creator = image.creator, out.bps = image.bps;
  out.charged = Amount(image.charged), out.due = Amount(image.due), out.settled = Amount(image.settled),
  out.payout = Amount(image.payout);
  out.unsettled_since = TimeMs{image.unsettled_since}, out.retry_at = TimeMs{image.retry_at};
  out.failures = image.failures;
  out.known = image.known != 0, out.closed = image.closed != 0, out.parked = image.parked != 0;
  out.given_up = image.given_up != 0;
  return out;
}

}  // namespace

void Accrual::write_image(ImageWriter& out) const {
  out.value(fee_per_item_.units());
  out.value(failed_in_a_row_);
  out.value<std::uint64_t>(sums_.size());
  for (const SumState& sum : sums_) out.value(image_of(sum));
  out.value<std::uint64_t>(open_.size());
  for (const auto& [session, sum] : open_) out.value(OpenImage{session, sum});
  credits_.write_image(out);
  refunds_.write_image(out);
}

void Accrual::read_image(ImageReader& in) {
  std::int64_t fee = 0;
  in.value(fee);
  fee_per_item_ = std::min(fee_per_item_, Amount(fee));
  in.value(failed_in_a_row_);
  const std::uint64_t sums = in.count();
  if (sums > in.left() / sizeof(SumImage)) return in.refuse();
  sums_.reserve(sums);
  for (std::uint64_t i = 0; i < sums; ++i) {
    SumImage image;
    in.value(image);
    const SumState& sum = sums_.emplace_back(sum_of(image));
    due_ += sum.due.units();
    settled_ += sum.settled.units();
    parked_ += sum.parked ? 1 : 0;
  }
  const std::uint64_t open = in.count();
  if (open > in.left() / sizeof(OpenImage)) return in.refuse();
  open_.reserve(open);
  for (std::uint64_t i = 0; i < open; ++i) {
    OpenImage image;
    in.value(image);
    if (static_cast<std::size_t>(image.sum) >= sums_.size()) return in.refuse();
    open_.insert_or_assign(image.session, image.sum);
  }
  credits_.read_image(in);
  refunds_.read_image(in);
}

}  // namespace paytick::settler
