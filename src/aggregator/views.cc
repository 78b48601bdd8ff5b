#include "aggregator/fold_state.h"

namespace paytick::aggregator {

SessionView Book::view(std::uint32_t i) {
  const Session& s = sessions_[i];
  const Offer& offer = offers_[s.offer];
  const Sum& sum = sums_[s.sum];
  SessionView view;
  view.session = s.id;
  view.viewer = viewers_[s.viewer].id;
  view.meter = meters_[sum.meter].id;
  view.creator = creators_[payees_[sum.payee].creator].id;
  view.content = contents_[offer.content].id;
  view.ticks = s.ticks;
  view.amount = amount_of(s);
  view.start = {static_cast<std::int64_t>(s.start)};
  view.paid_until = {paid_until(i)};
  if (s.halt != 0) view.halt = static_cast<HaltReason>(s.halt - 1);
  view.closed = s.closed;
  return view;
}

MeterView Book::view_meter(std::uint32_t i) const {
  const Meter& m = meters_[i];
  const Totals t = totals_of(m, i);
  MeterView view;
  view.meter = m.id;
  if (m.viewer != kNone) view.viewer = viewers_[m.viewer].id;
  view.charged = Amount(m.charged);
  view.spendable = Amount(t.spendable(m.charged));
  view.deposited = Amount(t.deposited);
  view.refunded = Amount(t.refunded);
  view.allowance = Amount(t.allowance);
  return view;
}

std::size_t Book::bytes() const {
  std::size_t n = sessions_.bytes() + viewers_.bytes() + meters_.bytes() + sums_.bytes() + creators_.bytes() +
                  contents_.bytes() + offers_.bytes() + lives_.bytes() + departed_.bytes() + payees_.bytes() +
                  extras_.bytes() + nexts_.bytes() + calls_.bytes() + wides_.bytes() + terms_.bytes() +
                  wheel_.bytes() + due_moved_.bytes();
  for (const KeyIndex* index : {&session_index_, &attachment_index_, &viewer_index_, &meter_index_})
    n += index->bytes();
  for (const FlatIndex* index : {&other_index_, &sum_index_, &payee_index_, &creator_index_, &content_index_,
                                 &offer_index_, &life_index_, &departed_index_}) {
    n += index->bytes();
  }
  return n;
}

std::optional<SessionView> Fold::session(const SessionId& id) const {
  const std::uint32_t i = state_->book.find_session(id);
  if (i == kNone) return std::nullopt;
  return state_->book.view(i);
}

std::optional<MeterView> Fold::meter(const MeterId& id) const {
  const std::uint32_t i = state_->book.find_meter(id);
  if (i == kNone) return std::nullopt;
  return state_->book.view_meter(i);
}

std::vector<SessionView> Fold::sessions() const {
  std::vector<SessionView> out;
  Book& book = state_->book;
  for (std::uint32_t i = 0; i < book.sessions_.size(); ++i) {
    if (!book.sessions_[i].unused) out.push_back(book.view(i));
  }
  return out;
}

std::vector<MeterView> Fold::meters() const {
  std::vector<MeterView> out;
  for (std::uint32_t i = 0; i < state_->book.meters_.size(); ++i) out.push_back(state_->book.view_meter(i));
  return out;
}

std::vector<SumView> Fold::sums() const {
  std::vector<SumView> out;
  const Book& book = state_->book;
  for (std::uint32_t i = 0; i < book.sums_.size(); ++i) {
    const Sum& s = book.sums_[i];
    const Payee& payee = book.payees_[s.payee];
    out.push_back({SumId{i}, book.meters_[s.meter].id, book.creators_[payee.creator].id,
                   static_cast<std::uint16_t>(payee.bps), Amount(s.charged), Amount(s.due)});
  }
  return out;
}

std::vector<AttachmentView> Fold::attachments() const {
  std::vector<AttachmentView> out;
  const Book& book = state_->book;
  for (std::uint32_t i = 0; i < book.sessions_.size(); ++i) {
    const Session& s = book.sessions_[i];
    if (s.unused) continue;
    for (const Attachment& a : book.attachments_of(i)) {
      out.push_back({a.id, s.id, book.viewers_[s.viewer].id, book.lives_[a.life].gateway});
    }
  }
  return out;
}

std::size_t Fold::state_bytes() const { return state_->book.bytes(); }

}  // namespace paytick::aggregator
