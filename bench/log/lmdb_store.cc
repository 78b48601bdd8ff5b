#include <lmdb.h>

#include <array>

#include "store.h"

namespace paytick::bench {
namespace {

void check(int code, std::string_view doing) {
  if (code != 0) give_up(doing, mdb_strerror(code));
}

std::array<unsigned char, 12> key_of(std::uint32_t lane, std::uint64_t offset) {
  std::array<unsigned char, 12> key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<unsigned char>(lane >> (24 - 8 * i));
  for (std::size_t i = 0; i < 8; ++i) key[4 + i] = static_cast<unsigned char>(offset >> (56 - 8 * i));
  return key;
}

class LmdbStore final : public Merged {
 public:
  explicit LmdbStore(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    check(mdb_env_create(&env_), "creating");
    check(mdb_env_set_mapsize(env_, 64UL << 30), "sizing");
    check(mdb_env_open(env_, folder.c_str(), MDB_NOTLS, 0600), "opening");  // default: each commit is synced
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn), "beginning");
    check(mdb_dbi_open(txn, nullptr, 0, &records_), "opening");
    check(mdb_txn_commit(txn), "committing");
  }
  ~LmdbStore() override { mdb_env_close(env_); }

  std::uint64_t read(std::uint32_t lane) override {
    MDB_txn* txn = nullptr;
    MDB_cursor* cursor = nullptr;
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn), "beginning");
    check(mdb_cursor_open(txn, records_, &cursor), "reading");
    auto first = key_of(lane, 0);
    MDB_val key{first.size(), first.data()};
    MDB_val value{};
    std::uint64_t bytes = 0;
    std::string copy;  // the engine's readers get copies too
    for (int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE); code == 0;
         code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
      if (static_cast<const unsigned char*>(key.mv_data)[3] != lane) break;
      copy.assign(static_cast<const char*>(value.mv_data), value.mv_size);
      bytes += copy.size();
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return bytes;
  }

 private:
  void write(std::span<Waiting* const> group) override {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn), "beginning");
    for (Waiting* waiting : group) {
      auto bytes = key_of(waiting->lane, next_.at(waiting->lane)++);
      MDB_val key{bytes.size(), bytes.data()};
      MDB_val value{waiting->value->size(), const_cast<char*>(waiting->value->data())};
      check(mdb_put(txn, records_, &key, &value, 0), "putting");
    }
    check(mdb_txn_commit(txn), "committing");
  }

  MDB_env* env_ = nullptr;
  MDB_dbi records_ = 0;
  std::array<std::uint64_t, 4> next_{};
};

}  // namespace

std::unique_ptr<Store> open_lmdb(const std::filesystem::path& folder) {
  return std::make_unique<LmdbStore>(folder);
}

}  // namespace paytick::bench
