#pragma once
// Meters for many viewers at once, on a development network: several payers work side by side, each an
// account of its own (one transaction of an account is in flight at a time), created by friendbot. May be
// repeated: meters that exist are kept, deposits are made again. Blocking; uses `payers` threads.
//
// A payer has what friendbot gives (10,000 XLM): a meter costs it about 0.4 XLM of rent and fees besides the
// deposit.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "chain/keys.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick::settler {

struct BulkFunding {
  std::string rpc_url, passphrase, friendbot_url;
  ContractId router;
  Amount deposit;            // to each meter
  std::uint32_t payers = 8;  // 1 … 64
  std::string payers_name;   // payers' keys derive from it: another name, other accounts
  // Called now and then, from any of the threads, one at a time: viewers ready so far.
  std::function<void(std::size_t done)> progress;
};

// The viewers' meters, in order. After an error some meters may have been made and funded.
Result<std::vector<MeterId>> fund_viewers(const BulkFunding& options, std::span<const ViewerId> viewers);

}  // namespace paytick::settler
