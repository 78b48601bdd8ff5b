#include <algorithm>

#include "aggregator/book.h"
#include "model/partition.h"

namespace paytick::aggregator {
namespace {

std::uint32_t hash_pair(std::uint32_t a, std::uint32_t b) {
  return mix((static_cast<std::uint64_t>(a) << 32 | b) * 0xD6E8'FEB8'6659'FD93ULL);
}
std::uint32_t hash_offer(const Offer& o) {
  std::uint64_t h = o.content;
  for (const std::int64_t field :
       {o.price, o.initial_price, static_cast<std::int64_t>(o.initial_ticks), o.late_ms,
        static_cast<std::int64_t>(o.tick_ms), static_cast<std::int64_t>(o.heartbeat_ms),
        static_cast<std::int64_t>(o.minimum_ticks), static_cast<std::int64_t>(o.bps),
        static_cast<std::int64_t>(o.refund_unused)}) {
    h = (h ^ static_cast<std::uint64_t>(field)) * 0x9E37'79B9'7F4A'7C15ULL;
    h ^= h >> 29;
  }
  return mix(h);
}
std::uint32_t hash_life(const Life& life) { return hash_of(life.gateway) ^ mix(life.boot); }

template <typename Record>
auto each_key(const Slab<Record>& slab) {
  return [&slab](auto&& add) {
    for (std::uint32_t i = 0; i < slab.size(); ++i) add(hash_of(slab[i].id), i);
  };
}

void insert(KeyIndex& index, std::uint32_t hash, std::uint32_t i, const auto& slab) {
  index.insert(hash, i, each_key(slab));
}
void insert(FlatIndex& index, std::uint32_t hash, std::uint32_t i, const auto&) { index.insert(hash, i); }

// The index of the record whose id is `id`; added when it is new.
template <typename Record, typename Index, typename Id>
std::uint32_t intern(Slab<Record>& slab, Index& index, const Id& id) {
  const std::uint32_t hash = hash_of(id);
  std::uint32_t i = index.find(hash, [&](std::uint32_t at) { return slab[at].id == id; });
  if (i != kNone) return i;
  i = slab.add();
  slab[i].id = id;
  insert(index, hash, i, slab);
  return i;
}

}  // namespace

Book::Book(FoldConfig config) : config_(config) {
  lives_.add();  // index 0: bound to no gateway
}

bool Book::belongs_here(const AccountId& viewer) const {
  return config_.partitions <= 1 || partition_of(viewer, config_.partitions) == config_.partition;
}

std::uint32_t Book::viewer_of(const AccountId& id) { return intern(viewers_, viewer_index_, id); }
std::uint32_t Book::meter_of(const MeterId& id) { return intern(meters_, meter_index_, id); }
std::uint32_t Book::creator_of(const AccountId& id) { return intern(creators_, creator_index_, id); }
std::uint32_t Book::content_of(const ContentId& id) { return intern(contents_, content_index_, id); }

std::uint32_t Book::find_meter(const MeterId& id) const {
  return meter_index_.find(hash_of(id), [&](std::uint32_t at) { return meters_[at].id == id; });
}

std::uint32_t Book::offer_of(std::uint32_t content, const Plan& plan, std::int64_t late_ms) {
  Offer offer;
  offer.price = plan.price_per_tick.units();
  offer.initial_price = plan.initial_price.units();
  offer.initial_ticks = static_cast<std::uint32_t>(plan.initial_ticks);
  offer.late_ms = late_ms;
  offer.content = content;
  offer.tick_ms = plan.tick_ms;
  offer.heartbeat_ms = plan.heartbeat_ms;
  offer.minimum_ticks = plan.minimum_ticks;
  offer.bps = plan.platform_bps;
  offer.refund_unused = plan.refund_unused ? 1 : 0;
  offer.jitter_ms = jitter_ms(plan);
  offer.ticks_n = static_cast<std::uint32_t>(plan.heartbeat_ms / plan.tick_ms);
  return offer_of(offer);
}

std::uint32_t Book::offer_of(const Offer& offer) {
  const std::uint32_t hash = hash_offer(offer);
  std::uint32_t i = offer_index_.find(hash, [&](std::uint32_t at) { return offers_[at] == offer; });
  if (i != kNone) return i;
  i = offers_.add();
  offers_[i] = offer;
  offer_index_.insert(hash, i);
  return i;
}

std::uint32_t Book::life_of(const GatewayId& gateway, std::uint64_t boot) {
  if (gateway.is_zero()) return 0;
  const Life life{gateway, boot};
  const std::uint32_t hash = hash_life(life);
  std::uint32_t i = life_index_.find(hash, [&](std::uint32_t at) { return lives_[at] == life; });
  if (i != kNone) return i;
  if (lives_.size() >= kLivesMax) return kNone;
  i = lives_.add();
  lives_[i] = life;
  life_index_.insert(hash, i);
  return i;
}

std::uint32_t Book::payee_of(std::uint32_t creator, std::uint16_t bps) {
  const Payee payee{creator, bps};
  const std::uint32_t hash = hash_pair(creator, bps);
  std::uint32_t i = payee_index_.find(hash, [&](std::uint32_t at) { return payees_[at] == payee; });
  if (i != kNone) return i;
  i = payees_.add();
  payees_[i] = payee;
  payee_index_.insert(hash, i);
  return i;
}

std::uint32_t Book::sum_of(std::uint32_t viewer, std::uint32_t meter, std::uint32_t creator,
                           std::uint16_t bps) {
  const std::uint32_t payee = payee_of(creator, bps);
  Meter& m = meters_[meter];
  if (m.sum != kNone && sums_[m.sum].payee == payee) return m.sum;
  const std::uint32_t hash = hash_pair(meter, payee);
  std::uint32_t i = sum_index_.find(
      hash, [&](std::uint32_t at) { return sums_[at].meter == meter && sums_[at].payee == payee; });
  if (i != kNone) return i;
  i = sums_.add();
  sums_[i].meter = meter;
  sums_[i].payee = payee;
  if (m.sum == kNone) {
    m.sum = i;
  } else {
    sum_index_.insert(hash, i);
  }
  write(sum_line(i, viewers_[viewer].id));
  return i;
}

SumLine Book::sum_line(std::uint32_t sum, const AccountId& viewer) const {
  const Sum& s = sums_[sum];
  const Payee& payee = payees_[s.payee];
  return {SumId{sum}, viewer, meters_[s.meter].id, creators_[payee.creator].id,
          static_cast<std::uint16_t>(payee.bps)};
}

std::uint32_t Book::find_session(const SessionId& id) const {
  return session_index_.find(hash_of(id), [&](std::uint32_t at) { return sessions_[at].id == id; });
}

std::uint32_t Book::find_attached(const AttachmentId& id) const {
  const std::uint32_t hash = hash_of(id);
  const std::uint32_t first = attachment_index_.find(hash, [&](std::uint32_t at) {
    const Session& s = sessions_[at];
    return s.attached && s.attachment == id;
  });
  if (first != kNone || other_index_.size() == 0) return first;
  return other_index_.find(hash, [&](std::uint32_t at) {
    const Extra* extra = extras_.find(at, sessions_[at]);
    if (extra == nullptr) return false;
    return std::any_of(extra->others.begin(), extra->others.end(),
                       [&](const Attachment& other) { return other.id == id; });
  });
}

template <typename Add>
void Book::each_session_key(Add&& add) const {
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    if (!sessions_[i].unused) add(hash_of(sessions_[i].id), i);
  }
}

template <typename Add>
void Book::each_attachment_key(Add&& add) const {
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    if (!sessions_[i].unused && sessions_[i].attached) add(hash_of(sessions_[i].attachment), i);
  }
}

