#include <algorithm>
#include <array>
#include <cstring>

#include "aggregator/book.h"
#include "aggregator/errors.h"
#include "model/hash.h"
#include "model/proof.h"

namespace paytick::aggregator {
namespace {

constexpr auto kTicketKind = static_cast<std::uint8_t>(ChargeKind::ticket);

bool same_payload(const Key& a, const Key& b) {
  return a.amount == b.amount && a.meter == b.meter && a.creator == b.creator && a.bps == b.bps &&
         a.words == b.words && a.kind == b.kind;
}

bool is_ticket(const Key& k) { return k.kind == kTicketKind; }
// As long as their content, without a time.
bool lives_with_content(const Key& k) {
  return is_ticket(k) || k.kind == kJoinKind || (k.kind == kCreditKind && k.content != kNone);
}

std::uint64_t hash_text(std::string_view text) {
  std::array<std::uint8_t, 16> hash{};
  blake2b(text, hash);
  std::uint64_t out = 0;
  std::memcpy(&out, hash.data(), sizeof out);  // enough: a viewer would collide with their own keys only
  return out;
}

// What a key stands for besides money.
std::uint64_t hash_words(const Charge& e) {
  if (e.message.empty() && e.channel.empty() && e.content.is_zero()) return 0;
  std::string words(reinterpret_cast<const char*>(e.content.bytes.data()), e.content.bytes.size());
  words.append(e.channel).append(1, '\0').append(e.message);
  return hash_text(words);
}

const Key* find_key(const Terms& terms, std::string_view key, bool credit) {
  const auto at = std::find_if(terms.keys.begin(), terms.keys.end(), [&](const Key& k) {
    return k.key == key && k.kind != kJoinKind && is_credit(k) == credit;
  });
  return at == terms.keys.end() ? nullptr : &*at;
}

std::size_t count_keys(const Terms& terms, bool credit) {
  return static_cast<std::size_t>(std::count_if(terms.keys.begin(), terms.keys.end(), [&](const Key& k) {
    return !lives_with_content(k) && is_credit(k) == credit;
  }));
}

// What was done under the key, as it was answered then.
Outcome repeat_of(const Key& known) {
  Outcome before;
  before.repeated = true;
  before.has_key = true;
  before.amount = Amount(known.amount);
  before.at = {known.t};
  return before;
}

constexpr std::uint8_t claim_kind(bool credit) { return credit ? kCreditClaimKind : kClaimKind; }

// Unless the key stands for something else already: another ticket, a tip, a payout.
bool may_claim(const Terms& terms, std::string_view key, std::string_view of, bool credit) {
  const Key* const known = key.empty() ? nullptr : find_key(terms, key, credit);
  return known == nullptr || (known->kind == claim_kind(credit) && known->words == hash_text(of));
}

}  // namespace

void Book::forget_keys(Terms& terms) const {
  std::erase_if(terms.keys, [&](const Key& k) { return !lives_with_content(k) && now_ - k.t >= kKeyMs; });
}

// With its content go the tickets, who joined it, and who was given free ticks of it. That a ticket was given
// back is remembered for as long as any key: the tables know of it for ever, and show it soon.
void Book::forget_keys_of(std::uint32_t content) {
  for (std::uint32_t i = 0; i < viewers_.size(); ++i) {
    if (!viewers_[i].has_terms) continue;
    Terms& terms = terms_[i];
    for (Key& k : terms.keys)
      if (k.kind == kCreditKind && k.content == content) k.content = kNone, k.t = now_;
    std::erase_if(terms.keys, [&](const Key& k) { return lives_with_content(k) && k.content == content; });
    std::erase(terms.free, content);
  }
}

bool Book::has_ticket(std::uint32_t viewer, std::uint32_t content) const {
  if (!viewers_[viewer].has_terms) return false;
  const std::vector<Key>& keys = terms_[viewer].keys;
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& k) { return is_ticket(k) && k.content == content; });
}

