#include "ingest/protocol_content.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <limits>

#include "ingest/errors.h"
#include "ingest/protocol_json.h"
#include "model/ids.h"

namespace paytick::ingest {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void text(Json& json, const char* key, std::string_view value) {
  json.Key(key);
  json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

constexpr std::string_view kKinds[] = {"video", "stream", "call"};  // by ContentKind
constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;

// Ten places: three more than the smallest unit has.
__extension__ using Wide = __int128;
constexpr Wide kRateScale = Wide{kUnitsPerWhole} * 1'000;

Wide scaled_price(const Plan& plan, std::int64_t ms) {
  return Wide{plan.price_per_tick.units()} * ms * 1'000 / plan.tick_ms;
}

std::string rate_text(Wide scaled) {
  std::string fraction = std::to_string(static_cast<std::int64_t>(scaled % kRateScale));
  fraction.insert(0, 10 - fraction.size(), '0');
  while (fraction.size() > static_cast<std::size_t>(kDecimals) && fraction.back() == '0') fraction.pop_back();
  return std::to_string(static_cast<std::int64_t>(scaled / kRateScale)) + "." + fraction;
}

// Collects the members; the first complaint wins.
class Request {
 public:
  explicit Request(std::uint16_t platform_bps) { content_.plan.platform_bps = platform_bps; }
  void member(std::string_view parent, std::string_view key, const JsonScalar& v) {
    if (v.kind == JsonScalar::Kind::null || error_) return;
    if (parent == "plan") return plan_member(key, v);
    if (!parent.empty()) return;
    if (key == "title") return string(key, v, content_.title, kTitleBytesMax);
    if (key == "creator") return string(key, v, content_.creator, kCreatorBytesMax);
    if (key == "description") return string(key, v, content_.description, kDescriptionBytesMax);
    if (key == "thumbnailUrl") return string(key, v, content_.thumbnail_url, kThumbnailBytesMax);
    if (key == "duration") number(key, v, content_.duration_s, 0, kDurationSecondsMax);
    if (key == "kind") return kind(v);
    if (key == "joinRequired") return flag(key, v, content_.join_required);
    if (key == "minimumBalance") return money(key, v, content_.minimum_balance);
    if (key == "ticketPrice") return money(key, v, content_.ticket_price);
    if (key == "creatorWallet") {
      std::string wallet;
      string(key, v, wallet, kStrkeyText);
      const auto id = parse_id<CreatorId>(wallet);
      if (!id) return complain(code::kBadField, "The field creatorWallet is not a Stellar account (G…).");
      content_.creator_wallet = *id;
      has_wallet_ = true;
    }
  }

  Result<Content> finish() {
    if (error_) return tl::unexpected(std::move(*error_));
    if (content_.title.empty()) return fail(code::kMissingField, "The field title is missing.");
    if (!has_wallet_) return fail(code::kMissingField, "The field creatorWallet is missing.");
    if (!has_price_) return fail(code::kMissingField, "The field plan.pricePerTick is missing.");
    if (!has_heartbeat_) content_.plan.heartbeat_ms = content_.plan.tick_ms;
    if (auto valid = validate(content_.plan); !valid) return tl::unexpected(std::move(valid.error()));
    content_.plan.id = derive_plan_id(content_.plan);
    return std::move(content_);
  }

 private:
  void complain(std::string_view code, std::string message) {
    if (!error_) error_ = Error{std::string(code), std::move(message)};
  }
  void string(std::string_view key, const JsonScalar& v, std::string& to, std::size_t bytes_max) {
    if (v.kind != JsonScalar::Kind::text) {
      return complain(code::kBadField, "The field " + std::string(key) + " must be text.");
    }
    if (v.text.size() > bytes_max || v.text.find('\0') != v.text.npos) {
      return complain(code::kBadField, "The field " + std::string(key) + " has at most " +
                                           std::to_string(bytes_max) + " bytes, none of them zero.");
    }
    to = v.text;
  }
  template <typename Int>
  bool number(std::string_view key, const JsonScalar& v, Int& to, std::int64_t min, std::int64_t max) {
    if (v.kind != JsonScalar::Kind::integer || v.integer < min || v.integer > max) {
      complain(code::kBadField, "The field " + std::string(key) + " must be an integer from " +
                                    std::to_string(min) + " to " + std::to_string(max) + ".");
      return false;
    }
    to = static_cast<Int>(v.integer);
    return true;
  }
  void flag(std::string_view key, const JsonScalar& v, bool& to) {
    if (v.kind != JsonScalar::Kind::boolean) {
      return complain(code::kBadField, "The field " + std::string(key) + " must be true or false.");
    }
    to = v.boolean;
  }
  void money(std::string_view key, const JsonScalar& v, Amount& to) {
    std::int64_t units = 0;
    if (number(key, v, units, 0, kMaxAmount.units())) to = Amount(units);
  }
  void kind(const JsonScalar& v) {
    for (std::size_t i = 0; v.kind == JsonScalar::Kind::text && i < std::size(kKinds); ++i) {
      if (v.text != kKinds[i]) continue;
      content_.kind = static_cast<ContentKind>(i);
      return;
    }
    complain(code::kBadField, "The field kind must be video, stream or call.");
  }
  void plan_member(std::string_view key, const JsonScalar& v) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
    Plan& plan = content_.plan;
    if (key == "tickMs") number(key, v, plan.tick_ms, 0, kMax);
    if (key == "heartbeatMs") has_heartbeat_ = number(key, v, plan.heartbeat_ms, 0, kMax);
    if (key == "minimumTicks") number(key, v, plan.minimum_ticks, 0, kMax);
    if (key == "platformBps") number(key, v, plan.platform_bps, 0, 10'000);
    if (key == "pricePerTick") {
      std::int64_t units = 0;
      has_price_ = number(key, v, units, 0, kPricePerTickMax);
      plan.price_per_tick = Amount(units);
    }
    if (key == "refundUnused") flag(key, v, plan.refund_unused);
    if (key == "initialTicks") number(key, v, plan.initial_ticks, 0, kMax);
    if (key == "initialPrice") money(key, v, plan.initial_price);
  }

