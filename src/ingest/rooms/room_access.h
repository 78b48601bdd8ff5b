#pragma once
// Who may be in which room. A channel is
//   the id of a stream or video: whoever may watch it, its creator, platforms and operators;
//   the id of a call: its two parties;
//   an account: that account itself; its own news.
// There are no other rooms.

#include <functional>
#include <string>
#include <string_view>

#include "ingest/api/call_ids.h"
#include "ingest/auth/identity.h"
#include "ingest/catalog.h"
#include "ingest/commands/commands.h"

namespace paytick::ingest {

// The key of the ticket's charge: (viewer, content) is all there is to it.
std::string ticket_key(const ContentId& content);

// Thread-safe; what it is made of outlives it.
class RoomAccess {
 public:
  RoomAccess(const Catalog& catalog, const CallIds& calls, Commands& commands)
      : catalog_(catalog), calls_(calls), commands_(commands) {}

  // `done` is called once: at once, or later on a lane's thread, where the fold must be asked whether the
  // viewer holds a ticket or has joined. Codes: "not_found" (no such channel), "content_closed", "forbidden",
  // and those of commands.
  using Done = std::function<void(Result<void>)>;
  void check(const Identity& who, std::string_view channel, Done done) const;

 private:
  void check_content(const Identity& who, const Content& content, Done done) const;

  const Catalog& catalog_;
  const CallIds& calls_;
  Commands& commands_;
};

}  // namespace paytick::ingest
