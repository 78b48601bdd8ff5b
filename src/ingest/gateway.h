#pragma once
// The gateway: paytick's door. Sockets and HTTP in, lines of the topic `heartbeats` out; the fold's replies
// back to the sockets. README.md lists the endpoints, errors.h every code.
//
//   auto gateway = Gateway::create(config, {log, clock, random}, std::move(routes));   // refuses what is
//   unsafe
//   (*gateway)->meters().put(…), sessions().restore(…)                                 // what a restored
//   fold knows
//   (*gateway)->start();                                                               // boot lines, then it
//   listens
//   (*gateway)->deliver(replies);                                                      // any thread, after
//   each commit
//   (*gateway)->drain(std::chrono::seconds(10));                                       // stops, and returns
//   when written

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ingest/auth/auth.h"
#include "ingest/catalog.h"
#include "ingest/commands/commands.h"
#include "ingest/commands/guard_desk.h"
#include "ingest/gateway_parts.h"
#include "ingest/http_routes.h"
#include "ingest/limits.h"
#include "ingest/meter_directory.h"
#include "ingest/resume_tokens.h"
#include "ingest/session_directory.h"
#include "ingest/socket_desk.h"
#include "log/event_log.h"
#include "model/error.h"
#include "model/ports.h"
#include "model/reply.h"

namespace paytick::ingest {

struct GatewayConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: a free one, see Gateway::port()
  std::size_t threads = 1;    // lanes, at most 64
  std::int64_t connections_max = 20'000;

  bool development = false;
  std::string network_passphrase;
  std::vector<std::string> allowed_origins;

  std::uint16_t creators_bps = 2'000;  // the platform's share of content that a creator creates
  Limits limits;
  // Files; none: no TLS. They are read again by reload_certificate().
  std::string tls_certificate, tls_key;

  GatewayId gateway;                    // the same after a restart
  std::uint64_t boot = 0;               // grows with each start
  ResumeTokens::Key resume_key{};       // the installation's secret: tokens of logins come from it as well
  std::vector<ConfiguredKey> keys;      // beside those in the catalogue
  std::string audience = "paytick";     // `aud` of viewer tokens
  std::vector<SecretBytes> play_seeds;  // the keys of play tokens, the one that signs first; see PlayTokens
  std::int64_t play_grace_ms = 5'000;   // a play token lasts so long beyond what is paid

  // Whether the gateway reads meters from `heartbeats` itself; not needed where the app calls meters().put
  // for every report it sees.
  bool follow_meters = true;
  // Per partition, up to where the app hands over what a restored fold knows. From there on the gateway reads
  // meters, and what others open and stop, itself. Empty: meters from the beginning, no sessions.
  std::vector<Offset> inputs_from;

  GuardRules guard;                      // who is frozen on suspicion
  std::int64_t low_balance_ms = 60'000;  // see CoreConfig
  Amount top_up{5 * kUnitsPerWhole};

  // Seconds; see server/lane.h.
  std::int64_t header_timeout_s = 10;
  std::int64_t body_timeout_s = 30;
  std::int64_t answer_timeout_s = 15;  // of an AsyncHandler
  std::int64_t keepalive_s = 20;
  std::int64_t pong_timeout_s = 10;
  std::int64_t close_timeout_s = 3;
  // At least this long from the beginning of one append to that of the next, where an append has a price of
  // its own, whatever is in it. Who comes after a silence does not wait.
  std::int64_t append_interval_ms = 0;
  std::int64_t append_patience_ms = 5'000;  // then sockets and batches are told to try again
};

struct GatewayPorts {
  log::EventLog& log;
  WallClock& clock;
  Random& random;
  LoginStore* logins = nullptr;  // null: in memory
};

class Gateway {
 public:
  // Codes: "not_loopback", "public_network" (development mode that must not start), "bad_config",
  // "bad_certificate".
  static Result<std::unique_ptr<Gateway>> create(GatewayConfig config, GatewayPorts ports, HttpRoutes routes);
  ~Gateway();  // without drain(): connections are cut

  // Reads the catalogue and the meters, writes `gateway` to every partition, listens. Codes: "cannot_listen",
  // and the log's.
  Result<void> start();
  std::uint16_t port() const;

  // Any thread; after the step that made them is committed.
  void deliver(std::span<const Reply> replies);
  void answer(std::span<const Outcome> outcomes);

  // Before start(): for routes that need what the gateway has.
  HttpRoutes& routes();
  // Any thread; for routes.
  Commands& commands();
  // Before start(): who keeps the rooms of a lane's sockets; outlives the lanes.
  using RoomsOfLane = std::function<RoomPort*(std::uint8_t lane)>;
  void keep_rooms(RoomsOfLane rooms);
  // Any thread: a text to sockets of a lane; those that have ended are passed over.
  void tell(std::uint8_t lane, std::vector<ConnId> to, std::shared_ptr<const std::string> text);

  // Stops accepting, closes the sockets (each writes its stop), lets requests end, writes everything. True if
  // it was done before the deadline.
  bool drain(std::chrono::milliseconds deadline);

  // New connections use what the files say now. After a failure ("bad_certificate") they go on with what was
  // read before. Any thread.
  Result<void> reload_certificate();

  Catalog& catalog();
  MeterDirectory& meters();
  SessionDirectory& sessions();

  // Any thread, for readiness: why what comes in cannot be written now. Codes: "not_listening",
  // "log_stalled", and the log's.
  std::optional<Error> trouble() const;

  // Any thread. Counters are up to a second old.
  GatewayStats stats();

 private:
  struct Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::ingest
