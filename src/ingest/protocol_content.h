#pragma once
// Content over HTTP: what a platform sends to create it, and how it is shown. Pure.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/views.h"
#include "model/catalog.h"
#include "model/codec.h"
#include "model/error.h"

namespace paytick::ingest {

inline constexpr std::size_t kContentBytesMax = 32 * 1024;  // of a request's body
inline constexpr std::size_t kTitleBytesMax = 200;
inline constexpr std::size_t kCreatorBytesMax = 200;
inline constexpr std::size_t kDescriptionBytesMax = 4'000;
inline constexpr std::size_t kThumbnailBytesMax = 2'000;
inline constexpr std::int64_t kDurationSecondsMax = 10'000'000;

// {"title","creator","description","thumbnailUrl","duration","creatorWallet","kind","joinRequired","minimumBalance",
// "ticketPrice","plan":{"tickMs","pricePerTick","heartbeatMs","minimumTicks","platformBps","refundUnused",
// "initialTicks","initialPrice"}}. Required: title, creatorWallet, plan.pricePerTick; money is an integer of
// the smallest unit. The plan's other fields default to Plan's own, heartbeatMs to a tick. The body is
// destroyed. Id, platform and time are left for the caller. `platform_bps` is the share where the plan names
// none. Codes: those of read_object, "too_large", "missing_field", "bad_field", "invalid_plan".
Result<Content> parse_content_request(codec::MutableLine body, std::uint16_t platform_bps);

// Code "forbidden" unless the plan's share is the configuration's: a creator does not say the platform's.
Result<void> check_creators_share(const Plan& plan, std::uint16_t platform_bps);

// {"id":"…","title":…,"plan":{"planId":…,"pricePerTick":100000,"priceXlmPerTick":"0.0100000",
// "priceXlmPerSecond":"0.0010000",…},"closed":false,"createdAt":ms}. The plan also says the price of a minute
// and of an hour, and what creator and platform get of an hour; none of them counts the initial ticks, which
// stand beside. `views` where they are known.
std::string render_content(const Content& content, std::optional<std::int64_t> views = std::nullopt);

// {"items":[…],"next":"…" or null}
std::string render_content_list(std::span<const std::shared_ptr<const Content>> items,
                                const std::optional<std::string>& next, const Views& views = {});

// pricePerTick × ms / tickMs as a decimal of whole units, rounded down after ten places.
std::string price_of_time(const Plan& plan, std::int64_t ms);

}  // namespace paytick::ingest
