#pragma once
// What the pure pieces of a gateway share: its parts, its settings, and the way out to the connections.

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/catalog.h"
#include "ingest/log_feed.h"
#include "ingest/meter_directory.h"
#include "ingest/rate_table.h"
#include "ingest/resume_tokens.h"
#include "ingest/session_directory.h"
#include "model/ids.h"
#include "model/money.h"
#include "model/ports.h"

namespace paytick::ingest {

enum class ConnId : std::uint64_t {};  // of a socket; given by the shell, never used twice

struct CoreConfig {
  GatewayId gateway{};
  std::uint64_t boot = 0;
  // Development mode: a socket needs no login; its viewer is the one its contract is registered to.
  bool development = false;
  // A lane puts its number into the attachment ids it makes, so that a reply finds its way back.
  std::uint8_t lane = 0;
  // Pings of one socket: so many a second on average, and so many at once.
  std::int64_t pings_per_second = 50;
  std::int64_t pings_burst = 100;
  // A batch that the log has not answered for so long: what comes meanwhile is refused with "try_again".
  std::int64_t append_patience_ms = 5'000;
  // A player is told `low_balance` when less than so much time can be watched; 0: never. What a top-up is
  // suggested to be.
  std::int64_t low_balance_ms = 60'000;
  Amount top_up{5 * kUnitsPerWhole};
};

// Implemented by the shell and the simulator; called from within the core's methods.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void send(ConnId to, std::string_view text) = 0;
  // The answers of an HTTP batch, one a line. `accepted` lines are in the log.
  virtual void answer(RunId run, std::string lines, std::uint32_t accepted, std::uint32_t refused) = 0;
};

class Authenticator;
class GuardDesk;
class PlayTokens;

// Shared by all lanes; thread-safe; must outlive them.
struct Shared {
  const Catalog& catalog;
  const MeterDirectory& meters;
  SessionDirectory& sessions;
  const ResumeTokens& tokens;
  Random& random;
  // May be absent, in the simulator and in tests.
  const Authenticator* authenticator = nullptr;
  const PlayTokens* play_tokens = nullptr;
  GuardDesk* guard = nullptr;
  RateTable* viewer_messages = nullptr;  // over all sockets of a viewer
};

// Upper edges in ms of the histogram of answer times; the last bucket has none.
inline constexpr std::int64_t kAnswerMsEdges[] = {1, 2, 5, 10, 15, 25, 50, 100, 250, 1000};
inline constexpr std::size_t kAnswerBuckets = std::size(kAnswerMsEdges) + 1;

// Counters for metrics. Not thread-safe: a lane's own.
struct CoreCounters {
  std::uint64_t pings = 0, opens = 0, stops = 0, ticks = 0, halts = 0, refused = 0;
  std::uint64_t batch_lines = 0, batch_accepted = 0, batch_refused = 0;
  std::uint64_t batches = 0, batches_failed = 0;
  std::uint64_t answer_ms[kAnswerBuckets] = {};
  std::uint64_t answer_ms_sum = 0;
  std::uint64_t connected = 0, disconnected = 0;  // sockets
  std::uint64_t bytes_in = 0, bytes_out = 0;      // payload of messages on sockets
  std::uint64_t freezes = 0;                      // by rule

  CoreCounters& operator+=(const CoreCounters& other);
};

struct GatewayStats {
  CoreCounters counters;
  std::int64_t connections = 0;
  std::int64_t refused_visits = 0;  // connections, requests and sockets that asked too much of us
  std::int64_t given_way = 0;       // open handshakes that were ended for newer ones
  std::size_t sessions = 0;         // of platforms, in the directory
  std::size_t contents = 0;
  std::size_t meters = 0;
  double cpu_s = 0;  // used by the gateway's own threads so far
};

}  // namespace paytick::ingest
