#pragma once
// Strong ids. Each is a fixed number of bytes, so that state, log and database agree on its size, and
// each has one text form:
//   Stellar keys   32 bytes, strkey ("G…" for accounts, "C…" for contracts; SEP-23)
//   paytick's ids  16 bytes, 22 characters of unpadded base64url (RFC 4648 §5), random or derived
// A platform's own names for sessions and attachments are free text; they are turned into ids by
// derive_id (name_ids.h) and kept as `reference` in the events that introduce them.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace paytick {

template <std::size_t N, typename Tag>
struct Bytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};

  friend constexpr auto operator<=>(const Bytes&, const Bytes&) = default;
  constexpr bool is_zero() const { return *this == Bytes{}; }
};

using AccountId = Bytes<32, struct AccountTag>;    // a viewer, creator or operator: an ed25519 public key
using ContractId = Bytes<32, struct ContractTag>;  // a meter, the router, a token
using MeterId = ContractId;
using SessionId = Bytes<16, struct SessionTag>;
using AttachmentId = Bytes<16, struct AttachmentTag>;
using ContentId = Bytes<16, struct ContentTag>;
using PlanId = Bytes<16, struct PlanTag>;  // derived from the plan's fields (plan.h)
using PlatformId = Bytes<16, struct PlatformTag>;
using GatewayId = Bytes<16, struct GatewayTag>;
using KeyId = Bytes<16, struct KeyTag>;          // of an API key, or of an issuer of viewer tokens
using LoginId = Bytes<16, struct LoginTag>;      // of one login of a person on one device
using OwnerId = Bytes<16, struct OwnerTag>;      // of a partition's lease: random, one a process start
using CommandId = Bytes<16, struct CommandTag>;  // of a command that a gateway waits for: random
using Proof = Bytes<32, struct ProofTag>;        // BLAKE2b-256 link of a session's or meter's chain
using FrameHash = Bytes<32, struct FrameTag>;    // of a frame's bytes (frame.h)
using TxHash = Bytes<32, struct TxTag>;          // of a Stellar transaction; text form: 64 hex digits

// The viewer of a session, the creator who earns: both are accounts.
using ViewerId = AccountId;
using CreatorId = AccountId;

enum class PartitionId : std::uint32_t {};  // 0 … partitions-1
enum class Offset : std::int64_t {};        // of a record in a partition; the first is 0
enum class Epoch : std::uint64_t {};  // of a partition's owner; grows with each new owner, the first is 1
enum class SumId : std::uint32_t {
};  // a (meter, creator, bps), numbered per partition from 0 in order of appearance

// Text forms. to_text never fails; parse refuses anything but the canonical text.
template <std::size_t N, typename Tag>
std::string to_text(const Bytes<N, Tag>& id);  // defined for 16- and 32-byte ids; see ids.cc
std::string to_text(const AccountId& id);
std::string to_text(const ContractId& id);
std::string to_text(const TxHash& id);
template <typename Id>
std::optional<Id> parse_id(std::string_view text);

// Lengths of the text forms.
inline constexpr std::size_t kShortIdText = 22;  // 16 bytes, base64url
inline constexpr std::size_t kLongIdText = 43;   // 32 bytes, base64url (proofs and frame hashes)
inline constexpr std::size_t kStrkeyText = 56;
inline constexpr std::size_t kTxHashText = 64;

// Writes the text form to `out` (which must have room) and returns the end. For hot paths.
template <typename Id>
char* write_id(char* out, const Id& id);

// Ids are random or hashes, so their first bytes are a hash already.
template <typename Id>
struct IdHash {
  std::size_t operator()(const Id& id) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, id.bytes.data(), sizeof h);
    return h;
  }
};

}  // namespace paytick

template <std::size_t N, typename Tag>
struct std::hash<paytick::Bytes<N, Tag>> : paytick::IdHash<paytick::Bytes<N, Tag>> {};
