#pragma once
// SCVal, the value of Soroban contracts: arguments, results, storage, event topics and data.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chain/xdr_codec.h"
#include "model/ids.h"
#include "model/money.h"

namespace paytick::chain {

struct MuxedEd25519 {
  std::uint64_t id = 0;
  Hash key;
  static constexpr auto kXdr = std::tuple(&MuxedEd25519::id, &MuxedEd25519::key);
  friend bool operator==(const MuxedEd25519&, const MuxedEd25519&) = default;
};
struct ClaimableBalance {
  NoExtension v0;  // the only type of id
  Hash id;
  static constexpr auto kXdr = std::tuple(&ClaimableBalance::v0, &ClaimableBalance::id);
  friend bool operator==(const ClaimableBalance&, const ClaimableBalance&) = default;
};
using PoolId = Bytes<32, struct PoolTag>;
using ScAddress = Union<Case<0, AccountId>, Case<1, ContractId>, Case<2, MuxedEd25519>,
                        Case<3, ClaimableBalance>, Case<4, PoolId>>;

// Both words are always on the wire: a contract's own code, or one of the host's.
enum class ScErrorType : std::int32_t {
  contract,
  wasm_vm,
  context,
  storage,
  object,
  crypto,
  events,
  budget,
  value,
  auth
};
constexpr bool is_known(ScErrorType type) {
  return type >= ScErrorType::contract && type <= ScErrorType::auth;
}
struct ScError {
  ScErrorType type{};
  std::uint32_t code = 0;
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const ScError&, const ScError&) = default;
};

// One type a distinct arm, so that std::get names what it means.
template <typename T, typename Tag>
struct ScScalar {
  T value{};
  static constexpr auto kXdr = std::tuple(&ScScalar::value);
  friend bool operator==(const ScScalar&, const ScScalar&) = default;
};
template <typename Tag>
struct ScUnit {
  static constexpr auto kXdr = std::tuple<>();
  friend bool operator==(const ScUnit&, const ScUnit&) = default;
};
using ScVoid = ScUnit<struct ScVoidTag>;
using ScInstanceKey = ScUnit<struct ScInstanceKeyTag>;
using ScTimepoint = ScScalar<std::uint64_t, struct ScTimepointTag>;
using ScDuration = ScScalar<std::uint64_t, struct ScDurationTag>;
using ScNonceKey = ScScalar<std::int64_t, struct ScNonceTag>;
using ScBytes = ScScalar<XdrString<0xffffffff>, struct ScBytesTag>;
using ScString = ScScalar<XdrString<0xffffffff>, struct ScStringTag>;
using ScSymbol = ScScalar<XdrString<32>, struct ScSymbolTag>;
using ScExecutableTag = ScScalar<XdrString<0xffffffff>, struct ScExecutableTagTag>;

struct U128 {
  std::uint64_t hi = 0, lo = 0;
  static constexpr auto kXdr = std::tuple(&U128::hi, &U128::lo);
  friend bool operator==(const U128&, const U128&) = default;
};
struct I128 {
  std::int64_t hi = 0;
  std::uint64_t lo = 0;
  static constexpr auto kXdr = std::tuple(&I128::hi, &I128::lo);
  friend bool operator==(const I128&, const I128&) = default;
};
struct U256 {
  U128 hi, lo;
  static constexpr auto kXdr = std::tuple(&U256::hi, &U256::lo);
  friend bool operator==(const U256&, const U256&) = default;
};
struct I256 {
  I128 hi;
  U128 lo;
  static constexpr auto kXdr = std::tuple(&I256::hi, &I256::lo);
  friend bool operator==(const I256&, const I256&) = default;
};

struct ScVal;
struct ScMapEntry;

// Optional on the wire for the recursion's sake; absent is not a value that occurs, and is refused.
struct ScVec {
  std::vector<ScVal> items;
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const ScVec& a, const ScVec& b);
};
struct ScMap {
  std::vector<ScMapEntry> entries;
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const ScMap& a, const ScMap& b);
};

struct WasmExecutable {
  Hash hash;
  static constexpr auto kXdr = std::tuple(&WasmExecutable::hash);
  friend bool operator==(const WasmExecutable&, const WasmExecutable&) = default;
};
using AssetExecutable = ScUnit<struct AssetExecutableTag>;
using ContractExecutable = Union<Case<0, WasmExecutable>, Case<1, AssetExecutable>>;

struct ScInstance {
  ContractExecutable executable;
  std::optional<std::vector<ScMapEntry>> storage;
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const ScInstance& a, const ScInstance& b);
};

struct ScVal {
  using Body =
      Union<Case<1, ScVoid>, Case<0, bool>, Case<2, ScError>, Case<3, std::uint32_t>, Case<4, std::int32_t>,
            Case<5, std::uint64_t>, Case<6, std::int64_t>, Case<7, ScTimepoint>, Case<8, ScDuration>,
            Case<9, U128>, Case<10, I128>, Case<11, U256>, Case<12, I256>, Case<13, ScBytes>,
            Case<14, ScString>, Case<15, ScSymbol>, Case<16, ScVec>, Case<17, ScMap>, Case<18, ScAddress>,
            Case<19, ScInstance>, Case<20, ScInstanceKey>, Case<21, ScNonceKey>, Case<22, ScExecutableTag>>;
  Body body;

  template <typename T>
  const T* get() const {
    return body.get<T>();
  }
  void put(Writer& w) const;
  bool get_from(Reader& r);
  friend bool operator==(const ScVal& a, const ScVal& b);
};

struct ScMapEntry {
  ScVal key, val;
  static constexpr auto kXdr = std::tuple(&ScMapEntry::key, &ScMapEntry::val);
  friend bool operator==(const ScMapEntry&, const ScMapEntry&) = default;
};

// Making values.
ScVal sc_void();
ScVal sc_bool(bool v);
ScVal sc_u32(std::uint32_t v);
ScVal sc_u64(std::uint64_t v);
ScVal sc_i64(std::int64_t v);
ScVal sc_i128(Amount v);
ScVal sc_symbol(std::string_view v);  // at most 32 bytes
ScVal sc_string(std::string_view v);
ScVal sc_bytes(std::string_view v);
ScVal sc_bytes(const Hash& v);
ScVal sc_address(const AccountId& v);
ScVal sc_address(const ContractId& v);
ScVal sc_vec(std::vector<ScVal> v);
ScVal sc_map(std::vector<ScMapEntry> v);  // sorts by symbol key, as the host wants maps
ScVal sc_instance_key();

// Reading them: nothing when the value is of another type or does not fit.
std::optional<std::string_view> symbol_of(const ScVal& v);
std::optional<Amount> amount_of(const ScVal& v);           // i128, i64 or u64 within 64 bits
std::optional<std::uint64_t> unsigned_of(const ScVal& v);  // u32 or u64
std::optional<AccountId> account_of(const ScVal& v);
std::optional<ContractId> contract_of(const ScVal& v);
const std::vector<ScVal>* vec_of(const ScVal& v);
const ScVal* field_of(const ScVal& map, std::string_view symbol);

// For logs and error messages, bounded in length.
std::string describe(const ScVal& v);

}  // namespace paytick::chain
