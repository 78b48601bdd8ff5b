#include "app/load/mix/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/dev/content.h"
#include "app/load/wire.h"
#include "app/system_ports.h"
#include "chain/http_client.h"

namespace paytick::app::load {
namespace {

constexpr std::uint32_t kFilmsMin = 4, kShows = 8;
constexpr std::uint32_t kViewersOfFilm = 50;  // who are told of each other's tips
constexpr std::uint32_t kPrices = 4;          // films take turns; the dearest are streams that one joins
constexpr int kTicketTokens = 5;

Result<std::string> create_stream(const Job& job, const std::string& body) {
  auto client =
      chain::HttpClient::create(job.listen.front() + "/api/streams/create", {.bearer = job.api_key});
  if (!client) return tl::unexpected(client.error());
  const auto answer = client->post(body);
  if (!answer) return tl::unexpected(answer.error());
  const auto id = answer->status == 201 ? text_member(answer->body, "id") : std::nullopt;
  if (!id) return fail("content", "creating a stream failed: " + answer->body);
  return std::string(*id);
}

Result<std::string> create_film(const Job& job, const std::string& creator, std::uint32_t price) {
  return dev::create_content({.listen = job.listen.front(),
                              .platform_api_key = job.api_key,
                              .title = "Load test",
                              .creator = creator,
                              .tick_ms = kMixTickMs,
                              .price = Amount(job.plan.price.units() * (price + 1)),
                              .minimum_ticks = 1,
                              .ticks_per_heartbeat = kMixHeartbeatMs / kMixTickMs,
                              .platform_bps = static_cast<int>(price) * 500});
}

Result<std::string> create_joined(const Job& job, const std::string& creator, std::uint32_t price) {
  return create_stream(
      job, fmt::format(R"({{"type":"public","title":"Load test","creatorWallet":"{}","minimumBalance":"0.1",)"
                       R"("plan":{{"tickMs":{},"heartbeatMs":{},"minimumTicks":1,"pricePerTick":{}}}}})",
                       creator, kMixTickMs, kMixHeartbeatMs, job.plan.price.units() * (price + 1)));
}

Result<std::string> create_show(const Job& job, const std::string& creator) {
  return create_stream(
      job, fmt::format(R"({{"type":"private","title":"Load test","ticketPrice":{},"creatorWallet":"{}"}})",
                       kTicketTokens, creator));
}

}  // namespace

Result<Stage> make_stage(const Job& job, const std::string& creator) {
  Stage stage;
  stage.creator = creator;
  stage.run = "mix";
  SystemRandom random;
  for (const std::uint8_t byte : random.id<OwnerId>().bytes) stage.run += static_cast<char>('a' + byte % 26);
  const std::uint32_t films = std::max(kFilmsMin, job.options.viewers / kViewersOfFilm);
  for (std::uint32_t i = 0; i < films; ++i) {
    const std::uint32_t price = i % kPrices;
    const bool join = price == kPrices - 1;
    auto id = join ? create_joined(job, creator, price) : create_film(job, creator, price);
    if (!id) return tl::unexpected(id.error());
    stage.films.push_back({std::move(*id), join});
  }
  for (std::uint32_t i = 0; i < kShows; ++i) {
    auto id = create_show(job, creator);
    if (!id) return tl::unexpected(id.error());
    stage.shows.push_back(std::move(*id));
  }
  return stage;
}

}  // namespace paytick::app::load
