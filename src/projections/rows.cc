#include "projections/rows.h"

namespace paytick::projections {

std::string_view to_text(Source source) {
  switch (source) {
    case Source::ticks:
      return "ticks";
    case Source::settlements:
      return "settlements";
    case Source::catalog:
      return "catalog";
  }
  return "";
}

RowId row_id(Source source, PartitionId partition, Offset offset, std::uint32_t line) {
  RowId id;
  const auto put = [&id](std::size_t at, std::size_t bytes, std::uint64_t value) {
    for (std::size_t i = 0; i < bytes; ++i)
      id.bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
  };
  put(0, 1, static_cast<std::uint64_t>(source));
  put(1, 3, static_cast<std::uint64_t>(partition));
  put(4, 8, static_cast<std::uint64_t>(offset));
  put(12, 4, line);
  return id;
}

std::size_t Changes::rows() const {
  return sums.size() + pages.size() + sessions.size() + totals.size() + minutes.size() + creators.size() +
         charges.size() + credits.size() + halts.size() + late.size() + rejected.size() + meters.size() +
         viewers.size() + joins.size() + payouts.size() + blocks.size() + views.size() + refusals.size() +
         transactions.size() + settled.size() + parked.size() + credited.size() + parked_credits.size() +
         contents.size();
}

}  // namespace paytick::projections
