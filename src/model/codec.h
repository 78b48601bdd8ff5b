#pragma once
// The one place that reads and writes events as JSON. RapidJSON's SAX reader, in situ, no DOM (json.h); the
// members of each event are listed once, in shapes_*.h.
//
// Reading: `line` is modified while it is read (escapes are resolved in place); nothing beyond it is touched.
// Members may come in any order; unknown ones are ignored (a newer writer may add some). A missing, repeated
// or ill-typed one, a number out of range, invalid UTF-8, nesting deeper than kJsonDepthMax, a `v` above
// kVersion and an input longer than kLineBytesMax are errors. Codes: "malformed_json", "unknown_type",
// "missing_field", "bad_field", "unknown_version". A plan's id is carried, not recomputed; its fields are
// validated. Writing: `v` and `type` first, then the members in the order of the structs, no spaces, ends
// with
// '\n'; equal values give equal bytes. Texts must be UTF-8 without NUL, as they are when they were read.
//
// Thread-safe: no shared state.

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>

#include "model/access.h"
#include "model/catalog.h"
#include "model/error.h"
#include "model/inputs.h"
#include "model/json.h"
#include "model/outputs.h"
#include "model/refusal.h"
#include "model/settlements.h"

namespace paytick::codec {

inline constexpr int kVersion = 1;
inline constexpr std::size_t kJsonDepthMax = json::kDepthMax;
inline constexpr std::size_t kRecordBytesMax = 524'288;  // of a record's value (DESIGN.md §4)
inline constexpr std::size_t kLineBytesMax = 65'536;     // of an input

using CatalogLine = std::variant<Content, ApiKey, TokenIssuer>;

// A mutable piece of a record's value.
struct MutableLine {
  char* data = nullptr;
  std::size_t size = 0;
};

Result<Input> parse_input(MutableLine line);
void read_input(MutableLine line, Result<Input>& out);  // the same, over what was read before
Result<Output> parse_output(MutableLine line);
Result<Settlement> parse_settlement(MutableLine line);
Result<Content> parse_content(MutableLine line);  // "unknown_type" for the keys in the catalogue
Result<CatalogLine> parse_catalog(MutableLine line);
Result<Refusal> parse_refusal(MutableLine line);
Result<FrameHeader> parse_frame_header(MutableLine line);
Result<Fence> parse_fence(MutableLine line);

void write(const Input& input, std::string& out);
void write(const Output& output, std::string& out);
void write(const Settlement& settlement, std::string& out);
void write(const Content& content, std::string& out);
void write(const CatalogLine& line, std::string& out);
void write(const Refusal& refusal, std::string& out);
void write(const FrameHeader& header, std::string& out);
void write(const Fence& fence, std::string& out);

// The same for any event that is an alternative of Input, Output or Settlement, without making the variant.
template <typename E>
void write_line(const E& event, std::string& out);

// The words used in JSON for enumerations, and in metrics and APIs.
std::string_view to_text(Period period);
std::string_view to_text(ChargeKind kind);
std::string_view to_text(HaltReason reason);
std::string_view to_text(AdjustReason reason);
std::string_view type_name(const Input& input);  // "open", "heartbeat", …

// Calls f(MutableLine) for each line of a record's value, '\n'-separated, the last one's '\n' optional.
template <typename F>
void for_each_line(std::string& value, F&& f) {
  char* p = value.data();
  char* const end = p + value.size();
  while (p < end) {
    char* nl = static_cast<char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    char* const stop = nl ? nl : end;
    if (stop > p) f(MutableLine{p, static_cast<std::size_t>(stop - p)});
    p = stop + 1;
  }
}

}  // namespace paytick::codec
