#include "log/embedded/wal_check.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace paytick::log {
namespace {

namespace fs = std::filesystem;

// RocksDB's format of a WAL: blocks, each of them whole fragments, then up to six zeros. A fragment is a
// masked CRC32C of what follows the length (u32), the length of the payload (u16), a type (u8), the payload.
constexpr std::size_t kBlockBytes = 32 << 10;
constexpr std::size_t kHeaderBytes = 7;
constexpr unsigned char kFull = 1;
constexpr unsigned char kFirst = 2;

#if defined(__x86_64__)
// 192 MiB of WALs would be most of a second at every start without the processor's own instruction.
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_processor(std::string_view bytes) {
  std::uint64_t crc = 0xFFFF'FFFF;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto small = static_cast<std::uint32_t>(crc);
  for (; at < bytes.size(); ++at)
    small = __builtin_ia32_crc32qi(small, static_cast<unsigned char>(bytes[at]));
  return ~small;
}
#endif

std::uint32_t crc32c(std::string_view bytes) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return crc32c_by_processor(bytes);
#endif
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFF'FFFF, 0xFFFF'FFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

template <typename T>
T load(std::string_view bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

struct Fragment {
  unsigned char type = 0;
  std::size_t bytes = 0;  // with its header
};

// The fragment at `at`, if it is whole and its sum is right.
std::optional<Fragment> read_fragment(std::string_view block, std::size_t at) {
  if (at + kHeaderBytes > block.size()) return std::nullopt;
  const auto length = load<std::uint16_t>(block, at + 4);
  if (at + kHeaderBytes + length > block.size()) return std::nullopt;
  const std::uint32_t sum = crc32c(block.substr(at + 6, std::size_t{1} + length));
  if (((sum >> 15) | (sum << 17)) + 0xA282'EAD8U != load<std::uint32_t>(block, at)) return std::nullopt;
  return Fragment{static_cast<unsigned char>(block[at + 6]), kHeaderBytes + length};
}

std::optional<WalDamage> find_damage_in(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> buffer(kBlockBytes);
  std::optional<std::uint64_t> unreadable;
  for (std::uint64_t begin = 0; in; begin += kBlockBytes) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const std::string_view block(buffer.data(), static_cast<std::size_t>(in.gcount()));
    // Where a length is damaged, the next block is the next place where a fragment begins for certain.
    for (std::size_t at = 0; at + kHeaderBytes <= block.size();) {
      const auto fragment = read_fragment(block, at);
      if (!fragment) {
        if (!unreadable) unreadable = begin + at;
        const std::size_t behind = at + kHeaderBytes + load<std::uint16_t>(block, at + 4);
        if (behind <= at || !read_fragment(block, behind)) break;
        at = behind;
        continue;
      }
      if (unreadable && (fragment->type == kFull || fragment->type == kFirst))
        return WalDamage{file, *unreadable};
      at += fragment->bytes;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<WalDamage> find_wal_damage(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".log") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files)
    if (auto damage = find_damage_in(file)) return damage;
  return std::nullopt;
}

Result<void> check_wals(const fs::path& folder) {
  const auto damage = find_wal_damage(folder);
  if (!damage) return {};
  return fail("log_damaged",
              "The log is damaged: " + damage->file.string() + " cannot be read at byte " +
                  std::to_string(damage->offset) +
                  ", and acknowledged records follow. Nothing was changed; restore the folder from a copy.",
              Next::fatal);
}

}  // namespace paytick::log
