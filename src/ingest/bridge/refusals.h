#pragma once
// What is put on record of a line that was not taken.

#include <string_view>

#include "model/error.h"
#include "model/refusal.h"

namespace paytick::ingest {

// `text` may be anything: its beginning is shown as UTF-8 without zero bytes.
Refusal make_refusal(PartitionId partition, Offset offset, std::uint32_t line, const Error& error,
                     std::string_view text);

// At most `bytes_max` of `text`, cut between characters; what is not UTF-8, and zero bytes, become U+FFFD.
std::string shown(std::string_view text, std::size_t bytes_max);

}  // namespace paytick::ingest
