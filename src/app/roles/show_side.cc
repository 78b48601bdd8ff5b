#include "app/roles/show_side.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>
#include <vector>

#include "app/roles/stripe_http.h"
#include "ingest/api/calls.h"
#include "ingest/api/tickets.h"
#include "ingest/api/tips.h"
#include "ingest/api/tokens.h"
#include "ingest/api/wallet.h"
#include "ingest/catalog.h"
#include "ingest/errors.h"
#include "ingest/payments/development_provider.h"
#include "ingest/payments/stripe_provider.h"

namespace paytick::app {
namespace {

// They wait for payment providers, the log and the fold; each for seconds at most.
constexpr std::size_t kWorkers = 8;

bool is_set(const std::string& name, const Environment& environment) {
  return !environment("PAYTICK_" + name).empty() || !environment("PAYTICK_" + name + "_FILE").empty();
}

// A scheduler's own name for it is understood as well.
Result<std::string> billing_secret(const Environment& environment) {
  if (is_set("BILLING_WEBHOOK_SECRET", environment))
    return load_secret("BILLING_WEBHOOK_SECRET", environment);
  return environment("BILLING_WEBHOOK_SECRET");
}

// Two while one is being rolled.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string part(text.substr(0, comma));
    if (!part.empty()) parts.push_back(std::move(part));
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

Result<std::unique_ptr<ingest::payments::PaymentProvider>> open_stripe(const Config::Payments& payments,
                                                                       const Environment& environment) {
  const auto secret = load_secret("STRIPE_SECRET", environment);
  if (!secret) return tl::unexpected(secret.error());
  const auto webhook = load_secret("STRIPE_WEBHOOK_SECRET", environment);
  if (!webhook) return tl::unexpected(webhook.error());
  if (payments.success_url.empty() || payments.cancel_url.empty())
    return fail("config_missing",
                "payments.success_url and payments.cancel_url say where a buyer comes back to", Next::fatal);
  return std::make_unique<ingest::payments::StripeProvider>(
      std::make_unique<StripeHttp>(payments.api_url, *secret),
      ingest::payments::StripeSettings{payments.currency, payments.success_url, payments.cancel_url,
                                       split(*webhook)});
}

}  // namespace

ShowSide::ShowSide(const RoleContext& context, const Identity& identity, ingest::Gateway& gateway)
    : context_(context),
      gateway_(gateway),
      calls_(identity.resume_key),
      access_(gateway.catalog(), calls_, gateway.commands()),
      rooms_({access_,
              [&gateway](std::uint8_t lane, std::vector<ingest::ConnId> to,
                         std::shared_ptr<const std::string> text) {
                gateway.tell(lane, std::move(to), std::move(text));
              },
              // A gateway of one process is alone with its log.
              context.alone ? [this](std::string record) { publish(std::move(record)); }
                            : std::function<void(std::string)>()}),
      workers_(std::make_unique<ingest::server::WorkerPool>(kWorkers)) {}

ShowSide::~ShowSide() {
  meter_.reset();
  workers_.reset();
}

Result<std::unique_ptr<ShowSide>> ShowSide::create(const RoleContext& context, const Identity& identity,
                                                   ingest::Gateway& gateway,
                                                   const ingest::TicketBook& tickets) {
  std::unique_ptr<ShowSide> side(new ShowSide(context, identity, gateway));
  const Config& config = context.settings.config;
  if (config.calls.block_ms != Config::Calls{}.block_ms && !context.settings.development)
    return fail("config_bad_value", "calls.block_ms: only development mode runs faster than the clock",
                Next::fatal);
  if (auto opened = side->open_payments(); !opened) return tl::unexpected(opened.error());
  auto secret = billing_secret(process_environment());
  if (!secret) return tl::unexpected(secret.error());
  side->billing_secret_ = std::move(*secret);
  side->add_routes(tickets);
  gateway.keep_rooms([raw = side.get()](std::uint8_t lane) { return &raw->rooms_.of_lane(lane); });
  return side;
}

Result<void> ShowSide::open_payments() {
  const Config::Payments& payments = context_.settings.config.payments;
  if (payments.provider == "stripe") {
    auto stripe = open_stripe(payments, process_environment());
    if (!stripe) return tl::unexpected(stripe.error());
    provider_ = std::move(*stripe);
  } else if (context_.settings.development) {
    provider_ = std::make_unique<ingest::payments::DevelopmentProvider>();
  }
  return {};
}

void ShowSide::add_routes(const ingest::TicketBook& tickets) {
  const Config& config = context_.settings.config;
  ingest::HttpRoutes& routes = gateway_.routes();
  const ingest::ShowParts parts{
      gateway_.commands(),
      gateway_.catalog(),
      gateway_.meters(),
      calls_,
      access_,
      context_.clock,
      {config.money.token_units, static_cast<std::uint16_t>(config.money.platform_bps),
       static_cast<std::int32_t>(config.calls.block_ms)}};
  ingest::add_ticket_routes(routes, parts, context_.random,
                            [this](Content content, std::function<void(Result<void>)> done) {
                              add_content(std::move(content), std::move(done));
                            });
  ingest::add_tip_routes(routes, parts, rooms_);
  ingest::add_call_routes(routes, parts, billing_secret_);
  ingest::add_wallet_routes(routes, parts);
  ingest::add_token_routes(routes, parts,
                           {provider_.get(), config.payments.price_per_100, runner(),
                            [](const std::string& words) { spdlog::warn("payments: {}", words); }});
  ingest::add_refund_routes(routes, parts, tickets, runner());
}

ingest::RunJob ShowSide::runner() {
  return [this](std::function<void()> job) { return workers_->submit(std::move(job)); };
}

void ShowSide::start() {
  meter_ = std::make_unique<CallMeter>(gateway_.commands(), context_.clock,
                                       std::chrono::seconds(context_.settings.config.calls.meter_interval_s));
}

// To every gateway; our own has told it already. May be lost.
void ShowSide::publish(std::string record) {
  workers_->submit([this, record = std::move(record)] {
    std::vector<log::NewRecord> records;
    for (std::uint32_t p = 0; p < context_.log.partitions(); ++p)
      records.push_back({{log::Topic::replies, PartitionId{p}}, context_.clock.now(), {}, record});
    if (auto written = context_.log.append(records); !written)
      spdlog::debug("rooms: news did not reach other gateways: {}", written.error().message);
  });
}

void ShowSide::add_content(Content content, std::function<void(Result<void>)> done) {
  const auto shared = std::make_shared<std::function<void(Result<void>)>>(std::move(done));
  const bool taken = workers_->submit([this, content = std::move(content), shared] {
    const std::vector<log::NewRecord> records{ingest::catalog_record(content, context_.clock.now())};
    if (auto written = context_.log.append(records); !written)
      return (*shared)(tl::unexpected(ingest::append_error(written.error())));
    gateway_.catalog().apply(content);
    (*shared)({});
  });
  if (!taken)
    (*shared)(
        fail(ingest::code::kTryAgain, "The gateway is busy; send the same again in a moment.", Next::retry));
}

}  // namespace paytick::app
