#pragma once
// Rows as parameters: one array a column, in PostgreSQL's binary format, so that a step's rows cost one
// statement and neither side prints or parses numbers.
//
//   BulkRows<std::int32_t, Uuid, std::optional<std::int64_t>> rows;
//   rows.add(1, id, std::nullopt);
//   rows.exec(tx, "INSERT INTO t SELECT * FROM " + rows.unnest());
//
// Text is UTF-8, as the codec has checked. A NUL, which PostgreSQL cannot hold, becomes U+FFFD.

#include <array>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/ids.h"

namespace paytick::projections {

struct Uuid {
  template <typename Tag>
  explicit(false) Uuid(const Bytes<16, Tag>& id) : bytes(id.bytes) {}
  std::array<std::uint8_t, 16> bytes;
};
struct Bytea {
  template <typename Tag>
  explicit(false) Bytea(const Bytes<32, Tag>& id) : bytes(id.bytes) {}
  std::array<std::uint8_t, 32> bytes;
};
using Text = std::string;

namespace bulk {

// The array of one column.
class Column {
 public:
  void put(std::int16_t value) { put_number(static_cast<std::uint16_t>(value), 2); }
  void put(std::int32_t value) { put_number(static_cast<std::uint32_t>(value), 4); }
  void put(std::int64_t value) { put_number(static_cast<std::uint64_t>(value), 8); }
  void put(bool value) { put_number(value ? 1 : 0, 1); }
  void put(const Uuid& value) { put_bytes(value.bytes.data(), value.bytes.size()); }
  void put(const Bytea& value) { put_bytes(value.bytes.data(), value.bytes.size()); }
  void put(std::string_view text);
  template <typename T>
  void put(const std::optional<T>& value) {
    if (value)
      put(*value);
    else
      put_null();
  }
  std::string finish(std::uint32_t element_oid) const;
  std::size_t size() const { return count_; }

 private:
  void put_number(std::uint64_t value, std::size_t bytes);
  void put_bytes(const std::uint8_t* data, std::size_t bytes);
  void put_null();

  std::string elements_;
  std::size_t count_ = 0;
  bool has_null_ = false;
};

struct Type {
  std::uint32_t oid;
  const char* name;
};
// Fixed in PostgreSQL (pg_type.dat).
template <typename T>
struct TypeOf;
template <>
struct TypeOf<std::int16_t> {
  static constexpr Type value{21, "int2"};
};
template <>
struct TypeOf<std::int32_t> {
  static constexpr Type value{23, "int4"};
};
template <>
struct TypeOf<std::int64_t> {
  static constexpr Type value{20, "int8"};
};
template <>
struct TypeOf<bool> {
  static constexpr Type value{16, "bool"};
};
template <>
struct TypeOf<Uuid> {
  static constexpr Type value{2950, "uuid"};
};
template <>
struct TypeOf<Bytea> {
  static constexpr Type value{17, "bytea"};
};
template <>
struct TypeOf<Text> {
  static constexpr Type value{25, "text"};
};
template <typename T>
struct TypeOf<std::optional<T>> : TypeOf<T> {};

}  // namespace bulk

template <typename... Types>
class BulkRows {
 public:
  void add(const Types&... values) { add_all(std::index_sequence_for<Types...>{}, values...); }
  bool empty() const { return columns_[0].size() == 0; }

  // "unnest($1::int4[], $2::uuid[])": a row source of all rows, in order.
  static std::string unnest() {
    std::string text = "unnest(";
    int number = 0;
    const auto add = [&](const char* type) {
      text += number == 0 ? "$" : ", $";
      text += std::to_string(++number) + "::" + type + "[]";
    };
    (add(bulk::TypeOf<Types>::value.name), ...);
    return text + ")";
  }

  // Runs a statement that uses unnest(), if there are rows.
  void exec(pqxx::transaction_base& tx, const std::string& sql) const {
    if (empty()) return;
    std::vector<pqxx::binarystring> values;
    std::size_t at = 0;
    (values.emplace_back(columns_[at++].finish(bulk::TypeOf<Types>::value.oid)), ...);
    tx.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
  }

 private:
  template <std::size_t... I>
  void add_all(std::index_sequence<I...>, const Types&... values) {
    (columns_[I].put(values), ...);
  }
  std::array<bulk::Column, sizeof...(Types)> columns_;
};

}  // namespace paytick::projections
