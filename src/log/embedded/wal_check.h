#pragma once
// Tells a WAL that a crash has torn from one that is damaged.
//
// RocksDB reads a WAL up to the first record that cannot be read and drops the rest. That is right after a
// crash: a torn record was never acknowledged, and nothing was written behind it. When a disk has damaged a
// record in the middle, the records behind it are acknowledged heartbeats, and dropping them would be a loss
// that nobody sees: the shortened log agrees with itself. Groups are written one after the other, each synced
// before the next (group_commit.h), so a record that begins behind an unreadable one proves that the latter
// was acknowledged.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "model/error.h"

namespace paytick::log {

struct WalDamage {
  std::filesystem::path file;
  std::uint64_t offset = 0;  // of the first record that cannot be read
};

// Reads every WAL of the folder; a process may be writing it. Files that cannot be opened are left to
// RocksDB.
std::optional<WalDamage> find_wal_damage(const std::filesystem::path& folder);

// "log_damaged", fatal, when there is some.
Result<void> check_wals(const std::filesystem::path& folder);

}  // namespace paytick::log
