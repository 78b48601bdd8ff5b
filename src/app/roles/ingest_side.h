#pragma once
// The role that listens: the gateway, what it must know before it does, and the routes it serves.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/roles/bridge_side.h"
#include "app/roles/event_routes.h"
#include "app/roles/history_routes.h"
#include "app/roles/identity.h"
#include "app/roles/role_context.h"
#include "app/roles/show_side.h"
#include "app/roles/view_watch.h"
#include "ingest/auth/login_store.h"
#include "ingest/gateway.h"

namespace paytick::app {

// What an aggregator has restored, and a gateway that starts must know: registered meters, and the sessions
// and attachments that are alive. From `positions` on, one a partition, the gateway reads `heartbeats`
// itself: opens that were acknowledged before a crash, and meters; folded by now or not.
struct RestoredSessions {
  std::vector<Offset> positions;
  std::function<void(ingest::Gateway&)> hand_over;  // once, before the gateway starts
};

class IngestSide {
 public:
  // Code "config_bad_value" for an address that is none.
  static Result<void> check(const Config& config);

  static Result<std::unique_ptr<IngestSide>> create(RoleContext context, const Identity& identity,
                                                    const RestoredSessions& restored);
  // Reads the catalogue and what is left of `heartbeats`, and listens; then asks for the bridge.
  Result<void> start();
  // Stops accepting, closes the sockets, writes everything.
  void drain(std::chrono::milliseconds patience);

  ingest::Gateway& gateway() { return *gateway_; }
  ShowSide& shows() { return *shows_; }
  std::string listen() const;  // the gateway's URL

 private:
  explicit IngestSide(RoleContext context);
  ingest::HttpRoutes routes(const Identity& identity);
  void add_command_routes();  // once there is a gateway that takes them

  const RoleContext context_;
  HistoryRoutes history_;
  std::unique_ptr<ingest::LoginStore> logins_;  // null: in the gateway's memory
  EventRoutes events_;
  std::unique_ptr<ingest::Gateway> gateway_;
  std::unique_ptr<ShowSide> shows_;     // its routes and rooms are the gateway's
  std::unique_ptr<BridgeSide> bridge_;  // reads what the gateway knows
  std::unique_ptr<ViewWatch> views_;    // tells the catalogue; null: no database counts them
};

}  // namespace paytick::app
