#pragma once
// The rooms of a gateway: sockets come and go, and tips are told to those who are in.
//
//   Rooms rooms({access, tell, publish});
//   lane's core.keep_rooms(&rooms.of_lane(i));        // sockets of that lane
//   rooms.announce(tip);                              // a tip that is committed: here, and on other gateways
//   rooms.heard(record);                              // a record of topic `replies` that another gateway
//   wrote
//
// Any thread. Nothing here blocks; texts go to the sockets through `tell`.

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/rooms/room_access.h"
#include "ingest/rooms/room_desk.h"
#include "ingest/rooms/tip_news.h"
#include "ingest/socket_desk.h"

namespace paytick::ingest {

class Rooms {
 public:
  struct Parts {
    const RoomAccess& access;  // outlives the rooms
    // Sends a text to sockets of a lane; those that have ended are passed over.
    std::function<void(std::uint8_t lane, std::vector<ConnId> to, std::shared_ptr<const std::string> text)>
        tell;
    // Puts a record where other gateways read it. May lose it. Empty: there are no others.
    std::function<void(std::string record)> publish;
  };
  explicit Rooms(Parts parts);
  ~Rooms();

  // For the core of lane `lane`; the same one each time.
  RoomPort& of_lane(std::uint8_t lane);

  void announce(const Tip& tip);
  // False for what is no news.
  bool heard(std::string_view record);

  std::size_t places() const;  // taken, over all rooms

 private:
  class LanePort;
  void join(const SocketRef& socket, const Identity& who, const std::string& channel,
            std::optional<std::int64_t> seq);
  void joined(const SocketRef& socket, const std::string& channel, const Result<void>& may,
              std::optional<std::int64_t> seq);
  void leave(const SocketRef& socket, const std::string& channel, std::optional<std::int64_t> seq);
  void gone(const SocketRef& socket);
  void tell_one(const SocketRef& socket, std::string text) const;
  void tell_rooms(const TipNews& news);

  const Parts parts_;
  mutable std::mutex mutex_;
  RoomDesk desk_;
  ToldNews told_;
  std::multiset<SocketRef> joining_;  // whose right to come in is being looked up
  std::vector<std::unique_ptr<LanePort>> lanes_;
};

}  // namespace paytick::ingest
