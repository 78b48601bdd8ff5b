#include "model/member_reader.h"

namespace paytick::codec {

void MemberReader::refuse(std::string_view code, std::string_view name) {
  if (!error_.code.empty()) return;
  error_.code = code;
  error_.message =
      "the member " + std::string(name) +
      (code == "missing_field" ? " is missing" : " has a type, form or range that its schema forbids");
}

bool MemberReader::read(json::Value in, std::string& out, Text rule) {
  const auto text = in.string();
  if (!text || text->size() < rule.min || text->size() > rule.max) return false;
  // An escaped surrogate passes for JSON but is no text, and PostgreSQL takes no NUL.
  if (text->find('\0') != text->npos || !json::is_utf8(*text)) return false;
  out.assign(*text);
  return true;
}

}  // namespace paytick::codec
