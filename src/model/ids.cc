#include "model/ids.h"

#include <type_traits>

#include "model/access.h"
#include "model/base64url.h"
#include "model/strkey.h"

namespace paytick {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::uint8_t hex_digit(char c) {
  const std::size_t digit = kHex.find(c);
  return static_cast<std::uint8_t>(digit < kHex.size() ? digit : 0xff);
}

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (text.size() != 2 * N) return false;
  for (std::size_t i = 0; i < N; ++i) {
    const std::uint8_t high = hex_digit(text[2 * i]);
    const std::uint8_t low = hex_digit(text[2 * i + 1]);
    if ((high | low) > 15) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

template <typename Id>
std::string text_of(const Id& id) {
  char text[kTxHashText];  // the longest of the forms
  return std::string(text, write_id(text, id));
}

}  // namespace

template <typename Id>
char* write_id(char* out, const Id& id) {
  if constexpr (std::is_same_v<Id, AccountId>) {
    return write_strkey(out, StrkeyKind::account, id.bytes);
  } else if constexpr (std::is_same_v<Id, ContractId>) {
    return write_strkey(out, StrkeyKind::contract, id.bytes);
  } else if constexpr (std::is_same_v<Id, TxHash>) {
    for (const std::uint8_t byte : id.bytes) {
      *out++ = kHex[byte >> 4];
      *out++ = kHex[byte & 15];
    }
    return out;
  } else {
    return base64url::write(out, id.bytes);
  }
}

template <typename Id>
std::optional<Id> parse_id(std::string_view text) {
  std::optional<Id> id(std::in_place);
  bool good = false;
  if constexpr (std::is_same_v<Id, AccountId> || std::is_same_v<Id, ContractId>) {
    constexpr auto kKind = std::is_same_v<Id, AccountId> ? StrkeyKind::account : StrkeyKind::contract;
    if (const auto key = parse_strkey(text, kKind)) {
      id->bytes = *key;
      good = true;
    }
  } else if constexpr (std::is_same_v<Id, TxHash>) {
    good = read_hex(text, id->bytes);
  } else {
    good = base64url::read(text, id->bytes);
  }
  if (!good) id.reset();
  return id;
}

template <std::size_t N, typename Tag>
std::string to_text(const Bytes<N, Tag>& id) {
  return text_of(id);
}
std::string to_text(const AccountId& id) { return text_of(id); }
std::string to_text(const ContractId& id) { return text_of(id); }
std::string to_text(const TxHash& id) { return text_of(id); }

#define PAYTICK_STELLAR_ID(Id)                   \
  template char* write_id<Id>(char*, const Id&); \
  template std::optional<Id> parse_id<Id>(std::string_view);
#define PAYTICK_ID(Id)   \
  PAYTICK_STELLAR_ID(Id) \
  template std::string to_text(const Id&);

PAYTICK_STELLAR_ID(AccountId)
PAYTICK_STELLAR_ID(ContractId)
PAYTICK_STELLAR_ID(TxHash)
PAYTICK_ID(SessionId)
PAYTICK_ID(AttachmentId)
PAYTICK_ID(ContentId)
PAYTICK_ID(PlanId)
PAYTICK_ID(PlatformId)
PAYTICK_ID(GatewayId)
PAYTICK_ID(OwnerId)
PAYTICK_ID(KeyId)
PAYTICK_ID(LoginId)
PAYTICK_ID(KeyHash)
PAYTICK_ID(PublicKey)
PAYTICK_ID(CommandId)
PAYTICK_ID(Proof)
PAYTICK_ID(FrameHash)

#undef PAYTICK_ID
#undef PAYTICK_STELLAR_ID

}  // namespace paytick
