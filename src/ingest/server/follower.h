#pragma once
// The thread that follows the catalogue and, if asked to, the meters.

#include <atomic>
#include <thread>
#include <vector>

#include "ingest/catalog.h"
#include "ingest/meter_directory.h"
#include "ingest/session_directory.h"

namespace paytick::ingest::server {

class Follower {
 public:
  Follower(log::EventLog& log, Catalog& catalog, MeterDirectory& meters, bool follow_meters,
           std::vector<Offset> from)
      : log_(log),
        catalog_(log, catalog),
        meters_(log, meters, std::move(from)),
        follow_meters_(follow_meters) {}
  ~Follower() { stop(); }

  // Before start(): reads what is there now; the sessions opened in it go to `opened`, if that is given.
  Result<void> catch_up(SessionDirectory* opened = nullptr);
  void start();
  void stop();

 private:
  void run();

  log::EventLog& log_;
  CatalogFollower catalog_;
  MeterFollower meters_;
  bool follow_meters_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace paytick::ingest::server
