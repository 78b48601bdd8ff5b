#include "chain/xdr.h"

#include <sodium.h>

namespace paytick::chain {

template <typename T>
std::string encode(const T& value) {
  Writer w;
  put(w, value);
  return w.take();
}

template <typename T>
Result<T> decode(std::string_view bytes) {
  Reader r(bytes);
  T value;
  if (!get(r, value) || r.remaining() != 0)
    return fail("xdr_malformed", "These bytes are not the XDR structure that was expected here.");
  return value;
}

template <typename T>
std::string encode_base64(const T& value) {
  return to_base64(encode(value));
}

template <typename T>
Result<T> decode_base64(std::string_view text) {
  const auto bytes = from_base64(text);
  if (!bytes) return tl::unexpected(bytes.error());
  return decode<T>(*bytes);
}

#define PAYTICK_XDR(T)                             \
  template std::string encode<T>(const T&);        \
  template Result<T> decode<T>(std::string_view);  \
  template std::string encode_base64<T>(const T&); \
  template Result<T> decode_base64<T>(std::string_view)
PAYTICK_XDR(ScVal);
PAYTICK_XDR(LedgerKey);
PAYTICK_XDR(LedgerEntry);
PAYTICK_XDR(LedgerEntryData);
PAYTICK_XDR(Envelope);
PAYTICK_XDR(Transaction);
PAYTICK_XDR(SorobanData);
PAYTICK_XDR(AuthorizationEntry);
PAYTICK_XDR(HostFunction);
PAYTICK_XDR(Operation);
PAYTICK_XDR(SignaturePayload);
PAYTICK_XDR(HashPreimage);
PAYTICK_XDR(TransactionResult);
PAYTICK_XDR(TransactionMeta);
PAYTICK_XDR(ContractEvent);
PAYTICK_XDR(DiagnosticEvent);
#undef PAYTICK_XDR

std::string to_base64(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the terminating zero
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t n = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(),
                        nullptr, &n, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size())
    return fail("xdr_malformed", "This is not base64.");
  out.resize(n);
  return out;
}

Hash sha256(std::string_view bytes) {
  Hash out;
  crypto_hash_sha256(out.bytes.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return out;
}

}  // namespace paytick::chain
