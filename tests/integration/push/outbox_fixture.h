#pragma once
// A PostgreSQL with an outbox, and notices put into it by hand.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <pqxx/pqxx>
#include <thread>

#include "app/dev/private_postgres.h"
#include "app/system_ports.h"
#include "projections/postgres_connection.h"
#include "push/outbox_store.h"

namespace paytick::push {

// Polls until it holds, ten seconds at most.
inline bool soon(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    std::string name = testing::TempDir() + "paytick-push-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto server = app::dev::PrivatePostgres::start(folder_);
    EXPECT_TRUE(server) << server.error().message;
    server_.emplace(std::move(*server));
    projections::open_migrated(url(), projections::kSchema);
    sql_ = projections::open_connection(url(), projections::kOutbox);
  }
  ~OutboxTest() override {
    sql_.reset();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  const std::string& url() const { return server_->url(); }

  std::string ask(const std::string& sql) {
    pqxx::work tx(*sql_);
    const auto rows = tx.exec(sql);
    tx.commit();
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].c_str();
  }

  // Notices `first` … `last` of viewer "G…", for a webhook if it is named; type 1, halt.
  void enqueue(int first, int last, const std::string& webhook = {}, int type = 1,
               const std::string& viewer = "v") {
    pqxx::work tx(*sql_);
    const std::string range = std::to_string(first) + ", " + std::to_string(last);
    const std::string now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    tx.exec(
        "INSERT INTO notices (seq, id, type, at_ms, enqueued_ms, viewer) SELECT i, "
        "('00000000-0000-0000-0000-' ||"
        " lpad(i::text, 12, '0'))::uuid, " +
        std::to_string(type) + ", 1, " + now + ", " + tx.quote(viewer) + " FROM generate_series(" + range +
        ") i");
    if (!webhook.empty())
      tx.exec("INSERT INTO deliveries (seq, webhook, next_ms) SELECT i, " + tx.quote(webhook) +
              ", 0 FROM generate_series(" + range + ") i");
    tx.exec("UPDATE head SET seq = " + std::to_string(last));
    tx.commit();
  }

  app::SystemClock clock_;
  app::SystemRandom random_;

 private:
  std::filesystem::path folder_;
  std::optional<app::dev::PrivatePostgres> server_;
  std::unique_ptr<pqxx::connection> sql_;
};

}  // namespace paytick::push
