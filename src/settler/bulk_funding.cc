#include "settler/bulk_funding.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "settler/dev_chain.h"

namespace paytick::settler {

namespace {

constexpr std::size_t kSlice =
    20;  // viewers a payer takes at a time: one transaction to deploy, one to deposit
constexpr std::uint32_t kPayersMax = 64;
constexpr int kTries = 5;

class Pool {
 public:
  Pool(const BulkFunding& options, std::span<const ViewerId> viewers)
      : options_(options), viewers_(viewers), meters_(viewers.size()) {}

  void work(std::uint32_t payer) {
    const std::string name = "paytick payer " + options_.payers_name + "/" + std::to_string(payer);
    auto chain = DevChain::connect(options_.rpc_url, options_.passphrase,
                                   chain::SecretKey::from_seed(chain::sha256(name).bytes));
    if (!chain) return stop(chain.error());
    const std::vector<AccountId> self{(*chain)->submitter().account()};
    if (auto funded = (*chain)->fund(options_.friendbot_url, self); !funded) return stop(funded.error());
    for (;;) {
      const std::size_t first = next_.fetch_add(kSlice);
      if (first >= viewers_.size() || stopped_) return;
      if (auto done = with_retries([&] { return slice(**chain, first); }); !done) return stop(done.error());
      report(std::min(kSlice, viewers_.size() - first));
    }
  }

  Result<std::vector<MeterId>> take() {
    if (error_) return tl::unexpected(*error_);
    return std::move(meters_);
  }

 private:
  // What may be tried again: the network was busy or full. A deposit whose fate is unknown is not repeated.
  template <typename F>
  Result<void> with_retries(F&& f) {
    Result<void> done;
    for (int i = 0; i < kTries; ++i) {
      done = f();
      if (done || done.error().next != Next::retry) break;
    }
    return done;
  }

  Result<void> slice(DevChain& chain, std::size_t first) {
    const auto some = viewers_.subspan(first, std::min(kSlice, viewers_.size() - first));
    auto meters = chain.deploy_meters(options_.router, some);
    if (!meters) return tl::unexpected(meters.error());
    std::copy(meters->begin(), meters->end(), meters_.begin() + static_cast<std::ptrdiff_t>(first));
    if (options_.deposit <= Amount(0)) return {};
    std::vector<std::pair<MeterId, Amount>> deposits;
    for (const MeterId& meter : *meters) deposits.emplace_back(meter, options_.deposit);
    return chain.deposit_many(options_.router, deposits);
  }

  void stop(const Error& error) {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!error_) error_ = error;
  }

  void report(std::size_t more) {
    const std::lock_guard lock(mutex_);
    done_ += more;
    if (options_.progress) options_.progress(done_);
  }

  const BulkFunding& options_;
  std::span<const ViewerId> viewers_;
  std::vector<MeterId> meters_;  // each slice is written by one thread
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::size_t done_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::vector<MeterId>> fund_viewers(const BulkFunding& options, std::span<const ViewerId> viewers) {
  Pool pool(options, viewers);
  const std::size_t slices = (viewers.size() + kSlice - 1) / kSlice;
  const auto payers = static_cast<std::uint32_t>(
      std::min<std::size_t>({std::max<std::uint32_t>(1, options.payers), kPayersMax, slices}));
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < payers; ++i) threads.emplace_back([&pool, i] { pool.work(i); });
  for (std::thread& thread : threads) thread.join();
  return pool.take();
}

}  // namespace paytick::settler
