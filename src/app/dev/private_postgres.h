#pragma once
// Development mode's own PostgreSQL: a cluster under the data folder, reachable through a socket that only
// its user (and root) can open. It is started as a child and ends with paytick.

#include <filesystem>
#include <string>

#include "app/child_process.h"

namespace paytick::app::dev {

class PrivatePostgres {
 public:
  // Creates the cluster the first time, starts it, and creates the database `paytick`. Blocks until it
  // answers. Codes "postgres_missing" (install postgresql-15), "postgres_start". When paytick runs as root
  // the server runs as the user `postgres`, since PostgreSQL refuses root.
  static Result<PrivatePostgres> start(const std::filesystem::path& folder);

  const std::string& url() const { return url_; }
  bool alive() { return server_.alive(); }
  void stop() { server_.stop(); }

 private:
  PrivatePostgres(ChildProcess server, std::string url) : server_(std::move(server)), url_(std::move(url)) {}
  ChildProcess server_;
  std::string url_;
};

}  // namespace paytick::app::dev
