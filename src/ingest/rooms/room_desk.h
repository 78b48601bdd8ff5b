#pragma once
// Who is in which room. A room is there while somebody is in it. Pure and not thread-safe: see rooms.h.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/gateway_parts.h"
#include "model/error.h"

namespace paytick::ingest {

// One socket among all lanes of the gateway.
struct SocketRef {
  std::uint8_t lane = 0;
  ConnId conn{};
  friend auto operator<=>(const SocketRef&, const SocketRef&) = default;
};

inline constexpr std::size_t kChannelBytesMax = 128;  // as a charge keeps it (model/inputs.h)
// Of one socket: the stream it watches, the call it is in, its own news, and some to spare.
inline constexpr std::size_t kRoomsPerSocketMax = 8;
// Over all rooms of a gateway, about 200 bytes each.
inline constexpr std::size_t kPlacesMax = 1'000'000;

class RoomDesk {
 public:
  // Being in it already changes nothing. Codes: "too_many_rooms", "rooms_full".
  Result<void> join(const SocketRef& socket, std::string_view channel);
  // False if it was not in there.
  bool leave(const SocketRef& socket, std::string_view channel);
  // Every room of the socket.
  void leave_all(const SocketRef& socket);

  bool is_in(const SocketRef& socket, std::string_view channel) const;
  std::vector<SocketRef> members(std::string_view channel) const;
  std::size_t rooms() const { return rooms_.size(); }
  std::size_t places() const { return places_; }  // members over all rooms

 private:
  // Rooms hold their sockets, sockets their rooms' names as the map keeps them.
  using Members = std::set<SocketRef>;
  std::map<std::string, Members, std::less<>> rooms_;
  std::map<SocketRef, std::vector<std::string_view>> sockets_;
  std::size_t places_ = 0;
};

}  // namespace paytick::ingest
