#pragma once
// Names of the schemas in PostgreSQL.

namespace paytick::projections {

inline constexpr const char* kSchema = "paytick";         // what analysts read
inline constexpr const char* kShadow = "paytick_replay";  // what a replay builds, until it is swapped in
inline constexpr const char* kOld = "paytick_old";        // what was swapped out, for the moment of the swap
inline constexpr const char* kOutbox = "paytick_outbox";  // what is to be told; a replay leaves it alone

}  // namespace paytick::projections
