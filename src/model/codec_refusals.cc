#include "model/codec_impl.h"
#include "model/shapes_refusals.h"

namespace paytick::codec {

Result<Refusal> parse_refusal(MutableLine line) { return parse<Refusal>(line); }

void write(const Refusal& refusal, std::string& out) { write_line(refusal, out); }

}  // namespace paytick::codec
