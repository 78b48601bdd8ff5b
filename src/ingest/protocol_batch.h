#pragma once
// The lines of POST /v1/heartbeats (DESIGN.md §7), and the answer to each. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/codec.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/time.h"

namespace paytick::ingest {

inline constexpr std::size_t kBatchBytesMax = 8 * 1024 * 1024;  // of a request's body
inline constexpr std::size_t kBatchLineBytesMax = 4 * 1024;

// Times further ahead than this are a broken clock, not a fast one: refused at once with "bad_time". Whether
// a time is late, or a few seconds early, is for the fold to say.
inline constexpr std::int64_t kFutureMsMax = 60'000;

enum class BatchLineType : std::uint8_t { heartbeat, open, stop };

// Views into the line.
struct BatchLine {
  BatchLineType type = BatchLineType::heartbeat;
  std::string_view session;  // the platform's names, 1 … kReferenceBytesMax bytes
  std::string_view attachment;
  TimeMs at;
  std::uint64_t seq = 0;    // heartbeat
  std::string_view viewer;  // open: texts, looked up by the caller
  std::string_view meter;
  std::string_view content;
  std::string_view plan;  // open, optional: the price that was shown
};

// Members that a line of its type does not have.
enum class OtherMembers : std::uint8_t {
  ignored,  // over HTTP: the sender is told what was made of the line
  refused   // in a topic: "forbidden_field", "forbidden_type" for what only paytick's own roles may say
};

// The line is destroyed. Codes: those of read_object, "too_large", "unknown_type", "missing_field",
// "bad_field", "bad_time" (negative, beyond kTimeMax, or ahead of `now` by more than kFutureMsMax; a stop
// only the first two).
Result<BatchLine> parse_batch_line(codec::MutableLine line, TimeMs now,
                                   OtherMembers others = OtherMembers::ignored);

// {"line":1,"status":"accepted"}\n
void render_accepted(std::uint32_t line, std::string& out);
// {"line":2,"status":"refused","code":"…","message":"…"}\n
void render_refused(std::uint32_t line, const Error& error, std::string& out);

}  // namespace paytick::ingest
