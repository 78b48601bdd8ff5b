#include "model/reply_record.h"

#include <algorithm>
#include <cstring>

#include "model/partition.h"

namespace paytick {
namespace {

constexpr char kMark = 'R';
constexpr char kVersion = 2;
constexpr char kReply = 0;
constexpr char kOutcome = 1;
// Behind the kind, up to the length of the code.
constexpr std::size_t kReplyFixed = 16 + 16 + 5 * 8 + 1 + 1;
constexpr std::size_t kOutcomeFixed = 16 + 16 + 8 * 8 + 2 + 1;
static_assert(kReplyBytesMax >= 1 + kOutcomeFixed + 255);

void put(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(number >> shift & 0xFF));
}

template <typename Id>
void put_id(std::string& out, const Id& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

void put(std::string& out, Amount amount) { put(out, static_cast<std::uint64_t>(amount.units())); }
void put(std::string& out, TimeMs time) { put(out, static_cast<std::uint64_t>(time.ms)); }

void begin(std::string& record, char kind) {
  if (record.empty()) record.append({kMark, kVersion});
  record.push_back(kind);
}

void put_flags(std::string& out, bool closed, const std::optional<HaltReason>& halt) {
  const unsigned number = halt ? static_cast<unsigned>(*halt) + 1 : 0;
  out.push_back(static_cast<char>((closed ? 1U : 0U) | number << 1));
}

void put_code(std::string& out, std::string_view code) {
  code = code.substr(0, 255);
  out.push_back(static_cast<char>(code.size()));
  out.append(code);
}

// Takes from the front of what was checked to be long enough.
struct Cursor {
  std::string_view rest;

  std::uint64_t number() {
    std::uint64_t out = 0;
    for (unsigned i = 0; i < 8; ++i) out |= std::uint64_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    rest.remove_prefix(8);
    return out;
  }
  Amount amount() { return Amount(static_cast<std::int64_t>(number())); }
  TimeMs time() { return TimeMs{static_cast<std::int64_t>(number())}; }
  // False: no such halt.
  bool flags(bool& closed, std::optional<HaltReason>& halt) {
    const unsigned flags = byte();
    closed = (flags & 1U) != 0;
    const unsigned number = flags >> 1;
    if (number > static_cast<unsigned>(HaltReason::content) + 1) return false;
    if (number != 0) halt = static_cast<HaltReason>(number - 1);
    return true;
  }
  std::optional<std::string_view> code() {
    const std::size_t size = byte();
    if (rest.size() < size) return std::nullopt;
    const std::string_view out = rest.substr(0, size);
    rest.remove_prefix(size);
    return out;
  }
  unsigned byte() {
    const auto out = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return out;
  }
  template <typename Id>
  Id id() {
    Id out;
    std::memcpy(out.bytes.data(), rest.data(), out.bytes.size());
    rest.remove_prefix(out.bytes.size());
    return out;
  }
};

}  // namespace

void append_reply(const Reply& reply, std::string& record) {
  begin(record, kReply);
  put_id(record, reply.attachment);
  put_id(record, reply.session);
  put(record, reply.spendable);
  put(record, reply.paid_until);
  put(record, reply.seq);
  put(record, reply.spent);
  put(record, reply.limit);
  put_flags(record, reply.closed, reply.halt);
  put_code(record, reply.refused);
}

void append_outcome(const Outcome& outcome, std::string& record) {
  begin(record, kOutcome);
  put_id(record, outcome.command);
  put_id(record, outcome.session);
  put(record, outcome.spendable);
  put(record, outcome.charged);
  put(record, outcome.spent);
  put(record, outcome.limit);
  put(record, outcome.amount);
  put(record, outcome.at);
  put(record, outcome.paid_until);
  put(record, static_cast<std::uint64_t>(outcome.ticks));
  put_flags(record, outcome.closed, outcome.halt);
  const auto bit = [](bool value, unsigned at) { return (value ? 1U : 0U) << at; };
  record.push_back(static_cast<char>(bit(outcome.repeated, 0) | bit(outcome.paused, 1) |
                                     bit(outcome.frozen, 2) | bit(outcome.joined, 3) |
                                     bit(outcome.has_key, 4) | static_cast<unsigned>(outcome.period) << 5));
  put_code(record, outcome.refused);
}

std::optional<std::string_view> ReplyReader::known(std::string_view code) {
  if (code.empty()) return std::string_view();
  auto at = codes_.find(code);
  if (at == codes_.end()) {
    if (codes_.size() >= kCodesMax) return std::nullopt;
    at = codes_.emplace(code).first;
  }
  return *at;
}

std::optional<Hints> ReplyReader::read(std::string_view record) {
  if (record.size() < 2 || record[0] != kMark || record[1] != kVersion) return std::nullopt;
  Hints hints;
  for (Cursor at{record.substr(2)}; !at.rest.empty();) {
    const unsigned kind = at.byte();
    std::string_view* refused = nullptr;
    if (kind == kReply) {
      if (at.rest.size() < kReplyFixed) return std::nullopt;
      Reply& reply = hints.replies.emplace_back();
      reply.attachment = at.id<AttachmentId>();
      reply.session = at.id<SessionId>();
      reply.spendable = at.amount();
      reply.paid_until = at.time();
      reply.seq = at.number();
      reply.spent = at.amount();
      reply.limit = at.amount();
      if (!at.flags(reply.closed, reply.halt)) return std::nullopt;
      refused = &reply.refused;
    } else if (kind == kOutcome) {
      if (at.rest.size() < kOutcomeFixed) return std::nullopt;
      Outcome& outcome = hints.outcomes.emplace_back();
      outcome.command = at.id<CommandId>();
      outcome.session = at.id<SessionId>();
      outcome.spendable = at.amount();
      outcome.charged = at.amount();
      outcome.spent = at.amount();
      outcome.limit = at.amount();
      outcome.amount = at.amount();
      outcome.at = at.time();
      outcome.paid_until = at.time();
      outcome.ticks = static_cast<std::int64_t>(at.number());
      if (!at.flags(outcome.closed, outcome.halt)) return std::nullopt;
      const unsigned more = at.byte();
      outcome.repeated = (more & 1U) != 0;
      outcome.paused = (more & 2U) != 0;
      outcome.frozen = (more & 4U) != 0;
      outcome.joined = (more & 8U) != 0;
      outcome.has_key = (more & 16U) != 0;
      if (more >> 5 > static_cast<unsigned>(Period::month)) return std::nullopt;
      outcome.period = static_cast<Period>(more >> 5);
      refused = &outcome.refused;
    } else {
      return std::nullopt;
    }
    const auto code = at.code();
    const auto kept = code ? known(*code) : std::nullopt;
    if (!kept) return std::nullopt;
    *refused = *kept;
  }
  return hints;
}

PartitionId replies_partition_of(const GatewayId& gateway, std::uint32_t partitions) {
  return PartitionId{(murmur2(to_text(gateway)) & 0x7fff'ffff) % partitions};
}

}  // namespace paytick
