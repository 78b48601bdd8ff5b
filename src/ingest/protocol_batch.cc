#include "ingest/protocol_batch.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <iterator>

#include "ingest/errors.h"
#include "ingest/protocol_json.h"
#include "model/digits.h"
#include "model/inputs.h"

namespace paytick::ingest {
namespace {

constexpr std::size_t kMemberShownMax = 64;  // of a member's name in a message

struct Fields {
  BatchLine line;
  std::string_view type;
  std::optional<std::int64_t> at, seq;
  std::string_view bad;
  std::string_view foreign;  // the first member that no line has
  bool has_foreign = false;
  bool bad_version = false;
};

void note_foreign(Fields& f, std::string_view key) {
  if (!f.has_foreign) f.foreign = key;
  f.has_foreign = true;
}

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
  if (key == "v") {
    f.bad_version = v.kind != JsonScalar::Kind::integer || v.integer != 1;
    return;
  }
  if (to == nullptr) return note_foreign(f, key);
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

// Hands the scalars of the top level to `collect`.
struct Members {
  Fields& f;
  void operator()(std::string_view parent, std::string_view key, const JsonScalar& v) const {
    if (parent.empty() && v.kind != JsonScalar::Kind::null) collect(f, key, v);
  }
  void container(std::string_view key) const { note_foreign(f, key); }
};

bool is_for_roles(std::string_view type) {
  constexpr std::string_view kTypes[] = {"pause",  "resume", "limit",  "freeze",  "unfreeze", "charge",
                                         "credit", "meter",  "refund", "content", "gateway",  "clock"};
  return std::ranges::find(kTypes, type) != std::end(kTypes);
}

// What else the line holds that its type does not have.
Result<void> check_others(const Fields& f) {
  const auto refuse = [](std::string_view member) {
    const bool shown = member.size() <= kMemberShownMax &&
                       std::ranges::all_of(member, [](char c) { return c >= 0x20 && c < 0x7f; });
    return fail(code::kForbiddenField,
                (shown ? "The member " + std::string(member) : std::string("A member")) +
                    " is not for a line of this type; prices, creators and balances are paytick's to say.");
  };
  if (f.bad_version) return fail(code::kBadField, "The member v, where it is given, is 1.");
  if (f.has_foreign) return refuse(f.foreign);
  const BatchLine& line = f.line;
  if (line.type == BatchLineType::open) return f.seq ? refuse("seq") : Result<void>();
  if (!line.viewer.empty()) return refuse("viewer");
  if (!line.meter.empty()) return refuse("meter");
  if (!line.content.empty()) return refuse("content");
  if (!line.plan.empty()) return refuse("planId");
  if (line.type == BatchLineType::stop && f.seq) return refuse("seq");
  return {};
}

}  // namespace

Result<BatchLine> parse_batch_line(codec::MutableLine text, TimeMs now, OtherMembers others) {
  if (text.size > kBatchLineBytesMax) {
    return fail(code::kTooLarge, "A line may have " + std::to_string(kBatchLineBytesMax) + " bytes at most.");
  }
  Fields f;
  auto read = read_object(text, Members{f});
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
  } else if (others == OtherMembers::refused && is_for_roles(f.type)) {
    return fail(code::kForbiddenType, "Lines of this type are for paytick's own roles to write.");
  } else {
    return fail(code::kUnknownType, "A line is of type open, heartbeat or stop.");
  }
  if (others == OtherMembers::refused) {
    if (auto none = check_others(f); !none) return tl::unexpected(std::move(none.error()));
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
  out.append(R"({"line":)");
  append_digits(out, line);
  out.append(R"(,"status":"accepted"})").push_back('\n');
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
