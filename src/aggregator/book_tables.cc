#include "aggregator/book.h"
#include "model/partition.h"

namespace paytick::aggregator {
namespace {

std::uint32_t hash_sum(std::uint32_t meter, std::uint32_t creator, std::uint32_t bps) {
  return mix((static_cast<std::uint64_t>(meter) << 32 | creator) * 0xD6E8'FEB8'6659'FD93ULL + bps);
}
std::uint32_t hash_offer(const Offer& o) {
  std::uint64_t h = o.content;
  for (const std::int64_t field :
       {o.price, o.late_ms, static_cast<std::int64_t>(o.tick_ms), static_cast<std::int64_t>(o.heartbeat_ms),
        static_cast<std::int64_t>(o.minimum_ticks), static_cast<std::int64_t>(o.bps),
        static_cast<std::int64_t>(o.refund_unused)}) {
    h = (h ^ static_cast<std::uint64_t>(field)) * 0x9E37'79B9'7F4A'7C15ULL;
    h ^= h >> 29;
  }
  return mix(h);
}
std::uint32_t hash_life(const Life& life) { return hash_of(life.gateway) ^ mix(life.boot); }

// The index of the record whose id is `id`; added when it is new.
template <typename Record, typename Id>
std::uint32_t intern(Slab<Record>& slab, FlatIndex& index, const Id& id) {
  const std::uint32_t hash = hash_of(id);
  std::uint32_t i = index.find(hash, [&](std::uint32_t at) { return slab[at].id == id; });
  if (i != kNone) return i;
  i = slab.add();
  slab[i].id = id;
  index.insert(hash, i);
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

std::uint32_t Book::sum_of(std::uint32_t viewer, std::uint32_t meter, std::uint32_t creator,
                           std::uint16_t bps) {
  const std::uint32_t hash = hash_sum(meter, creator, bps);
  std::uint32_t i = sum_index_.find(hash, [&](std::uint32_t at) {
    const Sum& sum = sums_[at];
    return sum.meter == meter && sum.creator == creator && sum.bps == bps;
  });
  if (i != kNone) return i;
  i = sums_.add();
  sums_[i].meter = meter;
  sums_[i].creator = creator;
  sums_[i].bps = bps;
  sum_index_.insert(hash, i);
  write(sum_line(i, viewers_[viewer].id));
  return i;
}

SumLine Book::sum_line(std::uint32_t sum, const AccountId& viewer) const {
  const Sum& s = sums_[sum];
  return {SumId{sum}, viewer, meters_[s.meter].id, creators_[s.creator].id,
          static_cast<std::uint16_t>(s.bps)};
}

std::uint32_t Book::find_session(const SessionId& id) const {
  return session_index_.find(hash_of(id), [&](std::uint32_t at) { return sessions_[at].id == id; });
}

std::uint32_t Book::find_attached(const AttachmentId& id) const {
  return attachment_index_.find(hash_of(id), [&](std::uint32_t at) {
    const Session& s = sessions_[at];
    if (s.attached && s.attachment == id) return true;
    if (!s.has_extra) return false;
    for (const Attachment& other : extras_.find(at, s)->others) {
      if (other.id == id) return true;
    }
    return false;
  });
}

void Book::index_all() {
  for (std::uint32_t i = 0; i < viewers_.size(); ++i) viewer_index_.insert(hash_of(viewers_[i].id), i);
  for (std::uint32_t i = 0; i < meters_.size(); ++i) meter_index_.insert(hash_of(meters_[i].id), i);
  for (std::uint32_t i = 0; i < creators_.size(); ++i) creator_index_.insert(hash_of(creators_[i].id), i);
  for (std::uint32_t i = 0; i < contents_.size(); ++i) content_index_.insert(hash_of(contents_[i].id), i);
  for (std::uint32_t i = 0; i < offers_.size(); ++i) offer_index_.insert(hash_offer(offers_[i]), i);
  for (std::uint32_t i = 1; i < lives_.size(); ++i) life_index_.insert(hash_life(lives_[i]), i);
  for (std::uint32_t i = 0; i < sums_.size(); ++i) {
    const Sum& s = sums_[i];
    sum_index_.insert(hash_sum(s.meter, s.creator, s.bps), i);
  }
  for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
    const Session& s = sessions_[i];
    if (s.unused) continue;
    session_index_.insert(hash_of(s.id), i);
    for (const Attachment& a : attachments_of(i)) attachment_index_.insert(hash_of(a.id), i);
  }
  for (std::uint32_t i = 0; i < departed_.size(); ++i) {
    if (departed_[i].until != 0) departed_index_.insert(hash_of(departed_[i].id), i);
  }
}

}  // namespace paytick::aggregator
