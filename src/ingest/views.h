#pragma once
// How often content was viewed, as whoever counts has counted last. A value, and immutable.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "model/ids.h"

namespace paytick::ingest {

class Views {
 public:
  using Count = std::pair<ContentId, std::int64_t>;

  // Nobody has counted yet.
  Views() = default;
  // Ascending by id, each once; what is not among them was not viewed.
  explicit Views(std::vector<Count> counts) : counted_(true), counts_(std::move(counts)) {}

  // Nothing where nobody counts: 0 would be a claim.
  std::optional<std::int64_t> of(const ContentId& id) const {
    if (!counted_) return std::nullopt;
    const auto it = std::ranges::lower_bound(counts_, id, {}, &Count::first);
    return it != counts_.end() && it->first == id ? it->second : 0;
  }

 private:
  bool counted_ = false;
  std::vector<Count> counts_;
};

}  // namespace paytick::ingest
