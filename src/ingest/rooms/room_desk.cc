#include "ingest/rooms/room_desk.h"

#include <algorithm>

namespace paytick::ingest {

Result<void> RoomDesk::join(const SocketRef& socket, std::string_view channel) {
  if (is_in(socket, channel)) return {};
  auto& mine = sockets_[socket];
  if (mine.size() >= kRoomsPerSocketMax) {
    return fail("too_many_rooms", "A socket can be in " + std::to_string(kRoomsPerSocketMax) +
                                      " rooms at once; leave one first.");
  }
  if (places_ >= kPlacesMax) {
    if (mine.empty()) sockets_.erase(socket);
    return fail("rooms_full", "This gateway's rooms are full; try again later.", Next::retry);
  }
  auto room = rooms_.find(channel);
  if (room == rooms_.end()) room = rooms_.emplace(std::string(channel), Members{}).first;
  room->second.insert(socket);
  mine.push_back(room->first);
  ++places_;
  return {};
}

bool RoomDesk::leave(const SocketRef& socket, std::string_view channel) {
  const auto at = sockets_.find(socket);
  if (at == sockets_.end()) return false;
  auto& mine = at->second;
  const auto name = std::ranges::find(mine, channel);
  if (name == mine.end()) return false;
  mine.erase(name);  // before the room, whose key it is
  if (mine.empty()) sockets_.erase(at);
  const auto room = rooms_.find(channel);
  room->second.erase(socket);
  if (room->second.empty()) rooms_.erase(room);
  --places_;
  return true;
}

void RoomDesk::leave_all(const SocketRef& socket) {
  for (auto at = sockets_.find(socket); at != sockets_.end(); at = sockets_.find(socket)) {
    const std::string channel(at->second.back());
    leave(socket, channel);
  }
}

bool RoomDesk::is_in(const SocketRef& socket, std::string_view channel) const {
  const auto at = sockets_.find(socket);
  return at != sockets_.end() && std::ranges::find(at->second, channel) != at->second.end();
}

std::vector<SocketRef> RoomDesk::members(std::string_view channel) const {
  const auto room = rooms_.find(channel);
  if (room == rooms_.end()) return {};
  return {room->second.begin(), room->second.end()};
}

}  // namespace paytick::ingest
