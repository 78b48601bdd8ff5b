#include "model/codec_impl.h"
#include "model/shapes_catalog.h"

namespace paytick::codec {

Result<Content> parse_content(MutableLine line) { return parse<Content>(line); }

void write(const Content& content, std::string& out) { write_line(content, out); }

}  // namespace paytick::codec
