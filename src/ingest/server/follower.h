#pragma once
// The thread that follows the catalogue and, if asked to, the meters and the sessions that others open.

#include <atomic>
#include <thread>
#include <vector>

#include "ingest/catalog.h"
#include "ingest/meter_directory.h"
#include "ingest/session_directory.h"

namespace paytick::ingest::server {

class Follower {
 public:
  // Without `sessions`, those of others are passed over.
  Follower(log::EventLog& log, Catalog& catalog, KeyBook& keys, MeterDirectory& meters, bool follow_meters,
           std::vector<Offset> from, SessionDirectory* sessions, GuardDesk* guard)
      : log_(log),
        catalog_(log, catalog, &keys),
        meters_(log, meters, std::move(from), guard),
        sessions_(sessions),
        follow_meters_(follow_meters) {}
  ~Follower() { stop(); }

  Result<void> catch_up();  // before start(): reads what is there now
  void start();
  void stop();

 private:
  void run();

  log::EventLog& log_;
  CatalogFollower catalog_;
  MeterFollower meters_;
  SessionDirectory* const sessions_;
  const bool follow_meters_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace paytick::ingest::server
