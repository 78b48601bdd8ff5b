#include "app/load/mix/viewers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "app/load/wire.h"

namespace paytick::app::load {
namespace {

namespace http = boost::beast::http;

// Whole units; the lowest is passed soon, the highest never.
constexpr std::array<std::string_view, 4> kLimits{"0.5", "2", "10", "1000"};
constexpr std::array<std::string_view, 2> kNoMoney{"balance", "limit"};
constexpr std::int64_t kTipTokensMax = 3;
constexpr std::int64_t kTopUpTokens = 10;
constexpr int kCallTokensPerMinute = 2;

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

bool spends(DeedKind kind) {
  return kind == DeedKind::tip || kind == DeedKind::ticket || kind == DeedKind::call;
}

std::optional<Amount> amount_member(std::string_view json, std::string_view name) {
  const auto text = raw_member(json, name);
  return text ? from_decimal(*text) : std::nullopt;
}

// What two answers to one request must have in common: not the balance, and not how far a call has come.
std::span<const std::string_view> lasting_members(DeedKind kind) {
  static constexpr std::array<std::string_view, 2> kJoin{"joined", "streamId"};
  static constexpr std::array<std::string_view, 3> kTip{"toCreatorId", "amountTokens", "amount"};
  static constexpr std::array<std::string_view, 4> kTicket{"hasAccess", "streamId", "amount", "amountTokens"};
  static constexpr std::array<std::string_view, 6> kCall{"callId",  "session",       "creatorId",
                                                         "blockMs", "pricePerBlock", "rateTokensPerMin"};
  static constexpr std::array<std::string_view, 3> kHangUp{"callId", "state", "charged"};
  static constexpr std::array<std::string_view, 4> kTopUp{"paymentId", "status", "amountTokens", "amount"};
  static constexpr std::array<std::string_view, 2> kLimit{"limit", "period"};
  switch (kind) {
    case DeedKind::join:
      return kJoin;
    case DeedKind::tip:
      return kTip;
    case DeedKind::ticket:
      return kTicket;
    case DeedKind::call:
      return kCall;
    case DeedKind::hang_up:
      return kHangUp;
    case DeedKind::top_up:
      return kTopUp;
    case DeedKind::limit:
      return kLimit;
    case DeedKind::pause:
    case DeedKind::resume:
    case DeedKind::look:
      break;
  }
  return {};
}

std::string lasting(DeedKind kind, std::string_view body) {
  std::string text;
  for (const std::string_view name : lasting_members(kind))
    text.append(name).append("=").append(raw_member(body, name).value_or("missing")).append(" ");
  return text;
}

}  // namespace

std::optional<std::string_view> raw_member(std::string_view json, std::string_view name) {
  const std::string quoted = "\"" + std::string(name) + "\":";
  const auto found = json.find(quoted);
  if (found == json.npos) return std::nullopt;
  const std::string_view rest = json.substr(found + quoted.size());
  if (rest.starts_with('"')) return text_member(json, name);
  return rest.substr(0, rest.find_first_of(",}]"));
}

MixViewers::MixViewers(const Stage& stage, const std::vector<Viewer>& fleet)
    : stage_(stage), states_(fleet.size()) {
  meters_.reserve(fleet.size());
  for (const Viewer& viewer : fleet) meters_.push_back(to_text(viewer.meter));
}

const Film& MixViewers::film_of(std::uint32_t viewer) const {
  return stage_.films[viewer % stage_.films.size()];
}

bool MixViewers::may_watch(std::uint32_t viewer) const {
  return !film_of(viewer).join || states_[viewer].joined;
}

bool MixViewers::expects(std::uint32_t viewer, std::string_view code, bool was_paused) const {
  if (code == "paused") return was_paused || is_paused(viewer);
  if (code == "not_joined") return !may_watch(viewer);
  return is_one_of(code, kNoMoney);
}

const std::string& MixViewers::show_of(const Deed& deed) const {
  return stage_.shows[deed.value % stage_.shows.size()];
}

std::string MixViewers::target(std::string_view path, std::uint32_t viewer) const {
  return fmt::format("{}?meter={}", path, meters_[viewer]);
}

// The lowest bits choose the show.
std::string MixViewers::look(const Deed& deed) const {
  switch (deed.value >> 32U & 3U) {
    case 0:
      return "/api/wallet/me";
    case 1:
      return "/api/account/history";
    case 2:
      return "/api/streams/" + show_of(deed) + "/access";
    default:
      return "/api/payment/balance";
  }
}

HttpLink::Order MixViewers::spent_order(std::uint32_t viewer) const {
  return {http::verb::get, target("/api/payment/spent", viewer), {}, {}};
}

HttpLink::Order MixViewers::history_order(std::uint32_t viewer, std::string_view cursor) const {
  std::string path = target("/api/account/history", viewer) + "&limit=500";
  if (!cursor.empty()) path.append("&cursor=").append(cursor);
  return {http::verb::get, std::move(path), {}, {}};
}

std::optional<HttpLink::Order> MixViewers::order(const Deed& deed) {
  State& state = states_[deed.viewer];
  HttpLink::Order order{http::verb::post, {}, "{}", {}};
  const auto to = [&](std::string_view path) { order.target = target(path, deed.viewer); };
  switch (deed.kind) {
    case DeedKind::join:
      to("/api/streams/" + film_of(deed.viewer).id + "/join");
      break;
    case DeedKind::tip:
      to("/api/tips/send");
      order.body = fmt::format(
          R"({{"toCreatorId":"{}","amountTokens":{},"message":"tip {}","context":{{"channel":"{}"}}}})",
          stage_.creator, static_cast<std::int64_t>(deed.value % kTipTokensMax) + 1, deed.number,
          film_of(deed.viewer).id);
      break;
    case DeedKind::ticket:
      state.maybe_tickets.insert(show_of(deed));
      to("/api/streams/" + show_of(deed) + "/tickets/checkout");
      break;
    case DeedKind::call:
      to("/api/calls/init");
      order.body = fmt::format(R"({{"creatorId":"{}","rate_tokens_per_min":{}}})", stage_.creator,
                               kCallTokensPerMinute);
      break;
    case DeedKind::hang_up:
      if (state.call.empty()) return std::nullopt;
      to("/api/calls/" + state.call + "/end");
      break;
    case DeedKind::top_up:
      to("/api/tokens/purchase");
      order.body = fmt::format(R"({{"amountTokens":{}}})", kTopUpTokens);
      break;
    case DeedKind::limit: {
      const std::string_view limit = kLimits[deed.value % kLimits.size()];
      state.limit_max = std::max(state.limit_max, *from_decimal(limit));
      to("/api/payment/limit");
      order.body = fmt::format(R"({{"limit":"{}"}})", limit);
      break;
    }
    case DeedKind::pause:
      state.paused = true;
      to("/api/payment/pause");
      break;
    case DeedKind::resume:
      to("/api/payment/resume");
      break;
    case DeedKind::look:
      return HttpLink::Order{http::verb::get, target(look(deed), deed.viewer), {}, {}};
  }
  if (deed.kind == DeedKind::tip || deed.kind == DeedKind::call || deed.kind == DeedKind::top_up)
    order.key = fmt::format("{}-{}-{}", stage_.run, deed.viewer, deed.number);
  return order;
}

Verdict MixViewers::refusal(const Deed& deed, bool second, bool was_paused, unsigned status,
                            std::string_view body) const {
  std::string code(text_member(body, "code").value_or("no_code"));
  if (status == 503 && code == "try_again") return {Verdict::Kind::again, std::move(code), {}};
  const bool money = spends(deed.kind) || (deed.kind == DeedKind::join && code == "balance");
  // A stranger to the room of a stream that one joins cannot tip into it.
  const bool stranger = deed.kind == DeedKind::tip && code == "forbidden" && !may_watch(deed.viewer);
  const bool as_told = (code == "paused" ? 423U : code == "forbidden" ? 403U : 402U) == status;
  const bool expected =
      as_told && ((money && code != "not_joined" && expects(deed.viewer, code, was_paused)) || stranger);
  // What was done once, is answered so again.
  if (expected && !second) return {Verdict::Kind::refused, std::move(code), {}};
  return {Verdict::Kind::wrong, std::move(code),
          fmt::format("viewer {}: {}{} was answered {}: {}", deed.viewer, to_text(deed.kind),
                      second ? ", repeated," : "", status, body)};
}

Verdict MixViewers::judge(const Deed& deed, bool second, bool was_paused, unsigned status,
                          std::string_view body) {
  if (status != (deed.kind == DeedKind::call ? 201U : 200U))
    return refusal(deed, second, was_paused, status, body);
  State& state = states_[deed.viewer];
  std::string wrong = take(state, deed, body);
  if (wrong.empty() && deed.repeat != Repeat::never) {
    std::string answer = lasting(deed.kind, body);
    const auto [first, fresh] = state.first.try_emplace(deed.number, std::move(answer));
    if (!fresh && first->second != lasting(deed.kind, body)) wrong = "other than at first: " + first->second;
    if (!fresh) state.first.erase(first);
  }
  if (wrong.empty()) return {};
  return {Verdict::Kind::wrong, "bad_answer",
          fmt::format("viewer {}: {} was answered {}: {}", deed.viewer, to_text(deed.kind), wrong, body)};
}

std::string MixViewers::take(State& state, const Deed& deed, std::string_view body) {
  switch (deed.kind) {
    case DeedKind::tip:
    case DeedKind::ticket:
    case DeedKind::top_up:
      return take_paid(state, deed, body);
    case DeedKind::join:
      state.joined = raw_member(body, "joined") == "true";
      return state.joined ? "" : "without being joined";
    case DeedKind::call: {
      state.call = text_member(body, "callId").value_or("");
      state.acknowledged.calls[std::string(text_member(body, "session").value_or(""))] = {};
      return state.call.empty() ? "without its id" : "";
    }
    case DeedKind::hang_up: {
      const auto charged = amount_member(body, "charged");
      if (text_member(body, "state") != "ended" || !charged) return "without having ended";
      state.acknowledged.calls[std::string(text_member(body, "session").value_or(""))] = {
          *charged, raw_member(body, "halt").has_value()};
      state.call.clear();
      return {};
    }
    case DeedKind::limit:
      return amount_member(body, "limit") == from_decimal(kLimits[deed.value % kLimits.size()])
                 ? ""
                 : "with another limit";
    case DeedKind::pause:
      return text_member(body, "state") == "paused" ? "" : "without a pause";
    case DeedKind::resume:
      state.paused = false;
      return text_member(body, "state") == "paused" ? "paused" : "";
    case DeedKind::look:
      return check_look(state, deed, body);
  }
  return {};
}

// Once for each key.
std::string MixViewers::take_paid(State& state, const Deed& deed, std::string_view body) {
  const auto amount = amount_member(body, "amount");
  if (!amount) return "without an amount";
  const auto count = [&](Amount& sum) { sum = add(sum, *amount).value_or(sum); };
  if (deed.kind == DeedKind::ticket) {
    if (state.tickets.insert(show_of(deed)).second) count(state.acknowledged.tickets);
    return raw_member(body, "hasAccess") == "true" ? "" : "without access";
  }
  if (deed.repeat != Repeat::never && state.first.contains(deed.number)) return {};
  count(deed.kind == DeedKind::tip ? state.acknowledged.tips : state.acknowledged.purchases);
  return {};
}

std::string MixViewers::check_look(const State& state, const Deed& deed, std::string_view body) const {
  if (const auto access = raw_member(body, "hasAccess")) {
    const std::string& show = show_of(deed);
    if (*access != "true" && state.tickets.contains(show)) return "no access, with a ticket";
    if (*access == "true" && !state.maybe_tickets.contains(show)) return "access, without a ticket";
  }
  const auto spent = amount_member(body, "spent");
  if (spent && *spent > state.limit_max) return "more spent than any limit";
  const auto balance = amount_member(body, "balance");
  if (balance && *balance < Amount{}) return "a balance below nothing";
  return {};
}

Result<void> MixViewers::read_begin(std::uint32_t viewer, unsigned status, std::string_view body) {
  const auto spent = amount_member(body, "spent");
  const auto limit = amount_member(body, "limit");
  if (status != 200 || !spent || !limit)
    return fail("bad_answer", fmt::format("what was spent is told as {}: {}", status, body));
  State& state = states_[viewer];
  state.spent_before = *spent;
  state.limit_max = std::max(*spent, *limit);
  state.paused = text_member(body, "state") == "paused";
  return {};
}

Result<Amount> MixViewers::read_spent(std::uint32_t viewer, unsigned status, std::string_view body) const {
  const auto spent = status == 200 ? amount_member(body, "spent") : std::nullopt;
  const State& state = states_[viewer];
  const auto since = spent ? subtract(*spent, state.spent_before) : std::nullopt;
  if (!since) return fail("bad_answer", fmt::format("what was spent is told as {}: {}", status, body));
  if (*spent > state.limit_max)
    return fail("limit_passed", fmt::format("viewer {} has spent {}, and no limit was ever above {}", viewer,
                                            to_decimal(*spent), to_decimal(state.limit_max)));
  return *since;
}

std::vector<Deed> MixViewers::last_deeds() const {
  std::vector<Deed> deeds;
  for (std::uint32_t i = 0; i < states_.size(); ++i) {
    if (states_[i].paused) deeds.push_back({.viewer = i, .kind = DeedKind::resume});
    if (!states_[i].call.empty()) deeds.push_back({.viewer = i, .kind = DeedKind::hang_up});
  }
  return deeds;
}

}  // namespace paytick::app::load
