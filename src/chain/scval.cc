#include "chain/scval.h"

#include <algorithm>
#include <limits>

#include "model/ids.h"

namespace paytick::chain {

namespace {

template <typename T>
ScVal make(T&& v) {
  ScVal out;
  out.body.arm = std::forward<T>(v);
  return out;
}

constexpr std::size_t kDescribeBytesMax = 400;

void describe_into(const ScVal& v, std::string& out, int depth);

void describe_list(const std::vector<ScVal>& items, std::string& out, int depth) {
  out += '[';
  for (std::size_t i = 0; i < items.size() && out.size() < kDescribeBytesMax; ++i) {
    if (i > 0) out += ", ";
    describe_into(items[i], out, depth + 1);
  }
  out += ']';
}

std::string printable(const std::string& bytes) {
  std::string out;
  for (const char c : bytes.substr(0, 200)) out += (c >= 0x20 && c < 0x7f) ? c : '?';
  return out;
}

void describe_into(const ScVal& v, std::string& out, int depth) {
  if (depth > 4 || out.size() > kDescribeBytesMax) {
    out += "…";
  } else if (const auto* text = v.get<ScString>()) {
    out += '"' + printable(text->value.bytes) + '"';
  } else if (const auto* symbol = v.get<ScSymbol>()) {
    out += printable(symbol->value.bytes);
  } else if (const auto* bytes = v.get<ScBytes>()) {
    out += std::to_string(bytes->value.bytes.size()) + " bytes";
  } else if (const auto* error = v.get<ScError>()) {
    out += "error(" + std::to_string(static_cast<int>(error->type)) + "," + std::to_string(error->code) + ")";
  } else if (const auto* vec = v.get<ScVec>()) {
    describe_list(vec->items, out, depth);
  } else if (const auto account = account_of(v)) {
    out += to_text(*account);
  } else if (const auto contract = contract_of(v)) {
    out += to_text(*contract);
  } else if (const auto amount = amount_of(v)) {
    out += std::to_string(amount->units());
  } else if (const auto number = unsigned_of(v)) {
    out += std::to_string(*number);
  } else if (const auto* flag = v.get<bool>()) {
    out += *flag ? "true" : "false";
  } else if (v.get<ScVoid>() != nullptr) {
    out += "void";
  } else {
    out += "value of type " + std::to_string(v.body.number());
  }
}

}  // namespace

void ScVal::put(Writer& w) const { chain::put(w, body); }
bool ScVal::get_from(Reader& r) { return chain::get(r, body); }

void ScError::put(Writer& w) const {
  chain::put(w, type);
  w.u32(code);
}
bool ScError::get_from(Reader& r) {
  constexpr std::uint32_t kHostCodeMax = 9;  // SCEC_UNEXPECTED_SIZE
  return chain::get(r, type) && r.u32(code) && (type == ScErrorType::contract || code <= kHostCodeMax);
}

void ScVec::put(Writer& w) const {
  w.u32(1);
  chain::put(w, items);
}
bool ScVec::get_from(Reader& r) {
  bool present = false;
  return chain::get(r, present) && present && chain::get(r, items);
}

void ScMap::put(Writer& w) const {
  w.u32(1);
  chain::put(w, entries);
}
bool ScMap::get_from(Reader& r) {
  bool present = false;
  return chain::get(r, present) && present && chain::get(r, entries);
}

void ScInstance::put(Writer& w) const {
  chain::put(w, executable);
  chain::put(w, storage);
}
bool ScInstance::get_from(Reader& r) { return chain::get(r, executable) && chain::get(r, storage); }

bool operator==(const ScVal& a, const ScVal& b) { return a.body == b.body; }
bool operator==(const ScVec& a, const ScVec& b) { return a.items == b.items; }
bool operator==(const ScMap& a, const ScMap& b) { return a.entries == b.entries; }
bool operator==(const ScInstance& a, const ScInstance& b) {
  return a.executable == b.executable && a.storage == b.storage;
}

ScVal sc_void() { return {}; }
ScVal sc_bool(bool v) { return make(v); }
ScVal sc_u32(std::uint32_t v) { return make(v); }
ScVal sc_u64(std::uint64_t v) { return make(v); }
ScVal sc_i64(std::int64_t v) { return make(v); }
ScVal sc_i128(Amount v) { return make(I128{v.units() < 0 ? -1 : 0, static_cast<std::uint64_t>(v.units())}); }
ScVal sc_symbol(std::string_view v) { return make(ScSymbol{{std::string(v)}}); }
ScVal sc_string(std::string_view v) { return make(ScString{{std::string(v)}}); }
ScVal sc_bytes(std::string_view v) { return make(ScBytes{{std::string(v)}}); }
ScVal sc_bytes(const Hash& v) {
  return sc_bytes(std::string_view(reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size()));
}
ScVal sc_address(const AccountId& v) { return make(ScAddress{v}); }
ScVal sc_address(const ContractId& v) { return make(ScAddress{v}); }
ScVal sc_vec(std::vector<ScVal> v) { return make(ScVec{std::move(v)}); }
ScVal sc_map(std::vector<ScMapEntry> v) {
  std::sort(v.begin(), v.end(), [](const ScMapEntry& a, const ScMapEntry& b) {
    return symbol_of(a.key).value_or("") < symbol_of(b.key).value_or("");
  });
  return make(ScMap{std::move(v)});
}
ScVal sc_instance_key() { return make(ScInstanceKey{}); }

std::optional<std::string_view> symbol_of(const ScVal& v) {
  const auto* symbol = v.get<ScSymbol>();
  if (symbol == nullptr) return std::nullopt;
  return symbol->value.bytes;
}

std::optional<Amount> amount_of(const ScVal& v) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (const auto* wide = v.get<I128>()) {
    const auto low = static_cast<std::int64_t>(wide->lo);
    if (wide->hi != (low < 0 ? -1 : 0)) return std::nullopt;
    return Amount(low);
  }
  if (const auto* signed_value = v.get<std::int64_t>()) return Amount(*signed_value);
  if (const auto* plain = v.get<std::uint64_t>(); plain != nullptr && *plain <= kMax)
    return Amount(static_cast<std::int64_t>(*plain));
  return std::nullopt;
}

std::optional<std::uint64_t> unsigned_of(const ScVal& v) {
  if (const auto* word = v.get<std::uint32_t>()) return *word;
  if (const auto* wide = v.get<std::uint64_t>()) return *wide;
  return std::nullopt;
}

std::optional<AccountId> account_of(const ScVal& v) {
  const auto* address = v.get<ScAddress>();
  const auto* account = address == nullptr ? nullptr : address->get<AccountId>();
  if (account == nullptr) return std::nullopt;
  return *account;
}

std::optional<ContractId> contract_of(const ScVal& v) {
  const auto* address = v.get<ScAddress>();
  const auto* contract = address == nullptr ? nullptr : address->get<ContractId>();
  if (contract == nullptr) return std::nullopt;
  return *contract;
}

const std::vector<ScVal>* vec_of(const ScVal& v) {
  const auto* vec = v.get<ScVec>();
  return vec == nullptr ? nullptr : &vec->items;
}

const ScVal* field_of(const ScVal& map, std::string_view symbol) {
  const auto* entries = map.get<ScMap>();
  if (entries == nullptr) return nullptr;
  for (const ScMapEntry& entry : entries->entries)
    if (symbol_of(entry.key) == symbol) return &entry.val;
  return nullptr;
}

std::string describe(const ScVal& v) {
  std::string out;
  describe_into(v, out, 0);
  return out;
}

}  // namespace paytick::chain
