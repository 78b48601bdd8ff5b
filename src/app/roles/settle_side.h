#pragma once
// The role that settles. Its threads talk to the chain: the settler, for the partitions that are ours; the
// reader of the router's events and the registrar of creators, on the instance that has partition 0. Each has
// a connection of its own (a connection belongs to one thread), made when the node can be reached: billing
// does not wait for the chain.

#include <memory>
#include <string>

#include "app/roles/role_context.h"

namespace paytick::app {

class SettleSide {
 public:
  explicit SettleSide(const RoleContext& context);
  ~SettleSide();  // stop()

  Result<void> start();  // asks for partitions
  void stop();           // after the steps under way

 private:
  void collect(metrics::Page& page) const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace paytick::app
