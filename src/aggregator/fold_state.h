#pragma once
// Private to the fold: what Fold hides.

#include <array>

#include "aggregator/book.h"
#include "aggregator/fold.h"
#include "model/error.h"

namespace paytick::aggregator {

struct Fold::State {
  explicit State(FoldConfig config) : book(config) {}
  Book book;
  std::array<Result<Input>, 32> group;  // lines read ahead; kept for its buffers
};

}  // namespace paytick::aggregator
