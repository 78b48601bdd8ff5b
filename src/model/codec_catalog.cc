#include "model/codec_impl.h"
#include "model/shapes_catalog.h"

namespace paytick::codec {

Result<Content> parse_content(MutableLine line) { return parse<Content>(line); }

Result<CatalogLine> parse_catalog(MutableLine line) { return parse<CatalogLine>(line); }

void write(const Content& content, std::string& out) { write_line(content, out); }
void write(const CatalogLine& line, std::string& out) { write_variant(line, out); }

}  // namespace paytick::codec
