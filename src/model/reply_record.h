#pragma once
// Records of the topic `replies`: hints of the fold on their way to the gateway that holds the attachment, or
// that waits for a command (key: its id; no key: to every gateway). Packed binary, little-endian, because
// there is one for every ping:
//
//   record  := 0x52 ('R'), version (2), (reply | outcome)*
//   reply   := 0 (1), attachment (16), session (16), spendable (8), paidUntil ms (8), seq (8), spent (8),
//   limit (8),
//              flags (1: bit 0 closed, bits 1-3 the halt's number and one, or 0), refused
//   outcome := 1 (1), command (16), session (16), spendable (8), charged (8), spent (8), limit (8), amount
//   (8), at ms (8),
//              paidUntil ms (8), ticks (8), flags (1: as above), more (1: bit 0 repeated, 1 paused, 2 frozen,
//              3 joined, 4 has key, bits 5-6 the limit's period), refused
//   refused := n (1), code (n)
//
// Hints may be lost, so a gateway passes over a record of a version that it does not know.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/reply.h"

namespace paytick {

inline constexpr std::size_t kReplyBytesMax = 100 + 255;

// Either begins the record where it is empty.
void append_reply(const Reply& reply, std::string& record);
void append_outcome(const Outcome& outcome, std::string& record);

struct Hints {
  std::vector<Reply> replies;
  std::vector<Outcome> outcomes;
};

// Not thread-safe. Must outlive the hints that it gives: their codes are kept here, each once.
class ReplyReader {
 public:
  // Nothing for what is no such record, or is cut short. The gateway is not filled in.
  std::optional<Hints> read(std::string_view record);

 private:
  std::optional<std::string_view> known(std::string_view code);

  // Codes are a few dozen; whoever writes more of them than this is not one of us.
  static constexpr std::size_t kCodesMax = 256;
  std::set<std::string, std::less<>> codes_;
};

// The partition of `replies` that a gateway reads: (murmur2(id) & 0x7fffffff) mod partitions.
PartitionId replies_partition_of(const GatewayId& gateway, std::uint32_t partitions);

}  // namespace paytick
