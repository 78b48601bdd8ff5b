#include "ingest/rooms/room_access.h"

#include <utility>

#include "ingest/errors.h"

namespace paytick::ingest {
namespace {

tl::unexpected<Error> closed_to_you(std::string words) { return fail(code::kForbidden, std::move(words)); }

}  // namespace

std::string ticket_key(const ContentId& content) { return "ticket:" + to_text(content); }

void RoomAccess::check(const Identity& who, std::string_view channel, Done done) const {
  if (CallIds::looks_like_one(channel)) {
    const auto call = calls_.parse(channel);
    if (!call) return done(fail(code::kNotFound, "There is no such call."));
    const bool party = who.is_viewer(call->viewer) || who.is_creator(call->creator);
    if (!party && !who.is_operator())
      return done(closed_to_you("Only the two of the call may be in its room."));
    return done({});
  }
  if (const auto account = parse_id<AccountId>(channel)) {
    if (!who.is_viewer(*account)) return done(closed_to_you("Only the account itself gets its news."));
    return done({});
  }
  const auto id = parse_id<ContentId>(channel);
  const auto content = id ? catalog_.find(*id) : nullptr;
  if (!content) return done(fail(code::kNotFound, "There is no room of this name."));
  if (content->closed) return done(fail(code::kContentClosed, "This stream was closed."));
  check_content(who, *content, std::move(done));
}

void RoomAccess::check_content(const Identity& who, const Content& content, Done done) const {
  const bool ticket = content.ticket_price > Amount{};
  const bool platforms_own = who.role == Role::platform && who.platform == content.platform;
  if ((!ticket && !content.join_required) || who.is_creator(content.creator_wallet) || who.is_operator() ||
      platforms_own) {
    return done({});
  }
  if (!who.is_viewer()) return done(closed_to_you("Log in as who holds a ticket or has joined."));
  Ask ask;
  ask.viewer = who.account;
  ask.content = content.id;
  if (ticket) ask.key = ticket_key(content.id);
  commands_.submit(who.account, ask, [done = std::move(done), ticket](const Result<Outcome>& outcome) {
    if (!outcome) return done(tl::unexpected(outcome.error()));
    if (ticket && !outcome->has_key) return done(closed_to_you("This room is for those who hold a ticket."));
    if (!ticket && !outcome->joined) return done(closed_to_you("Join the stream first."));
    done({});
  });
}

}  // namespace paytick::ingest
