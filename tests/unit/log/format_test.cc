// The bytes on disk are frozen; these are they.

#include "log/embedded/format.h"

#include <gtest/gtest.h>

#include <string>

namespace paytick::log::format {
namespace {

constexpr TopicPartition kLane{Topic::ticks, PartitionId{0x01020304}};

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(kDigits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

TEST(Format, GoldenBytes) {
  EXPECT_EQ(hex(creation_key()), "0076");
  EXPECT_EQ(hex(encode(Creation{1, 16})), "0100000010000000");
  EXPECT_EQ(hex(epoch_key(Role::settler, PartitionId{5})), "00650200000005");
  EXPECT_EQ(hex(position_key(Role::bridge, PartitionId{5})), "00700300000005");
  EXPECT_EQ(hex(begin_key(kLane)), "00620301020304");
  EXPECT_EQ(hex(index_key({Topic::catalog, PartitionId{1}}, "ab")), "86000000016162");
  EXPECT_EQ(hex(record_key(kLane, Offset{0x0a0b0c0d0e0f})), "030102030400000a0b0c0d0e0f");
  EXPECT_EQ(hex(record_key_end(kLane)), "0301020304ffffffffffffffff");
  EXPECT_EQ(hex(encode_number(-2)), "feffffffffffffff");
  const auto header = record_header(TimeMs{0x0102030405}, "key");
  EXPECT_EQ(hex({header.data(), header.size()}), "0105040302010000000300");
}

TEST(Format, RecordsComeBack) {
  const auto header = record_header(TimeMs{77}, "key");
  const std::string bytes = std::string(header.data(), header.size()) + "keyvalue";
  const auto record = decode_record(Offset{9}, bytes);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->offset, Offset{9});
  EXPECT_EQ(record->append_time, TimeMs{77});
  EXPECT_EQ(record->key, "key");
  EXPECT_EQ(record->value, "value");
}

TEST(Format, DamagedBytesAreRefused) {
  const auto header = record_header(TimeMs{77}, "key");
  const std::string bytes = std::string(header.data(), header.size()) + "key";
  EXPECT_TRUE(decode_record(Offset{}, bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_record(Offset{}, bytes.substr(0, size)));
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_FALSE(decode_record(Offset{}, newer));
  EXPECT_FALSE(decode_number("1234567"));
  EXPECT_FALSE(decode_creation("1234567"));
}

TEST(Format, KeysSortByOffsetAndNameTheirLane) {
  EXPECT_LT(record_key(kLane, Offset{255}), record_key(kLane, Offset{256}));
  EXPECT_LT(record_key(kLane, Offset{1}), record_key_end(kLane));
  EXPECT_EQ(decode_record_key(kLane, record_key(kLane, Offset{300})), Offset{300});
  EXPECT_FALSE(decode_record_key({Topic::ticks, PartitionId{1}}, record_key(kLane, Offset{300})));
  EXPECT_FALSE(decode_record_key(kLane, begin_key(kLane)));
}

}  // namespace
}  // namespace paytick::log::format
