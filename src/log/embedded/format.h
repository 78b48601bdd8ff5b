#pragma once
// The bytes that the embedded engine keeps. Frozen: a change needs a new kFormatVersion and a reader of the
// old (tests/unit/log/format_test.cc holds golden bytes). Keys are big-endian, so that they sort as numbers;
// the rest is little-endian.
//
//   column family "default"
//     00 'v'                                → version u32, partitions u32
//     00 'e' role u8, partition u32         → epoch u64 of the newest lease
//     00 'p' role u8, partition u32         → position i64
//     00 'b' topic u8, partition u32        → first offset that can be read, i64
//     topic u8, partition u32, offset u64   → record
//   column family "compacted"
//     topic u8, partition u32, offset u64   → record (the newest of its key only)
//     80|topic u8, partition u32, key       → offset i64 of the key's newest record
//
//   record: version u8 = 1, append_time i64, key size u16, key, value
//
// No checksum of ours: RocksDB checks each WAL record, block and blob with CRC32C when it reads it, and
// frames carry a BLAKE2b hash from writer to reader.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/event_log.h"

namespace paytick::log::format {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint8_t kRecordVersion = 1;
inline constexpr std::size_t kRecordHeaderBytes = 11;
inline constexpr std::size_t kRecordKeyBytes = 13;

struct Creation {
  std::uint32_t version = kFormatVersion;
  std::uint32_t partitions = 0;
};
std::string creation_key();
std::string encode(const Creation& creation);
std::optional<Creation> decode_creation(std::string_view bytes);

std::string epoch_key(Role role, PartitionId partition);
std::string position_key(Role role, PartitionId partition);
std::string begin_key(TopicPartition tp);
std::string index_key(TopicPartition tp, std::string_view key);
std::string record_key(TopicPartition tp, Offset offset);
// Above every record of the lane.
std::string record_key_end(TopicPartition tp);
std::optional<Offset> decode_record_key(TopicPartition tp, std::string_view key);  // nothing: another lane's

std::string encode_number(std::int64_t number);
std::optional<std::int64_t> decode_number(std::string_view bytes);

// What stands before a record's key and value. `key` is at most kKeyBytesMax.
std::array<char, kRecordHeaderBytes> record_header(TimeMs append_time, std::string_view key);
std::optional<Record> decode_record(Offset offset, std::string_view bytes);

}  // namespace paytick::log::format
