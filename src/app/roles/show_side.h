#pragma once
// Tips, tickets, calls and tokens in the role that listens: what their routes need, and who takes the money.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/roles/call_meter.h"
#include "app/roles/identity.h"
#include "app/roles/role_context.h"
#include "ingest/api/call_ids.h"
#include "ingest/api/refunds.h"
#include "ingest/gateway.h"
#include "ingest/payments/payment_provider.h"
#include "ingest/rooms/rooms.h"
#include "ingest/server/worker_pool.h"

namespace paytick::app {

class ShowSide {
 public:
  // Adds its routes to the gateway, and the rooms to its sockets. Before the gateway starts, which outlives
  // it. Codes "config_bad_value", "secret_missing".
  static Result<std::unique_ptr<ShowSide>> create(const RoleContext& context, const Identity& identity,
                                                  ingest::Gateway& gateway,
                                                  const ingest::TicketBook& tickets);
  ~ShowSide();

  // Once the gateway has started.
  void start();
  // A record of topic `replies` that another gateway wrote; false for what is not for the rooms.
  bool heard(std::string_view record) { return rooms_.heard(record); }
  const ingest::CallIds& calls() const { return calls_; }
  // Of jobs that wait for seconds; not to be used longer than this lives.
  ingest::RunJob runner();

 private:
  ShowSide(const RoleContext& context, const Identity& identity, ingest::Gateway& gateway);
  Result<void> open_payments();
  void add_routes(const ingest::TicketBook& tickets);
  void publish(std::string record);
  void add_content(Content content, std::function<void(Result<void>)> done);

  const RoleContext context_;
  ingest::Gateway& gateway_;
  const ingest::CallIds calls_;
  const ingest::RoomAccess access_;
  ingest::Rooms rooms_;
  std::unique_ptr<ingest::payments::PaymentProvider> provider_;  // null: tokens are not sold
  std::string billing_secret_;
  std::unique_ptr<ingest::server::WorkerPool> workers_;  // what they do uses all of the above
  std::unique_ptr<CallMeter> meter_;
};

}  // namespace paytick::app
