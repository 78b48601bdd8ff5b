#include <sqlite3.h>

#include <array>

#include "store.h"

namespace paytick::bench {
namespace {

class SqliteStore final : public Merged {
 public:
  explicit SqliteStore(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    check(sqlite3_open((folder / "log.db").c_str(), &db_), "opening");
    for (const char* sql :
         {"PRAGMA page_size=16384", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
          "PRAGMA wal_autocheckpoint=4096", "CREATE TABLE record(id INTEGER PRIMARY KEY, value BLOB)"})
      run(sql);
    prepare("INSERT INTO record VALUES(?,?)", &insert_);
    prepare("SELECT value FROM record WHERE id>=? AND id<? ORDER BY id", &select_);
  }
  ~SqliteStore() override {
    sqlite3_finalize(insert_);
    sqlite3_finalize(select_);
    sqlite3_close(db_);
  }

  std::uint64_t read(std::uint32_t lane) override {
    sqlite3_bind_int64(select_, 1, id(lane, 0));
    sqlite3_bind_int64(select_, 2, id(lane + 1, 0));
    std::uint64_t bytes = 0;
    std::string copy;
    while (sqlite3_step(select_) == SQLITE_ROW) {
      copy.assign(static_cast<const char*>(sqlite3_column_blob(select_, 0)),
                  static_cast<std::size_t>(sqlite3_column_bytes(select_, 0)));
      bytes += copy.size();
    }
    check(sqlite3_reset(select_), "reading");
    return bytes;
  }

 private:
  static sqlite3_int64 id(std::uint32_t lane, sqlite3_int64 offset) {
    return (static_cast<sqlite3_int64>(lane) << 40) | offset;
  }
  void check(int code, std::string_view doing) {
    if (code != SQLITE_OK) give_up(doing, sqlite3_errmsg(db_));
  }
  void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), sql); }
  void prepare(const char* sql, sqlite3_stmt** out) {
    check(sqlite3_prepare_v2(db_, sql, -1, out, nullptr), sql);
  }
  void write(std::span<Waiting* const> group) override {
    run("BEGIN IMMEDIATE");
    for (Waiting* waiting : group) {
      sqlite3_bind_int64(insert_, 1, id(waiting->lane, next_.at(waiting->lane)++));
      sqlite3_bind_blob(insert_, 2, waiting->value->data(), static_cast<int>(waiting->value->size()),
                        SQLITE_STATIC);
      if (sqlite3_step(insert_) != SQLITE_DONE) give_up("inserting", sqlite3_errmsg(db_));
      sqlite3_reset(insert_);
    }
    run("COMMIT");
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
  std::array<sqlite3_int64, 4> next_{};
};

}  // namespace

std::unique_ptr<Store> open_sqlite(const std::filesystem::path& folder) {
  return std::make_unique<SqliteStore>(folder);
}

}  // namespace paytick::bench
