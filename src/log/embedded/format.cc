#include "log/embedded/format.h"

#include <type_traits>

namespace paytick::log::format {
namespace {

template <typename T>
void put_big(std::string& out, T number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> shift)));
}

template <typename T>
void put_little(char* out, T number) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(number);
  for (std::size_t i = 0; i < sizeof number; ++i)
    out[i] = static_cast<char>(static_cast<std::uint8_t>(bits >> (8 * i)));
}

template <typename T>
T get_little(const char* in) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    bits = static_cast<std::make_unsigned_t<T>>((static_cast<std::uint64_t>(bits) << 8) |
                                                static_cast<std::uint8_t>(in[i]));
  return static_cast<T>(bits);
}

std::string lane_key(std::uint8_t first, PartitionId partition) {
  std::string out(1, static_cast<char>(first));
  put_big(out, static_cast<std::uint32_t>(partition));
  return out;
}

std::string meta_key(char kind, std::uint8_t what, PartitionId partition) {
  return std::string{'\0', kind} + lane_key(what, partition);
}

}  // namespace

std::string creation_key() { return {'\0', 'v'}; }

std::string encode(const Creation& creation) {
  std::string out(8, '\0');
  put_little(out.data(), creation.version);
  put_little(out.data() + 4, creation.partitions);
  return out;
}

std::optional<Creation> decode_creation(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return Creation{get_little<std::uint32_t>(bytes.data()), get_little<std::uint32_t>(bytes.data() + 4)};
}

std::string epoch_key(Role role, PartitionId partition) {
  return meta_key('e', static_cast<std::uint8_t>(role), partition);
}
std::string position_key(Role role, PartitionId partition) {
  return meta_key('p', static_cast<std::uint8_t>(role), partition);
}
std::string begin_key(TopicPartition tp) {
  return meta_key('b', static_cast<std::uint8_t>(tp.topic), tp.partition);
}

std::string index_key(TopicPartition tp, std::string_view key) {
  return lane_key(static_cast<std::uint8_t>(0x80 | static_cast<std::uint8_t>(tp.topic)), tp.partition) +
         std::string(key);
}

std::string record_key(TopicPartition tp, Offset offset) {
  std::string out = lane_key(static_cast<std::uint8_t>(tp.topic), tp.partition);
  put_big(out, static_cast<std::uint64_t>(offset));
  return out;
}

std::string record_key_end(TopicPartition tp) {
  std::string out = lane_key(static_cast<std::uint8_t>(tp.topic), tp.partition);
  put_big(out, ~std::uint64_t{0});
  return out;
}

std::optional<Offset> decode_record_key(TopicPartition tp, std::string_view key) {
  if (key.size() != kRecordKeyBytes ||
      key.substr(0, 5) != std::string_view(record_key(tp, Offset{})).substr(0, 5))
    return std::nullopt;
  std::uint64_t offset = 0;
  for (const char c : key.substr(5)) offset = (offset << 8) | static_cast<std::uint8_t>(c);
  return Offset{static_cast<std::int64_t>(offset)};
}

std::string encode_number(std::int64_t number) {
  std::string out(8, '\0');
  put_little(out.data(), number);
  return out;
}

std::optional<std::int64_t> decode_number(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return get_little<std::int64_t>(bytes.data());
}

std::array<char, kRecordHeaderBytes> record_header(TimeMs append_time, std::string_view key) {
  std::array<char, kRecordHeaderBytes> out{};
  out[0] = static_cast<char>(kRecordVersion);
  put_little(out.data() + 1, append_time.ms);
  put_little(out.data() + 9, static_cast<std::uint16_t>(key.size()));
  return out;
}

std::optional<Record> decode_record(Offset offset, std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes || static_cast<std::uint8_t>(bytes[0]) != kRecordVersion)
    return std::nullopt;
  const std::size_t key_size = get_little<std::uint16_t>(bytes.data() + 9);
  if (bytes.size() < kRecordHeaderBytes + key_size) return std::nullopt;
  return Record{offset, TimeMs{get_little<std::int64_t>(bytes.data() + 1)},
                std::string(bytes.substr(kRecordHeaderBytes, key_size)),
                std::string(bytes.substr(kRecordHeaderBytes + key_size))};
}

}  // namespace paytick::log::format