  Content content_;
  bool has_wallet_ = false, has_price_ = false, has_heartbeat_ = false;
  std::optional<Error> error_;
};

void write_plan(Json& json, const Plan& plan) {
  json.StartObject();
  text(json, "planId", to_text(plan.id));
  json.Key("tickMs");
  json.Int(plan.tick_ms);
  json.Key("pricePerTick");
  json.Int64(plan.price_per_tick.units());
  text(json, "priceXlmPerTick", to_decimal(plan.price_per_tick));
  text(json, "priceXlmPerSecond", price_of_time(plan, kSecond));
  text(json, "priceXlmPerMinute", price_of_time(plan, kMinute));
  text(json, "priceXlmPerHour", price_of_time(plan, kHour));
  // Rounded as the bill is: the platform's share down, and the creator has the rest.
  const Wide hour = scaled_price(plan, kHour);
  const Wide share = hour * plan.platform_bps / 10'000;
  text(json, "creatorXlmPerHour", rate_text(hour - share));
  text(json, "platformXlmPerHour", rate_text(share));
  json.Key("heartbeatMs");
  json.Int(plan.heartbeat_ms);
  json.Key("minimumTicks");
  json.Int(plan.minimum_ticks);
  json.Key("platformBps");
  json.Uint(plan.platform_bps);
  json.Key("refundUnused");
  json.Bool(plan.refund_unused);
  json.Key("initialTicks");
  json.Int(plan.initial_ticks);
  json.Key("initialPrice");
  json.Int64(plan.initial_price.units());
  json.EndObject();
}

void write_content(Json& json, const Content& content, std::optional<std::int64_t> views) {
  json.StartObject();
  text(json, "id", to_text(content.id));
  text(json, "title", content.title);
  text(json, "creator", content.creator);
  text(json, "description", content.description);
  text(json, "thumbnailUrl", content.thumbnail_url);
  json.Key("duration");
  json.Int64(content.duration_s);
  text(json, "creatorWallet", to_text(content.creator_wallet));
  json.Key("plan");
  write_plan(json, content.plan);
  json.Key("closed");
  json.Bool(content.closed);
  json.Key("createdAt");
  json.Int64(content.created_at.ms);
  text(json, "kind", kKinds[static_cast<std::size_t>(content.kind)]);
  json.Key("joinRequired");
  json.Bool(content.join_required);
  text(json, "minimumBalance", to_decimal(content.minimum_balance));
  text(json, "ticketPrice", to_decimal(content.ticket_price));
  if (views) {
    json.Key("views");
    json.Int64(*views);
  }
  json.EndObject();
}

}  // namespace

Result<Content> parse_content_request(codec::MutableLine body, std::uint16_t platform_bps) {
  if (body.size > kContentBytesMax) {
    return fail(code::kTooLarge, "The body may have " + std::to_string(kContentBytesMax) + " bytes at most.");
  }
  Request request(platform_bps);
  auto read = read_object(body, [&request](std::string_view parent, std::string_view key,
                                           const JsonScalar& v) { request.member(parent, key, v); });
  if (!read) return tl::unexpected(std::move(read.error()));
  return request.finish();
}

Result<void> check_creators_share(const Plan& plan, std::uint16_t platform_bps) {
  if (plan.platform_bps == platform_bps) return {};
  return fail(code::kForbidden, "The platform's share is not a creator's to say.");
}

std::string render_content(const Content& content, std::optional<std::int64_t> views) {
  rapidjson::StringBuffer out;
  Json json(out);
  write_content(json, content, views);
  return {out.GetString(), out.GetSize()};
}

std::string render_content_list(std::span<const std::shared_ptr<const Content>> items,
                                const std::optional<std::string>& next, const Views& views) {
  rapidjson::StringBuffer out;
  Json json(out);
  json.StartObject();
  json.Key("items");
  json.StartArray();
  for (const auto& item : items) write_content(json, *item, views.of(item->id));
  json.EndArray();
  json.Key("next");
  if (next) {
    json.String(next->data(), static_cast<rapidjson::SizeType>(next->size()));
  } else {
    json.Null();
  }
  json.EndObject();
  return {out.GetString(), out.GetSize()};
}

std::string price_of_time(const Plan& plan, std::int64_t ms) { return rate_text(scaled_price(plan, ms)); }

}  // namespace paytick::ingest
