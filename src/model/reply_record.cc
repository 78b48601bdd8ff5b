#include "model/reply_record.h"

#include <algorithm>
#include <cstring>

#include "model/partition.h"

namespace paytick {
namespace {

constexpr char kMark = 'R';
constexpr char kVersion = 1;
constexpr std::size_t kFixedBytes = 16 + 16 + 8 + 8 + 8 + 1 + 1;

void put(std::string& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(number >> shift & 0xFF));
}

template <typename Id>
void put_id(std::string& out, const Id& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
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
  if (record.empty()) record.append({kMark, kVersion});
  put_id(record, reply.attachment);
  put_id(record, reply.session);
  put(record, static_cast<std::uint64_t>(reply.spendable.units()));
  put(record, static_cast<std::uint64_t>(reply.paid_until.ms));
  put(record, reply.seq);
  const unsigned halt = reply.halt ? static_cast<unsigned>(*reply.halt) + 1 : 0;
  record.push_back(static_cast<char>((reply.closed ? 1U : 0U) | halt << 1));
  const std::string_view refused = reply.refused.substr(0, 255);
  record.push_back(static_cast<char>(refused.size()));
  record.append(refused);
}

std::optional<std::vector<Reply>> ReplyReader::read(std::string_view record) {
  if (record.size() < 2 || record[0] != kMark || record[1] != kVersion) return std::nullopt;
  std::vector<Reply> replies;
  for (Cursor at{record.substr(2)}; !at.rest.empty();) {
    if (at.rest.size() < kFixedBytes) return std::nullopt;
    Reply& reply = replies.emplace_back();
    reply.attachment = at.id<AttachmentId>();
    reply.session = at.id<SessionId>();
    reply.spendable = Amount(static_cast<std::int64_t>(at.number()));
    reply.paid_until = TimeMs{static_cast<std::int64_t>(at.number())};
    reply.seq = at.number();
    const unsigned flags = at.byte();
    reply.closed = (flags & 1U) != 0;
    if (const unsigned halt = flags >> 1; halt > static_cast<unsigned>(HaltReason::content) + 1)
      return std::nullopt;
    else if (halt != 0)
      reply.halt = static_cast<HaltReason>(halt - 1);
    const std::size_t size = at.byte();
    if (at.rest.size() < size) return std::nullopt;
    if (size == 0) continue;
    const std::string_view code = at.rest.substr(0, size);
    auto known = codes_.find(code);
    if (known == codes_.end()) {
      if (codes_.size() >= kCodesMax) return std::nullopt;
      known = codes_.emplace(code).first;
    }
    reply.refused = *known;
    at.rest.remove_prefix(size);
  }
  return replies;
}

PartitionId replies_partition_of(const GatewayId& gateway, std::uint32_t partitions) {
  return PartitionId{(murmur2(to_text(gateway)) & 0x7fff'ffff) % partitions};
}

}  // namespace paytick
