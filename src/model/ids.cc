#include "model/ids.h"

#include <type_traits>

#include "model/access.h"
#include "model/strkey.h"

namespace paytick {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 0xff;  // above every digit, and stays so when digits are or-ed together

// Two characters for each 12 bits: half the look-ups of one for each six.
constexpr std::size_t kPairCount = 4096;
constexpr std::array<char, 2 * kPairCount> kPairs = [] {
  std::array<char, 2 * kPairCount> table{};
  for (std::size_t i = 0; i < kPairCount; ++i) {
    table[2 * i] = kAlphabet[i >> 6];
    table[2 * i + 1] = kAlphabet[i & 63];
  }
  return table;
}();

constexpr std::array<std::uint8_t, 256> digits_of(std::string_view alphabet) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}
constexpr auto kDigits = digits_of(kAlphabet);
constexpr auto kHexDigits = digits_of(kHex);

char* put_pair(char* out, std::uint32_t bits) {
  std::memcpy(out, kPairs.data() + 2 * std::size_t{bits}, 2);
  return out + 2;
}

template <std::size_t N>
char* write_base64url(char* out, const std::array<std::uint8_t, N>& in) {
  std::size_t i = 0;
  for (; i + 3 <= N; i += 3) {
    const std::uint32_t bits = static_cast<std::uint32_t>(in[i] << 16 | in[i + 1] << 8 | in[i + 2]);
    out = put_pair(put_pair(out, bits >> 12), bits & 0xfff);
  }
  if constexpr (N % 3 == 1) {
    out = put_pair(out, static_cast<std::uint32_t>(in[i] << 4));
  } else if constexpr (N % 3 == 2) {
    const std::uint32_t bits = static_cast<std::uint32_t>(in[i] << 16 | in[i + 1] << 8);
    out = put_pair(out, bits >> 12);
    *out++ = kAlphabet[bits >> 6 & 63];
  }
  return out;
}

// The bits that a last digit holds beyond the last byte must be zero, so that a value has one text.
template <std::size_t N>
bool read_base64url(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (text.size() != (N * 8 + 5) / 6) return false;
  const char* p = text.data();
  std::uint32_t seen = 0;
  const auto digit = [&] {
    const std::uint32_t d = kDigits[static_cast<std::uint8_t>(*p++)];
    seen |= d;
    return d;
  };
  std::size_t i = 0;
  for (; i + 3 <= N; i += 3) {
    std::uint32_t bits = digit() << 18;
    bits |= digit() << 12;
    bits |= digit() << 6;
    bits |= digit();
    out[i] = static_cast<std::uint8_t>(bits >> 16);
    out[i + 1] = static_cast<std::uint8_t>(bits >> 8);
    out[i + 2] = static_cast<std::uint8_t>(bits);
  }
  if constexpr (N % 3 == 1) {
    std::uint32_t bits = digit() << 6;
    bits |= digit();
    out[i] = static_cast<std::uint8_t>(bits >> 4);
    if ((bits & 0xf) != 0) return false;
  } else if constexpr (N % 3 == 2) {
    std::uint32_t bits = digit() << 12;
    bits |= digit() << 6;
    bits |= digit();
    out[i] = static_cast<std::uint8_t>(bits >> 10);
    out[i + 1] = static_cast<std::uint8_t>(bits >> 2);
    if ((bits & 0x3) != 0) return false;
  }
  return seen < 64;
}

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (text.size() != 2 * N) return false;
  for (std::size_t i = 0; i < N; ++i) {
    const std::uint8_t high = kHexDigits[static_cast<std::uint8_t>(text[2 * i])];
    const std::uint8_t low = kHexDigits[static_cast<std::uint8_t>(text[2 * i + 1])];
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
    return write_base64url(out, id.bytes);
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
    good = read_base64url(text, id->bytes);
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
