#include "app/load/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/atomic_file.h"
#include "app/progress.h"
#include "app/system_ports.h"
#include "model/hash.h"
#include "settler/bulk_funding.h"

namespace paytick::app::load {
namespace {

// After so many meters what was made is remembered, so that a run that is cut off does not start over.
constexpr std::size_t kPartSize = 5'000;
// Of the 10,000 XLM that friendbot gives a payer; the rest is fees and rent, some 0.4 XLM a meter.
constexpr std::int64_t kPayerSpends = 9'000 * kUnitsPerWhole;
constexpr std::int64_t kMeterCosts = kUnitsPerWhole / 2;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::filesystem::path meters_file(const Options& options) {
  if (!options.meters.empty()) return options.meters;
  return std::filesystem::path(options.data) / "load.meters";
}

std::vector<ViewerId> accounts(std::size_t from, std::size_t to) {
  std::vector<ViewerId> viewers;
  viewers.reserve(to - from);
  for (std::size_t i = from; i < to; ++i) viewers.push_back(load_viewer(static_cast<std::uint32_t>(i)));
  return viewers;
}

std::uint32_t payers_for(std::size_t meters, const Options& options, const Plan& plan) {
  const auto all = static_cast<std::int64_t>(meters) * (plan.deposit.units() + kMeterCosts);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(all / kPayerSpends + 1, options.payers, 64));
}

Result<void> fund(std::vector<MeterId>& meters, const Options& options, const Plan& plan,
                  const dev::DevFile& system) {
  const std::size_t first = meters.size();
  const std::size_t missing = options.viewers - first;
  if (plan.deposit.units() >
      (64 * kPayerSpends) / static_cast<std::int64_t>(std::min(missing, kPartSize)) - kMeterCosts)
    return fail("bad_deposit",
                "the payers cannot raise " + options.deposit + " XLM for each: lower --deposit");
  const auto begin = std::chrono::steady_clock::now();
  ProgressLine line;
  SystemRandom random;
  while (meters.size() < options.viewers) {
    const std::size_t from = meters.size();
    const std::size_t to = std::min<std::size_t>(options.viewers, from + kPartSize);
    settler::BulkFunding order{.rpc_url = system.rpc_url,
                               .passphrase = system.network_passphrase,
                               .friendbot_url = system.friendbot_url,
                               .router = system.router,
                               .deposit = plan.deposit,
                               .payers = payers_for(to - from, options, plan),
                               .payers_name = "load " + to_text(random.id<OwnerId>()),
                               .progress = [&](std::size_t done) {
                                 line.show("funding " + progress_bar(from - first + done, missing, begin));
                               }};
    const auto viewers = accounts(from, to);
    auto made = settler::fund_viewers(order, viewers);
    if (!made) return tl::unexpected(made.error());
    meters.insert(meters.end(), made->begin(), made->end());
    if (auto done = write_private_file(meters_file(options), write_meters(meters, system.router)); !done)
      return done;
  }
  const auto spent = std::chrono::steady_clock::now() - begin;
  line.show(
      fmt::format("funded {} meters with {} XLM each in {} s", with_commas(missing), to_decimal(plan.deposit),
                  std::chrono::duration_cast<std::chrono::seconds>(spent).count()),
      true);
  return {};
}

}  // namespace

ViewerId load_viewer(std::uint32_t i) {
  ViewerId account;
  blake2b("paytick load viewer " + std::to_string(i), account.bytes);
  return account;
}

std::vector<MeterId> read_meters(const std::string& text, const ContractId& router) {
  std::istringstream in(text);
  std::string line;
  std::vector<MeterId> meters;
  if (!std::getline(in, line) || line != to_text(router)) return meters;
  while (std::getline(in, line)) {
    const auto meter = parse_id<MeterId>(line);
    if (!meter) break;
    meters.push_back(*meter);
  }
  return meters;
}

std::string write_meters(const std::vector<MeterId>& meters, const ContractId& router) {
  std::string text = to_text(router) + "\n";
  for (const MeterId& meter : meters) text.append(to_text(meter)).append("\n");
  return text;
}

Result<std::vector<Viewer>> gather_fleet(const Options& options, const Plan& plan,
                                         const dev::DevFile& system) {
  std::stringstream text;
  text << std::ifstream(meters_file(options)).rdbuf();
  // Meters that were named count for whatever router their file says.
  const auto router =
      options.meters.empty() ? std::optional(system.router) : parse_id<ContractId>(first_line(text.str()));
  auto meters = router ? read_meters(text.str(), *router) : std::vector<MeterId>();
  if (meters.size() < options.viewers) {
    if (!options.fund)
      return fail("fund_needed",
                  fmt::format("{} of {} meters exist: add --fund to deploy and top up the others",
                              meters.size(), options.viewers));
    if (auto done = fund(meters, options, plan, system); !done) return tl::unexpected(done.error());
  }
  std::vector<Viewer> fleet;
  fleet.reserve(options.viewers);
  for (std::uint32_t i = 0; i < options.viewers; ++i) fleet.push_back({load_viewer(i), meters[i]});
  return fleet;
}

}  // namespace paytick::app::load