// They are given with the first session, watched or not: two tabs share them.
Plan Book::plan_for(std::uint32_t viewer, std::uint32_t content, const Plan& plan) {
  if (plan.initial_ticks == 0 || plan.initial_price != Amount(0)) return plan;
  std::vector<std::uint32_t>& free = terms_of(viewer).free;
  const auto at = std::lower_bound(free.begin(), free.end(), content);
  if ((at == free.end() || *at != content) && free.size() < kFreeMax) {
    free.insert(at, content);
    return plan;
  }
  Plan without = plan;
  without.initial_ticks = 0;
  without.id = derive_plan_id(without);
  return without;
}

// Earlier rules knew of none, whoever wrote it.
const std::string& Book::claim_in(const auto& e) const {
  static const std::string kNobody;
  return rules_ < kRulesOfRefunds ? kNobody : e.claim;
}

// What has a key of its own was asked for under this one. False: there are too many.
bool Book::claim(Terms& terms, const std::string& key, std::string_view of, bool credit) const {
  if (key.empty() || find_key(terms, key, credit) != nullptr) return true;
  if (count_keys(terms, credit) >= kKeysMax) return false;
  terms.keys.push_back({key, now_, 0, kNone, kNone, 0, kNone, hash_text(of), claim_kind(credit)});
  return true;
}

// Tips and tickets. The key and the charge stand or fall together; a refusal is not remembered.
void Book::on(const Charge& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "charge");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t meter = meter_of(e.meter);
  Viewer& v = viewers_[viewer];
  Meter& m = meters_[meter];
  roll(v);
  Terms& terms = terms_of(viewer);
  forget_keys(terms);
  const std::uint32_t content = e.content.is_zero() ? kNone : content_of(e.content);
  const Key fresh{e.key,
                  now_,
                  e.amount.units(),
                  meter,
                  creator_of(e.creator),
                  e.bps,
                  content,
                  hash_words(e),
                  static_cast<std::uint8_t>(e.kind)};
  const std::string& claimed = claim_in(e);
  if (!may_claim(terms, claimed, e.key, false)) {
    return refuse(e.reply, {viewer}, code::kClaimConflict, "charge");
  }
  if (const Key* known = find_key(terms, e.key, false)) {
    const Key held = *known;
    if (!claim(terms, claimed, e.key, false)) {
      return refuse(e.reply, {viewer}, code::kTooManyKeys, "charge");
    }
    if (!same_payload(held, fresh)) return refuse(e.reply, {viewer}, code::kKeyConflict, "charge");
    return answer(e.reply, {viewer, meter}, repeat_of(held));
  }
  if (foreign(m, viewer)) return refuse(e.reply, {viewer}, code::kForeignMeter, "charge");
  if (const auto code = refusal(e, v, meter, terms); !code.empty()) {
    return refuse(e.reply, {viewer, meter}, code, "charge");
  }
  terms.keys.push_back(fresh);
  claim(terms, claimed, e.key, false);
  m.charged += fresh.amount;
  for (std::int64_t& spent : v.spent) spent += fresh.amount;
  const std::uint32_t sum = sum_of(viewer, meter, fresh.creator, e.bps);
  Sum& s = sums_[sum];
  s.charged += fresh.amount;
  s.due += fresh.amount;
  auto& proof = charge_proofs_.try_emplace(meter, start_charges(m.id)).first->second;
  ChargeLine line{
      SumId{sum}, e.kind,  e.key,     e.amount,  Amount(s.charged), Amount(s.due), Amount(spendable(meter)),
      {now_},     Proof{}, e.message, e.channel, e.content};
  guard(viewer, line.sum, line.spendable, fresh.amount);
  line.proof = proof = link(proof, line);
  write(line);
  hint_all(viewer);
  Outcome done;
  done.has_key = true;
  done.amount = e.amount;
  answer(e.reply, {viewer, meter}, done);
}

std::string_view Book::refusal(const Charge& e, const Viewer& v, std::uint32_t meter, const Terms& terms) {
  const std::int64_t amount = e.amount.units();
  if (amount <= 0) return code::kBadAmount;
  if (e.kind == ChargeKind::ticket) {
    const auto held = std::count_if(terms.keys.begin(), terms.keys.end(), is_ticket);
    if (held >= static_cast<std::ptrdiff_t>(kTicketsMax)) return code::kTooManyKeys;
    if (!e.content.is_zero() && contents_[content_of(e.content)].closed != 0) return code::kContentClosed;
  }
  if (v.frozen) return code::kFrozen;
  if (v.paused) return code::kPaused;
  if (is_asked_back(meter)) return code::kRefund;
  if (count_keys(terms, false) >= kKeysMax) return code::kTooManyKeys;
  if (amount > spendable(meter)) return code::kBalance;
  __extension__ using Wide = __int128;
  if (static_cast<Wide>(v.spent[v.period]) + amount > terms.limit) return code::kLimit;
  for (const std::int64_t spent : v.spent) {
    if (!add(Amount(spent), e.amount)) return code::kOverflow;
  }
  return {};
}

