#include "ingest/api/call_ids.h"

#include <sodium.h>

#include <algorithm>
#include <span>

#include "model/hash.h"

namespace paytick::ingest {
namespace {

constexpr std::string_view kPrefix = "call_";
constexpr std::size_t kNamed = SessionId::kSize + ViewerId::kSize + CreatorId::kSize;
constexpr std::size_t kMac = 8;
constexpr std::size_t kText = 118;  // base64url of both, unpadded
constexpr std::size_t kWith = 4;    // bytes of a session that say with whom, and at which price

using Bytes = std::array<std::uint8_t, kNamed + kMac>;

void write_mac(std::span<const std::uint8_t, 32> key, Bytes& bytes) {
  std::array<std::uint8_t, crypto_generichash_BYTES_MIN> mac{};
  crypto_generichash(mac.data(), mac.size(), bytes.data(), kNamed, key.data(), key.size());
  std::copy_n(mac.begin(), kMac, bytes.begin() + kNamed);
}

template <typename Id>
std::uint8_t* put(std::uint8_t* to, const Id& id) {
  return std::copy(id.bytes.begin(), id.bytes.end(), to);
}

template <typename Id>
const std::uint8_t* take(const std::uint8_t* from, Id& id) {
  std::copy_n(from, id.bytes.size(), id.bytes.begin());
  return from + id.bytes.size();
}

}  // namespace

CallIds::CallIds(const ResumeTokens::Key& key) {
  constexpr std::string_view kPurpose = "paytick:call ids";
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const unsigned char*>(kPurpose.data()),
                     kPurpose.size(), key.data(), key.size());
}

std::string CallIds::issue(const CallRef& call) const {
  Bytes bytes{};
  put(put(put(bytes.data(), call.session), call.viewer), call.creator);
  write_mac(key_, bytes);
  std::array<char, kText + 1> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return std::string(kPrefix).append(text.data());
}

std::optional<CallRef> CallIds::parse(std::string_view id) const {
  if (!id.starts_with(kPrefix) || id.size() != kPrefix.size() + kText) return std::nullopt;
  id.remove_prefix(kPrefix.size());
  Bytes bytes{};
  std::size_t n = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data(), bytes.size(), id.data(), id.size(), nullptr, &n, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      n != bytes.size() || end != id.data() + id.size()) {
    return std::nullopt;
  }
  Bytes wanted = bytes;
  write_mac(key_, wanted);
  if (sodium_memcmp(wanted.data() + kNamed, bytes.data() + kNamed, kMac) != 0) return std::nullopt;
  CallRef call;
  take(take(take(bytes.data(), call.session), call.viewer), call.creator);
  return call;
}

SessionId call_session(const ViewerId& viewer, std::string_view key, const CreatorId& creator,
                       const Plan& plan) {
  std::array<std::uint8_t, 16> begun{}, with{};
  blake2b("paytick:call:" + to_text(viewer) + ":" + std::string(key), begun);
  blake2b("paytick:call with:" + to_text(creator) + ":" + to_text(plan.id), with);
  SessionId session{begun};
  std::copy_n(with.begin(), kWith, session.bytes.end() - kWith);
  return session;
}

ContentId calls_of(const CreatorId& creator) {
  ContentId content;
  blake2b("paytick:calls of:" + to_text(creator), content.bytes);
  return content;
}

AttachmentId call_attachment(const SessionId& session) {
  AttachmentId attachment;
  const std::string_view begun(reinterpret_cast<const char*>(session.bytes.data()),
                               session.bytes.size() - kWith);
  blake2b("paytick:call attachment:" + std::string(begun), attachment.bytes);
  return attachment;
}

}  // namespace paytick::ingest
