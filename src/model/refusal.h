#pragma once
// Lines of the topic `refusals`: what an outside producer wrote to `heartbeats-in` and was not taken, with
// the reason. In the partition of the same number, in the order in which it was refused.

#include <cstdint>
#include <string>

#include "model/ids.h"

namespace paytick {

inline constexpr std::size_t kRefusedTextBytesMax = 512;  // of the line, as it is shown
inline constexpr std::size_t kRefusalMessageBytesMax = 256;

struct Refusal {
  PartitionId partition{};  // where in heartbeats-in
  Offset offset{};
  std::uint32_t line = 0;   // of the record, counted from 1; 0: the record, or its rest
  std::string code;         // stable: src/ingest/errors.h
  std::string message;      // in words, with what to do
  std::uint64_t bytes = 0;  // the length of what was refused
  std::string text;         // its beginning, as UTF-8: what is not is replaced by U+FFFD
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace paytick
