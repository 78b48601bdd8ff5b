#pragma once
// Records of the topic `replies`: hints of the fold on their way to the gateway that holds the attachment
// (key: its id; no key: to every gateway). Packed binary, little-endian, because there is one for every ping:
//
//   record  := 0x52 ('R'), version (1), reply*
//   reply   := attachment (16), session (16), spendable (8), paidUntil ms (8), seq (8),
//              flags (1: bit 0 closed, bits 1-3 the halt's number and one, or 0), n (1), refused (n)
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

inline constexpr std::size_t kReplyBytesMax = 58 + 255;

// Begins the record where it is empty.
void append_reply(const Reply& reply, std::string& record);

// Not thread-safe. Must outlive the replies that it gives: their codes are kept here, each once.
class ReplyReader {
 public:
  // Nothing for what is no such record, or is cut short. The gateway is not filled in.
  std::optional<std::vector<Reply>> read(std::string_view record);

 private:
  // Codes are a few dozen; whoever writes more of them than this is not one of us.
  static constexpr std::size_t kCodesMax = 256;
  std::set<std::string, std::less<>> codes_;
};

// The partition of `replies` that a gateway reads: (murmur2(id) & 0x7fffffff) mod partitions.
PartitionId replies_partition_of(const GatewayId& gateway, std::uint32_t partitions);

}  // namespace paytick
