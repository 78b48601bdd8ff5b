#include "app/load/mix/bill.h"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>

namespace paytick::app::load {
namespace {

std::string text(const rapidjson::Value& item, const char* name) {
  return item.HasMember(name) && item[name].IsString() ? item[name].GetString() : "";
}

}  // namespace

void count(Amount& sum, Amount amount) { sum = add(sum, amount).value_or(kMaxAmount); }

Result<std::optional<std::string>> Bill::add_page(std::string_view body) {
  rapidjson::Document page;
  page.Parse(body.data(), body.size());
  if (page.HasParseError() || !page.IsObject() || !page.HasMember("items") || !page["items"].IsArray())
    return fail("bad_answer", "a history that is none: " + std::string(body.substr(0, 200)));
  for (const auto& item : page["items"].GetArray()) {
    const auto amount = item.IsObject() ? from_decimal(text(item, "amount")) : std::nullopt;
    if (!amount) return fail("bad_answer", "an item of a history without an amount");
    const std::string kind = text(item, "kind"), content = text(item, "content");
    if (kind == "tip" && text(item, "reference").starts_with(run_key_)) count(tips_, *amount);
    if (kind == "ticket" && std::ranges::find(stage_.shows, content) != stage_.shows.end())
      count(tickets_, *amount);
    if (kind != "session") continue;
    const bool film = std::ranges::find(stage_.films, content, &Film::id) != stage_.films.end();
    count(film ? films_ : others_[text(item, "session")], *amount);
  }
  std::string next = text(page, "next");
  if (next.empty()) return std::nullopt;
  return next;
}

std::string Bill::compare(const Acknowledged& told, Amount spent) const {
  const auto differ = [](std::string_view what, Amount acknowledged, Amount billed) {
    return fmt::format("{} of {} were acknowledged, {} are on the bill", what, to_decimal(acknowledged),
                       to_decimal(billed));
  };
  if (told.tips != tips_) return differ("tips", told.tips, tips_);
  if (told.tickets != tickets_) return differ("tickets", told.tickets, tickets_);
  Amount sum = films_;
  count(sum, tips_);
  count(sum, tickets_);
  for (const auto& [session, call] : told.calls) {
    const auto billed = others_.find(session);
    const Amount on_bill = billed == others_.end() ? Amount{} : billed->second;
    if (call.owes ? on_bill < call.charged : on_bill != call.charged)
      return differ("calls", call.charged, on_bill);
    count(sum, on_bill);
  }
  if (sum == spent) return {};
  return fmt::format("films, tips, tickets and calls are {} on the bill, and {} are said to be spent",
                     to_decimal(sum), to_decimal(spent));
}

}  // namespace paytick::app::load
