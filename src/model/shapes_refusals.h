#pragma once
// Private to the codec: the JSON of refusal.h.

#include "model/refusal.h"
#include "model/shape.h"

namespace paytick::codec {

template <>
struct Shape<Refusal> {
  static constexpr auto kType = "refusal"_m;
  static void members(auto& f, auto& e) {
    f("partition"_m, e.partition);
    f("offset"_m, e.offset);
    f("line"_m, e.line);
    f("code"_m, e.code, Text{1, 64});
    f("message"_m, e.message, Text{1, kRefusalMessageBytesMax});
    f("bytes"_m, e.bytes);
    f.optional("text"_m, e.text, Text{0, kRefusedTextBytesMax});
  }
};

}  // namespace paytick::codec
