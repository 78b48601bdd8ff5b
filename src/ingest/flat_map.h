#pragma once
// Open-addressing tables keyed by ids, whose first bytes are a hash already.

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "model/ids.h"

namespace paytick::ingest {

template <typename Id, typename Value>
using FlatMap = boost::unordered_flat_map<Id, Value, IdHash<Id>>;
template <typename Id>
using FlatSet = boost::unordered_flat_set<Id, IdHash<Id>>;

}  // namespace paytick::ingest