void Book::index_session(std::uint32_t i) {
  session_index_.insert(hash_of(sessions_[i].id), i, [&](auto&& add) { each_session_key(add); });
}

void Book::index_attachment(std::uint32_t i) {
  attachment_index_.insert(hash_of(sessions_[i].attachment), i,
                           [&](auto&& add) { each_attachment_key(add); });
}

void Book::index_all() {
  viewer_index_.fill_anew(viewers_.size(), viewers_.size(), each_key(viewers_));
  meter_index_.fill_anew(meters_.size(), meters_.size(), each_key(meters_));
  for (std::uint32_t i = 0; i < creators_.size(); ++i) creator_index_.insert(hash_of(creators_[i].id), i);
  for (std::uint32_t i = 0; i < contents_.size(); ++i) content_index_.insert(hash_of(contents_[i].id), i);
  for (std::uint32_t i = 0; i < offers_.size(); ++i) offer_index_.insert(hash_offer(offers_[i]), i);
  for (std::uint32_t i = 1; i < lives_.size(); ++i) life_index_.insert(hash_life(lives_[i]), i);
  for (std::uint32_t i = 0; i < payees_.size(); ++i) {
    payee_index_.insert(hash_pair(payees_[i].creator, payees_[i].bps), i);
  }
  for (std::uint32_t i = 0; i < sums_.size(); ++i) {
    const Sum& s = sums_[i];
    if (meters_[s.meter].sum != i) sum_index_.insert(hash_pair(s.meter, s.payee), i);
  }
  std::size_t sessions = 0;
  std::size_t attached = 0;
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    const Session& s = sessions_[i];
    if (s.unused) continue;
    ++sessions;
    attached += s.attached ? 1 : 0;
    if (!s.has_extra) continue;
    for (const Attachment& a : extras_.find(i, s)->others) other_index_.insert(hash_of(a.id), i);
  }
  session_index_.fill_anew(sessions, sessions_.size(), [&](auto&& add) { each_session_key(add); });
  attachment_index_.fill_anew(attached, sessions_.size(), [&](auto&& add) { each_attachment_key(add); });
  for (std::uint32_t i = 0; i < departed_.size(); ++i) {
    if (departed_[i].until != 0) departed_index_.insert(hash_of(departed_[i].id), i);
  }
}

Totals Book::totals_of(const Meter& meter, std::uint32_t i) const {
  return meter.wide ? wides_[i] : meter.short_totals();
}

void Book::set_totals(std::uint32_t meter, const Totals& totals) {
  Meter& m = meters_[meter];
  if (m.set_short(totals)) {
    if (m.wide) wides_.drop(meter);
    m.wide = 0;
    return;
  }
  (m.wide ? wides_[meter] : wides_.add(meter)) = totals;
  m.wide = 1;
}

Terms& Book::terms_of(std::uint32_t viewer) {
  Viewer& v = viewers_[viewer];
  if (v.has_terms) return terms_[viewer];
  v.has_terms = 1;
  return terms_.add(viewer);
}

}  // namespace paytick::aggregator
