#include "projections/book.h"

namespace paytick::projections {

bool Book::add_sum(SumId id, const CreatorId& creator, std::uint16_t bps, Amount charged, Amount due) {
  if (static_cast<std::size_t>(id) != sums_.size()) return false;
  const auto [at, is_new] = creator_index_.try_emplace(creator, static_cast<std::uint32_t>(creators_.size()));
  if (is_new) creators_.push_back(creator);
  sums_.push_back({charged, due, at->second, bps});
  return true;
}

Book::Sum* Book::sum(SumId id) {
  const auto index = static_cast<std::size_t>(id);
  return index < sums_.size() ? &sums_[index] : nullptr;
}

Book::Session* Book::session(const SessionId& id) {
  const auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : &at->second;
}

}  // namespace paytick::projections
