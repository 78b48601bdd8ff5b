#pragma once
// Which sums are settled now. Pure and deterministic: equal arguments, equal batches.

#include <optional>
#include <vector>

#include "model/settlements.h"
#include "model/time.h"
#include "settler/accrual.h"
#include "settler/policy.h"

namespace paytick::settler {

using Batch = std::vector<SettlementItem>;

// Batches of at most policy.batch_items_max items (halved for every transaction that failed in a row), most
// urgent first. A batch of which the network's fee would take more than its share is left out, unless one of
// its items is older than max_age_ms. What its creator has asked for is planned
// whatever the threshold, its age and the fee's share, as long as it is more than the fee of its item: less
// would not reach anybody. So is, however little it is, what a meter owes whose viewer asks for the rest: as
// soon as all that was charged is due. Sums in flight, given up, or waiting for another try are left out.
std::vector<Batch> plan(const Accrual& accrual, TimeMs now, const Policy& policy);

// Sums to be parked: refused too often in a row, with nothing in flight.
std::vector<Parked> to_park(const Accrual& accrual, TimeMs now, const Policy& policy);

}  // namespace paytick::settler
