#include "app/dev/private_postgres.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

namespace paytick::app::dev {
namespace {

namespace fs = std::filesystem;
using Command = std::vector<std::string>;

// Billing comes first, as it would with a database of its own machine.
constexpr int kNice = 5;

// The newest server installed under the distribution's folder.
Result<fs::path> find_programs() {
  fs::path best;
  int best_version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > best_version && fs::exists(entry.path() / "bin" / "initdb"))
      best_version = version, best = entry.path() / "bin";
  }
  if (best_version < 13)
    return fail("postgres_missing",
                "no PostgreSQL server (13 or later) is installed: apt-get install postgresql-15",
                Next::fatal);
  return best;
}

// PostgreSQL refuses to run as root. The capability lets its user reach a data folder inside directories that
// only root may enter; it gives no right to write anywhere else. The signal is set after the change of user,
// which clears it.
Command as_server_user(Command command) {
  if (::geteuid() != 0) return command;
  Command wrapped = {"setpriv",
                     "--reuid=postgres",
                     "--regid=postgres",
                     "--init-groups",
                     "--inh-caps=+dac_read_search",
                     "--ambient-caps=+dac_read_search",
                     "--pdeathsig=INT"};
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  return wrapped;
}

void give_to_server_user(const fs::path& folder) {
  if (::geteuid() != 0) return;
  if (const passwd* user = ::getpwnam("postgres"))  // NOLINT(concurrency-mt-unsafe): at start, one thread
    (void)!::chown(folder.c_str(), user->pw_uid, user->pw_gid);
}

// A socket's path may have 107 bytes; a deep data folder leaves no room, so then it lives under /tmp.
fs::path socket_folder(const fs::path& folder) {
  fs::path inside = folder / "socket";
  if (inside.string().size() < 85) return inside;
  return fs::path("/tmp") / ("paytick-pg-" + std::to_string(std::hash<std::string>{}(folder.string())));
}

// A server that lost its paytick to a SIGKILL is still ending; a new one may not start before it has.
Result<void> wait_for_earlier_server(const fs::path& cluster) {
  for (int tries = 0; tries < 3'000; ++tries) {
    std::ifstream file(cluster / "postmaster.pid");
    pid_t pid = 0;
    if (!(file >> pid) || pid <= 0 || ::kill(pid, 0) != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return fail(
      "postgres_start",
      "another PostgreSQL runs on " + cluster.string() + "; is another paytick using this data folder?",
      Next::fatal);
}

bool answers(const std::string& url) { return PQping(url.c_str()) == PQPING_OK; }

Result<void> create_database(const std::string& server_url) {
  PGconn* const connection = PQconnectdb(server_url.c_str());
  PGresult* const found = PQexec(connection, "SELECT 1 FROM pg_database WHERE datname = 'paytick'");
  const bool exists = PQntuples(found) == 1;
  PQclear(found);
  Result<void> done;
  if (!exists) {
    PGresult* const made = PQexec(connection, "CREATE DATABASE paytick");
    if (PQresultStatus(made) != PGRES_COMMAND_OK)
      done = fail("postgres_start", PQerrorMessage(connection), Next::fatal);
    PQclear(made);
  }
  PQfinish(connection);
  return done;
}

}  // namespace

Result<PrivatePostgres> PrivatePostgres::start(const fs::path& relative) {
  const auto programs = find_programs();
  if (!programs) return tl::unexpected(programs.error());
  const fs::path folder = fs::absolute(relative);
  const fs::path cluster = folder / "data";
  const fs::path socket = socket_folder(folder);
  const fs::path log = folder / "postgres.log";
  fs::create_directories(folder);
  fs::create_directories(socket);
  fs::permissions(socket, fs::perms::owner_all);
  give_to_server_user(folder);
  give_to_server_user(socket);

  if (!fs::exists(cluster / "PG_VERSION")) {
    fs::remove_all(cluster);
    const auto made = run_program(as_server_user({*programs / "initdb", "-D", cluster, "-U", "postgres", "-A",
                                                  "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"}),
                                  log);
    if (!made) return tl::unexpected(made.error());
  }
  if (auto free = wait_for_earlier_server(cluster); !free) return tl::unexpected(free.error());
  // Smaller than a production server, and without the sync of each commit: everything in it can be replayed
  // from the log, and rows and positions still move together.
  auto server = ChildProcess::start({.command = as_server_user({*programs / "postgres",
                                                                "-D",
                                                                cluster,
                                                                "-k",
                                                                socket,
                                                                "-c",
                                                                "listen_addresses=",
                                                                "-c",
                                                                "port=5432",
                                                                "-c",
                                                                "shared_buffers=256MB",
                                                                "-c",
                                                                "max_wal_size=4GB",
                                                                "-c",
                                                                "wal_compression=lz4",
                                                                "-c",
                                                                "checkpoint_timeout=15min",
                                                                "-c",
                                                                "synchronous_commit=off",
                                                                "-c",
                                                                "jit=off"}),
                                     .log = log,
                                     .stop_signal = SIGINT,
                                     .nice = kNice});
  if (!server) return tl::unexpected(server.error());

  const std::string where = "host=" + socket.string() + "&port=5432&user=postgres";
  const std::string server_url = "postgresql:///postgres?" + where;
  if (auto ready = wait_until_ready(*server, std::chrono::seconds(60), [&] { return answers(server_url); });
      !ready)
    return fail("postgres_start", "the private PostgreSQL did not start: " + ready.error().message,
                Next::fatal);
  if (auto made = create_database(server_url); !made) return tl::unexpected(made.error());
  return PrivatePostgres(std::move(*server), "postgresql:///paytick?" + where);
}

}  // namespace paytick::app::dev
