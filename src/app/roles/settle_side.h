#pragma once
// The role that settles. Its threads talk to the chain: the settler, the reader of the router's events, and
// the registrar of creators. Each has a connection of its own (a connection belongs to one thread), made when
// the node can be reached: billing does not wait for the chain.

#include <memory>
#include <string>

#include "app/roles/role_context.h"

namespace paytick::app {

class SettleSide {
 public:
  explicit SettleSide(const RoleContext& context);
  ~SettleSide();

  void stop();
  // The events that the node had when this was asked have reached the log.
  std::uint32_t ledger_seen() const;
  std::string metrics() const;  // Prometheus text

 private:
  struct Settling;
  struct Reading;
  struct Registering;
  std::unique_ptr<Settling> settling_;
  std::unique_ptr<Reading> reading_;
  std::unique_ptr<Registering> registering_;
};

}  // namespace paytick::app
