#include "model/member_writer.h"

namespace paytick::codec {

// Only what JSON demands is escaped; the text is UTF-8 already.
void MemberWriter::write(const std::string& text) {
  flush();
  out_ += '"';
  std::size_t plain = 0;  // start of what needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out_.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out_ += "\\\"";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      case '\r':
        out_ += "\\r";
        break;
      case '\t':
        out_ += "\\t";
        break;
      default:
        out_ += "\\u00";
        out_ += "01"[c >> 4];
        out_ += "0123456789abcdef"[c & 15];
    }
  }
  out_.append(text, plain);
  out_ += '"';
}

}  // namespace paytick::codec
