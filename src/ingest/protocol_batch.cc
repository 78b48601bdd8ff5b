#include "ingest/protocol_batch.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>

#include "ingest/errors.h"
#include "ingest/protocol_json.h"
#include "model/inputs.h"

namespace paytick::ingest {
namespace {

struct Fields {
  BatchLine line;
  std::string_view type;
  std::optional<std::int64_t> at, seq;
  std::string_view bad;
};

void number(Fields& f, std::optional<std::int64_t>& to, std::string_view key, const JsonScalar& v) {
  if (v.kind == JsonScalar::Kind::integer) {
    to = v.integer;
  } else if (f.bad.empty()) {
    f.bad = key;
  }
}

void collect(Fields& f, std::string_view key, const JsonScalar& v) {
  if (key == "at") return number(f, f.at, key, v);
  if (key == "seq") return number(f, f.seq, key, v);
  std::string_view* to = key == "type"         ? &f.type
                         : key == "session"    ? &f.line.session
                         : key == "attachment" ? &f.line.attachment
                         : key == "viewer"     ? &f.line.viewer
                         : key == "meter"      ? &f.line.meter
                         : key == "content"    ? &f.line.content
                         : key == "planId"     ? &f.line.plan
                                               : nullptr;
  if (to == nullptr) return;
  if (v.kind == JsonScalar::Kind::text) {
    *to = v.text;
  } else if (f.bad.empty()) {
    f.bad = key;
  }
}

tl::unexpected<Error> missing(std::string_view field) {
  return fail(code::kMissingField, "The field " + std::string(field) + " is missing.");
}

Result<void> check_open(const BatchLine& line) {
  if (line.viewer.empty()) return missing("viewer");
  if (line.meter.empty()) return missing("meter");
  if (line.content.empty()) return missing("content");
  return {};
}

}  // namespace

Result<BatchLine> parse_batch_line(codec::MutableLine text, TimeMs now) {
  if (text.size > kBatchLineBytesMax) {
    return fail(code::kTooLarge, "A line may have " + std::to_string(kBatchLineBytesMax) + " bytes at most.");
  }
  Fields f;
  auto read = read_object(text, [&f](std::string_view parent, std::string_view key, const JsonScalar& v) {
    if (parent.empty() && v.kind != JsonScalar::Kind::null) collect(f, key, v);
  });
  if (!read) return tl::unexpected(std::move(read.error()));
  if (!f.bad.empty())
    return fail(code::kBadField, "The field " + std::string(f.bad) + " has the wrong type.");
  if (f.type.empty()) return missing("type");
  if (f.type == "heartbeat") {
    f.line.type = BatchLineType::heartbeat;
  } else if (f.type == "open") {
    f.line.type = BatchLineType::open;
  } else if (f.type == "stop") {
    f.line.type = BatchLineType::stop;
  } else {
    return fail(code::kUnknownType, "A line is of type open, heartbeat or stop.");
  }
  if (f.line.session.empty()) return missing("session");
  if (f.line.attachment.empty()) return missing("attachment");
  if (f.line.session.size() > kReferenceBytesMax || f.line.attachment.size() > kReferenceBytesMax) {
    return fail(code::kBadField, "Names of sessions and attachments have at most " +
                                     std::to_string(kReferenceBytesMax) + " bytes.");
  }
  // A zero byte (from an escape) would not survive in PostgreSQL.
  if (f.line.session.find('\0') != f.line.session.npos ||
      f.line.attachment.find('\0') != f.line.attachment.npos) {
    return fail(code::kBadField, "Names of sessions and attachments hold no zero byte.");
  }
  if (!f.at) return missing("at");
  const TimeMs at{*f.at};
  if (at < kTimeMin || at > kTimeMax) {
    return fail(code::kBadTime, "The field at is milliseconds since the epoch.");
  }
  if (f.line.type != BatchLineType::stop && at - now > kFutureMsMax) {
    return fail(code::kBadTime, "The field at lies in the future; check the clock.");
  }
  f.line.at = at;
  if (f.seq && *f.seq < 0) return fail(code::kBadField, "The field seq is negative.");
  f.line.seq = static_cast<std::uint64_t>(f.seq.value_or(0));
  if (f.line.type == BatchLineType::open) {
    if (auto complete = check_open(f.line); !complete) return tl::unexpected(std::move(complete.error()));
  }
  return f.line;
}

void render_accepted(std::uint32_t line, std::string& out) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, line).ptr;
  out.append(R"({"line":)").append(digits, end).append(R"(,"status":"accepted"})").push_back('\n');
}

void render_refused(std::uint32_t line, const Error& error, std::string& out) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("line");
  json.Uint(line);
  json.Key("status");
  json.String("refused");
  json.Key("code");
  json.String(error.code.data(), static_cast<rapidjson::SizeType>(error.code.size()));
  json.Key("message");
  json.String(error.message.data(), static_cast<rapidjson::SizeType>(error.message.size()));
  json.EndObject();
  out.append(buffer.GetString(), buffer.GetSize()).push_back('\n');
}

}  // namespace paytick::ingest