// An order to the treasury or the creator; it becomes spendable when the chain reports the deposit.
void Book::on(const Credit& e) {
  if (!belongs_here(e.viewer)) return refuse(e.reply, {}, code::kWrongPartition, "credit");
  const std::uint32_t viewer = viewer_of(e.viewer);
  const std::uint32_t meter = meter_of(e.meter);
  if (foreign(meters_[meter], viewer)) return refuse(e.reply, {viewer}, code::kForeignMeter, "credit");
  if (e.amount.units() <= 0) return refuse(e.reply, {viewer}, code::kBadAmount, "credit");
  Terms& terms = terms_of(viewer);
  forget_keys(terms);
  const std::string& claimed = claim_in(e);
  if (!may_claim(terms, claimed, e.key, true)) {
    return refuse(e.reply, {viewer}, code::kClaimConflict, "credit");
  }
  const bool is_ticket_back = !e.content.is_zero() && rules_ >= kRulesOfRefunds;
  const std::uint32_t content = is_ticket_back ? content_of(e.content) : kNone;
  const bool goes_on = content != kNone && contents_[content].closed == 0;
  const Key fresh{e.key, now_, e.amount.units(), meter, kNone, 0, goes_on ? content : kNone, 0, kCreditKind};
  if (const Key* known = find_key(terms, e.key, true)) {
    const Key held = *known;
    if (!same_payload(held, fresh)) return refuse(e.reply, {viewer}, code::kKeyConflict, "credit");
    if (!claim(terms, claimed, e.key, true)) return refuse(e.reply, {viewer}, code::kTooManyKeys, "credit");
    return answer(e.reply, {viewer, meter}, repeat_of(held));
  }
  if (count_keys(terms, true) >= kKeysMax) return refuse(e.reply, {viewer}, code::kTooManyKeys, "credit");
  std::int64_t& credited = credited_[meter];
  const auto sum = add(Amount(credited), e.amount);
  if (!sum) return refuse(e.reply, {viewer}, code::kOverflow, "credit");
  credited = sum->units();
  terms.keys.push_back(fresh);
  claim(terms, claimed, e.key, true);
  write(CreditLine{e.viewer,
                   e.meter,
                   e.amount,
                   e.key,
                   e.reason,
                   e.corrects,
                   {now_},
                   rules_ < kRulesOfCommands ? Amount() : *sum});
  Outcome done;
  done.has_key = true;
  done.amount = e.amount;
  answer(e.reply, {viewer, meter}, done);
}

// Asked again, it asks for nothing: what has become due since then waits for a request of its own.
void Book::on(const Payout& e) {
  if (e.key.empty() || rules_ < kRulesOfRefunds) return write(PayoutLine{e.creator, {now_}});
  if (!belongs_here(e.creator)) return refuse(e.reply, {}, code::kWrongPartition, "payout");
  const std::uint32_t creator = viewer_of(e.creator);
  Terms& terms = terms_of(creator);
  forget_keys(terms);
  if (const Key* known = find_key(terms, e.key, false)) {
    if (known->kind != kPayoutKind) return refuse(e.reply, {creator}, code::kKeyConflict, "payout");
    return answer(e.reply, {creator}, repeat_of(*known));
  }
  if (count_keys(terms, false) >= kKeysMax) return refuse(e.reply, {creator}, code::kTooManyKeys, "payout");
  Outcome done;
  done.has_key = true;
  done.amount = e.pending.value_or(kUnknownPending);
  terms.keys.push_back({e.key, now_, done.amount.units(), kNone, kNone, 0, kNone, 0, kPayoutKind});
  write(PayoutLine{e.creator, {now_}});
  answer(e.reply, {creator}, done);
}

}  // namespace paytick::aggregator
